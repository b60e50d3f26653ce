/** Where a mirror has the files of its upstream: from its addresses to the upstream's own and back. */

/** Below `at` it has what the upstream has below `of`. Both end in `/`. */
export interface MirrorBase {
  readonly at: string
  readonly of: string
}

export interface MirrorAddresses {
  /** The upstream's own address of a file that a page of the mirror links to; undefined: that is no place of either. */
  own(url: string): string | undefined
  /** Where the mirror should have the file; undefined: nobody said. */
  here(own: string): string | undefined
  /** Both have the same file there: what is in front of the part that is equal belongs together. */
  learn(at: string, of: string): void
}

/** More pairs than an upstream has hosts are of no use. */
const MAX_LEARNED = 8

/** `ownBases`: below which the upstream's own files lie. */
export function mirrorAddresses(bases: readonly MirrorBase[], ownBases: readonly string[]): MirrorAddresses {
  let learned: readonly MirrorBase[] = []

  function learnPair(pair: MirrorBase | undefined): void {
    if (pair === undefined || learned.some(({ at, of }) => at === pair.at && of === pair.of)) return
    // Elsewhere nothing may be fetched, or be shown.
    if (!ownBases.some((base) => areNested(base, pair.of)) || !bases.some(({ at }) => areNested(at, pair.at))) return
    learned = [pair, ...learned].slice(0, MAX_LEARNED)
  }

  return {
    own(url) {
      const bare = withoutQuery(url)
      const through = throughUnidex(bare, ownBases)
      learnPair(through)
      const pair = longest([...(through ? [through] : []), ...learned, ...bases], ({ at }) => at, bare)
      const base = longest(ownBases, (each) => each, bare)
      // Where a mirror lies beside the upstream's own index, the more exact of the two is meant.
      if (base !== undefined && (pair === undefined || base.length > pair.at.length)) return url
      return pair && pair.of + bare.slice(pair.at.length)
    },
    here(own) {
      const pair = [...learned, ...bases].find(({ of }) => own.startsWith(of))
      return pair && pair.at + withoutQuery(own).slice(pair.of.length)
    },
    learn: (at, of) => learnPair(pairOf(withoutQuery(at), withoutQuery(of))),
  }
}

function longest<T>(all: readonly T[], text: (each: T) => string, url: string): T | undefined {
  let best: T | undefined
  for (const each of all)
    if (url.startsWith(text(each)) && (best === undefined || text(each).length > text(best).length)) best = each
  return best
}

/** Another Unidex has the host in the path: `/files/NAME/HOST/PATH`, behind whatever prefix. */
function throughUnidex(url: string, ownBases: readonly string[]): MirrorBase | undefined {
  for (const base of ownBases) {
    const address = base.slice(base.indexOf('//') + 2)
    const at = url.indexOf(`/${address}`)
    if (at === -1) continue
    const end = at + 1 + address.length
    if (/\/files\/[^/]+$/.test(url.slice(0, at))) return { at: url.slice(0, end), of: base }
  }
  return undefined
}

/** What is left of both addresses without the last segments, as far as these are equal. */
function pairOf(at: string, of: string): MirrorBase | undefined {
  const [here, own] = [at.split('/'), of.split('/')]
  let equal = 0
  // Scheme and host are not part of the path.
  while (equal < Math.min(here.length, own.length) - 3 && here.at(-1 - equal) === own.at(-1 - equal)) equal += 1
  if (equal === 0) return undefined
  const front = (segments: readonly string[]) => `${segments.slice(0, segments.length - equal).join('/')}/`
  return { at: front(here), of: front(own) }
}

function areNested(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a)
}

function withoutQuery(url: string): string {
  const at = url.indexOf('?')
  return at === -1 ? url : url.slice(0, at)
}
