/** File URLs as paths of ours and back: the host and path of the file as its upstream lists it, and nothing else. */

/** Whether `url` lies below one of `bases`, which end in `/`. Both are compared as the URL standard writes them. */
export function isBelow(url: string, bases: readonly string[]): boolean {
  return bases.some((base) => url.startsWith(base))
}

/**
 * `{host}/{path}` of a file's URL: without scheme and query, so that it can be undone by swapping the prefix. `url` is as the
 * URL standard writes it, without userinfo and fragment.
 */
export function filePath(url: string): string {
  const start = url.indexOf('//') + 2
  const end = url.indexOf('?', start)
  return url.slice(start, end === -1 ? undefined : end)
}
