/** What exists in a kill loop: every project, every file and its bytes, the same for the same seed; each round has more. */
import { createCipheriv, createHash } from 'node:crypto'

export interface WorldFile {
  readonly upstream: UpstreamName
  readonly project: string
  readonly filename: string
  readonly bytes: Buffer
  readonly sha256: string
}

export type UpstreamName = 'corp' | 'pypi'

export interface World {
  /** By upstream, then by project. */
  readonly projects: ReadonlyMap<UpstreamName, ReadonlyMap<string, readonly WorldFile[]>>
  /** Project names that the private upstream has, oldest first; the public one has each of them as version 9.9.9. */
  readonly privateNames: readonly string[]
  /** Project names that only the public one has. */
  readonly publicNames: readonly string[]
  /** Project names that were published last. */
  readonly newest: readonly string[]
  /** Publishes a few small projects: what nobody knows yet is what can be lost. */
  publish(): void
}

/** A number from 0 up to, not including, 1. */
export type Random = () => number

const PRIVATE_PROJECTS = 8
const PUBLIC_PROJECTS = 24
const FILES_PER_PROJECT = 4
const MIN_BYTES = 1000
const MAX_BYTES = 3_000_000
const PUBLISHED_AT_ONCE = 8
const MAX_PUBLISHED_BYTES = 20_000

export function createWorld(seed: number): World {
  const random = seededRandom(seed)
  const corp = new Map<string, readonly WorldFile[]>()
  const pypi = new Map<string, readonly WorldFile[]>()
  const privateNames: string[] = []
  const publicNames: string[] = []
  let newest: string[] = []
  let publications = 0

  function addPrivate(project: string, versions: readonly string[], maxBytes: number): void {
    privateNames.push(project)
    corp.set(project, filesOf({ upstream: 'corp', project, versions, maxBytes }, random))
    pypi.set(project, filesOf({ upstream: 'pypi', project, versions: ['9.9.9'], maxBytes }, random))
  }

  function addPublic(project: string, versions: readonly string[], maxBytes: number): void {
    publicNames.push(project)
    pypi.set(project, filesOf({ upstream: 'pypi', project, versions, maxBytes }, random))
  }

  const versions = Array.from({ length: FILES_PER_PROJECT }, (_, i) => `1.${i}`)
  for (let i = 0; i < PRIVATE_PROJECTS; i += 1) addPrivate(`acme-${i}`, versions, MAX_BYTES)
  for (let i = 0; i < PUBLIC_PROJECTS; i += 1) addPublic(`lib-${i}`, versions, MAX_BYTES)

  return {
    projects: new Map([
      ['corp', corp],
      ['pypi', pypi],
    ]),
    privateNames,
    publicNames,
    get newest() {
      return newest
    },
    publish() {
      publications += 1
      const suffixes = Array.from({ length: PUBLISHED_AT_ONCE }, (_, i) => `new-${publications}-${i}`)
      for (const suffix of suffixes) {
        addPrivate(`acme-${suffix}`, ['1.0'], MAX_PUBLISHED_BYTES)
        addPublic(`lib-${suffix}`, ['1.0'], MAX_PUBLISHED_BYTES)
      }
      newest = suffixes.flatMap((suffix) => [`acme-${suffix}`, `lib-${suffix}`])
    },
  }
}

/** The files that the page of a project must list, and no others. */
export function rightFiles({ projects }: World, project: string): readonly WorldFile[] {
  return projects.get('corp')?.get(project) ?? projects.get('pypi')?.get(project) ?? []
}

/** Mulberry32: small, and the same everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface FileWords {
  readonly upstream: UpstreamName
  readonly project: string
  readonly versions: readonly string[]
  readonly maxBytes: number
}

function filesOf({ upstream, project, versions, maxBytes }: FileWords, random: Random): WorldFile[] {
  return versions.map((version) => {
    // As many small files as large ones, on the scale of powers.
    const bytes = randomBytes(Math.floor(MIN_BYTES * (maxBytes / MIN_BYTES) ** random()), random)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { upstream, project, filename: `${project.replaceAll('-', '_')}-${version}.tar.gz`, bytes, sha256 }
  })
}

/** A stream cipher over nothing is the quickest source of bytes that look random and can be had again. */
function randomBytes(size: number, random: Random): Buffer {
  const key = Buffer.alloc(16, String(random()))
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}
