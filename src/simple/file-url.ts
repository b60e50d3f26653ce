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

/** Signs that mean the same wherever they are quoted, and the only ones that pip leaves as they are, with `/`. */
const PLAIN_PATH = /^[\w.~/-]*$/

/**
 * The path of a URL as pip writes it, whatever was quoted in it before: pip-tools takes only a URL that is the very same. A
 * path that is no UTF-8 stays as it is.
 */
export function quotedAsPip(path: string): string {
  if (PLAIN_PATH.test(path)) return path
  try {
    // pip unquotes and quotes what stands between these two, `/` being one of the signs that it does not quote.
    return path
      .split(/(@|%2f|\/)/i)
      .map((part, i) => (i % 2 === 1 ? part.toUpperCase() : quoted(part)))
      .join('')
  } catch {
    return path
  }
}

function quoted(part: string): string {
  const percent = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(decodeURIComponent(part)).replaceAll(/[!'()*]/g, percent)
}
