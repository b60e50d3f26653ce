/** The core metadata in a wheel: where it lies, and whether it is what it must be. */
import { parseName, type ProjectName } from '../simple/name.ts'
import { canonicalVersion } from '../simple/version.ts'
import { type Bytes, readZipDirectory, readZipFile, ZipError } from './zip-directory.ts'

/** Larger ones are refused: the largest METADATA that was seen has well under 1 MiB. */
export const MAX_METADATA_BYTES = 8 * 1024 * 1024

/** It is no wheel, or not that of its name. The message says why, in words that may hold names out of it. */
export class WheelError extends Error {
  override readonly name = 'WheelError'
}

/** Whose metadata is meant. */
export interface MetadataOwner {
  readonly project: ProjectName
  /** As the wheel's filename spells it. */
  readonly version: string
}

/** Binary distribution format: one folder `{name}-{version}.dist-info` at the top. */
const METADATA_PATH = /^([^/]*)\.dist-info\/METADATA$/

/** @throws WheelError where there is none, and what reading throws */
export async function readWheelMetadata(bytes: Bytes, owner: MetadataOwner): Promise<Buffer> {
  const metadata = await found(bytes, owner.project).catch((error: unknown) => {
    throw error instanceof ZipError ? new WheelError(error.message, { cause: error }) : error
  })
  const fault = metadataFault(metadata, owner)
  if (fault !== undefined) throw new WheelError(`its METADATA ${fault}`)
  return metadata
}

async function found(bytes: Bytes, project: ProjectName): Promise<Buffer> {
  const directory = await readZipDirectory(bytes, (name) => METADATA_PATH.test(name))
  const [entry, ...others] = directory.entries
  if (entry === undefined) throw new WheelError('it has no METADATA')
  // Installers refuse such a wheel, or choose, each in its own way.
  if (others.length > 0) throw new WheelError('it has METADATA more than once')
  const folder = METADATA_PATH.exec(entry.name)?.[1] ?? ''
  if (parseName(folder.slice(0, folder.lastIndexOf('-'))) !== project)
    throw new WheelError('its METADATA is that of another project')
  return readZipFile(bytes, directory, entry, MAX_METADATA_BYTES)
}

/** Why `bytes` are not the core metadata of that project and version; undefined where they are. */
export function metadataFault(bytes: Buffer, { project, version }: MetadataOwner): string | undefined {
  const text = decoded(bytes)
  if (text === undefined) return 'is not UTF-8'
  const headers = readHeaders(text)
  const [format, name, said] = ['metadata-version', 'name', 'version'].map((header) => headers.get(header))
  if (format === undefined || !/^\d+\.\d+$/.test(format)) return 'has no Metadata-Version'
  if (name === undefined || parseName(name) !== project) return 'names another project'
  if (said === undefined || !isSameVersion(said, version)) return 'names another version'
  return undefined
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The first value of each header before the first empty line, by name in lower case; folded lines are left out. */
function readHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end === -1 ? undefined : end).trimEnd()
    if (line === '') break
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase()
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim())
    at = end === -1 ? text.length : end + 1
  }
  return headers
}

/** A filename writes `_` for the hyphen of `1.0-1`. */
function isSameVersion(said: string, inFilename: string): boolean {
  const wanted = canonicalVersion(said)
  return [inFilename, inFilename.replaceAll('_', '-')].some((each) => canonicalVersion(each) === wanted)
}
