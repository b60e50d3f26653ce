/** Media types of the simple repository API: what upstreams are asked for, and what a client is given. */

/** `html` is the versioned type, `text` the plain alias that browsers and old clients ask for. */
export type Representation = 'json' | 'html' | 'text'

/** What a representation is called in `Content-Type`. Without parameters: uv compares all that stands before a `;`. */
export const MEDIA_TYPES: Readonly<Record<Representation, string>> = {
  json: 'application/vnd.pypi.simple.v1+json',
  html: 'application/vnd.pypi.simple.v1+html',
  text: 'text/html',
}

/** Every exact name by which a representation can be asked for: the standard adds one for the latest version. */
const NAMES: ReadonlyMap<string, Representation> = new Map([
  [MEDIA_TYPES.json, 'json'],
  [MEDIA_TYPES.html, 'html'],
  [MEDIA_TYPES.text, 'text'],
  ['application/vnd.pypi.simple.latest+json', 'json'],
  ['application/vnd.pypi.simple.latest+html', 'html'],
])

/** The most expressive first. */
const OFFERS = ['json', 'html', 'text'] as const satisfies readonly Representation[]

const MAX_ACCEPT_LENGTH = 10 * 1024

/** `Accept` for requests to an upstream of the given format. */
export function acceptFor(format: 'auto' | 'json' | 'html'): string {
  const { json, html, text } = MEDIA_TYPES
  if (format === 'json') return json
  if (format === 'html') return `${html}, ${text};q=0.1`
  return `${json}, ${html};q=0.2, ${text};q=0.01`
}

/**
 * Chooses what a client is given, from its `Accept` and from the `format` of the query, which comes first where we know it
 * (simple repository API, "Version + Format Selection"; RFC 9110, 12.5.1). undefined: nothing that the client accepts.
 */
export function negotiate(accept: string | undefined, format: string | undefined): Representation | undefined {
  // In a query `+` means a blank, and whoever writes the type into a URL by hand leaves it bare.
  const asked = NAMES.get(format?.replaceAll(' ', '+') ?? '')
  if (asked !== undefined) return asked
  const ranges = readRanges(accept ?? '')
  if (ranges.length === 0) return 'text'
  const wanted = OFFERS.map((offer) => wish(offer, ranges))
  const best = Math.max(...wanted.map(({ q }) => q))
  if (best <= 0) return undefined
  const equal = wanted.filter(({ q }) => q === best)
  // Whoever names a type understands it; behind `*/*` is anybody, and plain HTML is what anybody can read.
  const named = equal.find(({ exact }) => exact)
  return (named ?? equal.find(({ offer }) => offer === 'text') ?? equal[0])?.offer
}

/**
 * The format of an upstream's page. undefined where it is no type of the simple API, or a charset that the page cannot be
 * read in: the body must be UTF-8, and the two smaller charsets are what servers say by habit.
 */
export function readMediaType(contentType: string | undefined): 'json' | 'html' | undefined {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  if (charset !== undefined && !READABLE_CHARSETS.has(charset.replaceAll('"', ''))) return undefined
  if (type === MEDIA_TYPES.json) return 'json'
  return type === MEDIA_TYPES.html || type === MEDIA_TYPES.text ? 'html' : undefined
}

const READABLE_CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii', 'iso-8859-1', 'latin1'])

interface Range {
  readonly type: string
  readonly q: number
}

function readRanges(accept: string): Range[] {
  const texts = accept.slice(0, MAX_ACCEPT_LENGTH).split(',')
  return texts.map(readRange).filter(({ type }) => type !== '')
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const q = quality === undefined ? 1 : Number(quality)
  return { type, q: q >= 0 && q <= 1 ? q : 0 }
}

interface Wish {
  readonly offer: Representation
  readonly q: number
  /** The client named the type, not a range around it. */
  readonly exact: boolean
}

/** The most specific range decides, whatever its quality; the order of ranges means nothing. */
function wish(offer: Representation, ranges: readonly Range[]): Wish {
  const group = `${MEDIA_TYPES[offer].split('/')[0]}/*`
  const isMatch = [
    ({ type }: Range) => NAMES.get(type) === offer,
    ({ type }: Range) => type === group,
    ({ type }: Range) => type === '*/*',
  ]
  for (const [breadth, matches] of isMatch.entries()) {
    const matching = ranges.filter(matches)
    if (matching.length > 0) return { offer, q: Math.max(...matching.map(({ q }) => q)), exact: breadth === 0 }
  }
  return { offer, q: 0, exact: false }
}
