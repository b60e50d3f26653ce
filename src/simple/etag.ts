/** Entity tags (RFC 9110, section 8.8.3), compared as caches compare them. */

/**
 * What a tag says of the content: `W/"abc"`, `"abc"` and `"abc-gzip"` are one. Servers that compress, as we do, put the coding
 * into the tag, some of them into that of one answer and not of the other.
 */
export function opaqueTag(etag: string): string {
  return etag.replace(/^W\//, '').replace(/[-;](?:gzip|zstd)"$/, '"')
}
