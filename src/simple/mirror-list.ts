/** Lists of mirrors as text: the format of the wiki page "Mirroring infrastructure" of 2008, which PEP 381 grew from. */

/** One mirror: its root, and where below it everything is. */
export interface ListedMirror {
  /** Ends in no slash. */
  readonly root: string
  /** Relative to the root, as all others. */
  readonly index: string
}

/** Mirrors of one upstream. */
export interface MirrorSection {
  /** Address of the upstream's own index. */
  readonly of: string
  readonly mirrors: readonly ListedMirror[]
}

/** Below the root of each; whoever does not have one of them answers 404. */
const PATHS = ['last-modified', 'local-stats', 'stats', 'mirrors']
const SECTION = '# mirrors of '
/** Longer lines are no addresses, and more of them no mirrors. */
const MAX_LINE_LENGTH = 4096
const MAX_LINES = 1000

/** `self`: root of the server that writes it. */
export function writeMirrorList(self: ListedMirror, sections: readonly MirrorSection[]): string {
  const line = ({ root, index }: ListedMirror) => [root, index, ...PATHS].join(',')
  const lines = [
    '# root, and below it: index, last-modified, local-stats, stats, mirrors',
    line(self),
    ...sections.flatMap(({ of, mirrors }) => [`${SECTION}${of}`, ...mirrors.map(line)]),
  ]
  return `${lines.join('\n')}\n`
}

/**
 * Addresses of indexes, each ending in `/`, as they stand there: nothing was looked at yet. Where a list has sections, those of
 * the upstream `of` count, and nothing else.
 */
export function readMirrorList(text: string, of: string): string[] {
  const lines = text.split(/\r?\n/, MAX_LINES).map((line) => line.trim())
  const hasSections = lines.some((line) => line.startsWith(SECTION))
  let isMeant = !hasSections
  const addresses: string[] = []
  for (const line of lines) {
    if (line.startsWith(SECTION)) isMeant = withSlash(line.slice(SECTION.length)) === of
    if (!isMeant || line === '' || line.startsWith('#') || line.length > MAX_LINE_LENGTH) continue
    const [root = '', index = ''] = line.split(',').map((part) => part.trim())
    addresses.push(withSlash(index === '' ? root : `${withSlash(root)}${index}`))
  }
  return addresses
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
