/** File URLs as paths of ours and back: the host and path of the file as its upstream lists it, and nothing else. */

/** Whether `url` lies below one of `bases`, which end in `/`. Both are compared as the URL standard writes them. */
export function isBelow(url: string, bases: readonly string[]): boolean {
  return bases.some((base) => url.startsWith(base))
}

/** `{host}/{path}` of a file's URL: without scheme and query, so that it can be undone by swapping the prefix. */
export function filePath(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}
