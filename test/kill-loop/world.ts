/** What exists in a kill loop: every project, every file and its bytes, the same for the same seed. */
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
  /** Project names that the private upstream has; the public one has each of them as version 9.9.9. */
  readonly privateNames: readonly string[]
  /** Project names that only the public one has. */
  readonly publicNames: readonly string[]
}

/** A number from 0 up to, not including, 1. */
export type Random = () => number

const PRIVATE_PROJECTS = 12
const PUBLIC_PROJECTS = 28
const FILES_PER_PROJECT = 4
const MIN_BYTES = 1000
const MAX_BYTES = 3_000_000

export function createWorld(seed: number): World {
  const random = seededRandom(seed)
  const privateNames = Array.from({ length: PRIVATE_PROJECTS }, (_, i) => `acme-${i}`)
  const publicNames = Array.from({ length: PUBLIC_PROJECTS }, (_, i) => `lib-${i}`)
  const offer = (upstream: UpstreamName, project: string, versions: readonly string[]) =>
    versions.map((version) => createFile({ upstream, project, version }, random))
  const versions = Array.from({ length: FILES_PER_PROJECT }, (_, i) => `1.${i}`)
  const corp = new Map(privateNames.map((name) => [name, offer('corp', name, versions)]))
  const pypi = new Map([
    ...publicNames.map((name) => [name, offer('pypi', name, versions)] as const),
    ...privateNames.map((name) => [name, offer('pypi', name, ['9.9.9'])] as const),
  ])
  return {
    projects: new Map([
      ['corp', corp],
      ['pypi', pypi],
    ]),
    privateNames,
    publicNames,
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
  readonly version: string
}

function createFile({ upstream, project, version }: FileWords, random: Random): WorldFile {
  // As many small files as large ones, on the scale of powers.
  const size = Math.floor(MIN_BYTES * (MAX_BYTES / MIN_BYTES) ** random())
  const bytes = randomBytes(size, random)
  return {
    upstream,
    project,
    filename: `${project.replaceAll('-', '_')}-${version}.tar.gz`,
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}

/** A stream cipher over nothing is the quickest source of bytes that look random and can be had again. */
function randomBytes(size: number, random: Random): Buffer {
  const key = Buffer.alloc(16, String(random()))
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}
