/** Where a redirect may lead: what is not certainly the same upstream's is refused, with the reason. */

/** The next address, or why it is refused: words that complete "redirects …". */
export type Hop =
  | { readonly url: URL }
  | {
      readonly refusal: string
      /** To the page of the same project at PyPI. */
      readonly forwards?: true
    }

/**
 * Where everybody's projects are. GitLab and pypiserver send there whoever asks for what they lack, GitLab also whoever it
 * does not know (astral-sh/uv#7359): that alone is no absence.
 */
const PUBLIC_HOSTS: ReadonlySet<string> = new Set(['pypi.org', 'pypi.python.org'])

/** Longer chains are loops. */
export const MAX_REDIRECTS = 5

/** What a redirect must be whatever it leads to: an http(s) URL without a user in it, and never from https to http. */
function target(from: URL, location: string | undefined): Hop {
  if (location === undefined) return { refusal: 'without saying where to' }
  const url = URL.parse(location, from)
  if (url === null) return { refusal: 'to something that is no URL' }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { refusal: 'to an address that is not http or https' }
  if (url.username !== '' || url.password !== '') return { refusal: 'to a URL with a user name in it' }
  if (from.protocol === 'https:' && url.protocol === 'http:') return { refusal: 'from https to http' }
  return { url }
}

/**
 * A page belongs to its upstream only while the origin stays the same; an index that forwards what it does not have to
 * another one is how a public package takes the place of a private one. The change from http to https of the same host
 * is allowed. `project` is the last segment of the page's path; undefined for the list of projects.
 */
export function pageHop(from: URL, location: string | undefined, project: string | undefined): Hop {
  const hop = target(from, location)
  if ('refusal' in hop) return hop
  const { url } = hop
  if (url.origin !== from.origin && !isUpgrade(from, url)) {
    const refusal = `to another origin, ${url.origin}: what is there is not this upstream's page`
    const forwards = PUBLIC_HOSTS.has(url.hostname) && project !== undefined && lastSegment(url) === project
    return { refusal, ...(forwards && { forwards }) }
  }
  if (project !== undefined && lastSegment(url) !== project) return { refusal: 'to the page of another project' }
  return hop
}

/** A file may only be fetched below `bases`, whoever sends us elsewhere: this is the guard against SSRF. */
export function fileHop(from: URL, location: string | undefined, bases: readonly string[]): Hop {
  const hop = target(from, location)
  if ('refusal' in hop || isBelowBases(hop.url, bases)) return hop
  return {
    refusal: `to ${hop.url.origin}/, where no files of this upstream are expected: add its base URL to "filesAt"`,
  }
}

/** Whether `url` lies below one of `bases`, each as the URL standard writes it and ending in `/`. */
export function isBelowBases(url: URL, bases: readonly string[]): boolean {
  return bases.some((base) => url.href.startsWith(base))
}

/** The last segment of the path that is not empty, compared as project names are (PEP 503). undefined where there is none. */
export function lastSegment(url: URL): string | undefined {
  const segment = url.pathname.split('/').findLast((part) => part !== '')
  if (segment === undefined) return undefined
  try {
    return decodeURIComponent(segment)
      .toLowerCase()
      .replaceAll(/[-_.]+/g, '-')
  } catch {
    return undefined
  }
}

function isUpgrade(from: URL, to: URL): boolean {
  return (
    from.protocol === 'http:' && to.protocol === 'https:' && from.host === to.host && from.port === '' && to.port === ''
  )
}
