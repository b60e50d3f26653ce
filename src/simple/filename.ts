/** What the name of a file says: whether it is a distribution of a project, of which kind, and of which version. */
import { parseName, type ProjectName } from './name.ts'
import { isVersion } from './version.ts'

/** `legacy`: eggs and installers, which old projects still list. `variants`: the wheel variants of one version (PEP 825). */
export type FileKind = 'wheel' | 'sdist' | 'legacy' | 'variants'

export interface FilenameParts {
  readonly kind: FileKind
  /** As it is spelled there: not always a version that PEP 440 knows (`2004d`), never empty. */
  readonly version: string
}

/** Bytes that a file system allows for a name. */
export const MAX_FILENAME_BYTES = 255

const MAX_CANDIDATES = 8

/** First that fits; those that pip or uv install from, and those that PyPI once took. */
const SUFFIXES: readonly (readonly [suffix: string, kind: FileKind])[] = [
  ['.whl', 'wheel'],
  ['-variants.json', 'variants'],
  ...['.tar.gz', '.zip', '.tar.bz2', '.tar.xz', '.tar.lz', '.tar.lzma', '.tar.zst', '.tar.Z'].map(sdist),
  ...['.tgz', '.tbz', '.txz', '.tlz', '.tar'].map(sdist),
  ...['.egg', '.exe', '.msi', '.rpm', '.deb', '.dmg'].map((suffix) => [suffix, 'legacy'] as const),
]

function sdist(suffix: string): readonly [string, FileKind] {
  return [suffix, 'sdist']
}

/**
 * Reads `filename` as a file of `project`; undefined where it is no distribution, or one of another project.
 * `foo-bar-1.0.tar.gz` is a file of `foo-bar`, not version `bar-1.0` of `foo`.
 */
export function readFilename(filename: string, project: ProjectName): FilenameParts | undefined {
  const reading = readingsOf(filename).find((each) => each.project === project)
  return reading && { kind: reading.kind, version: reading.version }
}

/**
 * The projects that `filename` can belong to, longest name first, at most 8: a hyphen in an sdist's name does not say
 * whether the version begins there. Empty for what is no distribution, companions (`….metadata`, `….asc`) included.
 */
export function projectsOf(filename: string): ProjectName[] {
  return readingsOf(filename)
    .map(({ project }) => project)
    .toReversed()
    .slice(0, MAX_CANDIDATES)
}

/** Name, version, perhaps a build tag (which begins with a digit, as no Python tag does), three tags, and the label. */
const VARIANT_WHEEL = /^[^-]+-[^-]+(?:-\d[^-]*)?-[^-\d][^-]*(?:-[^-]+){3}\.whl$/

/** Whether it is a variant of a wheel, or the file that tells a version's variants apart (PEP 825): these belong together. */
export function isOfVariants(filename: string): boolean {
  return isVariantsJson(filename) || VARIANT_WHEEL.test(filename)
}

/** `{name}-{version}-variants.json` (PEP 825, "Index-level metadata"): of one index, which makes it anew when it gets a variant. */
export function isVariantsJson(filename: string): boolean {
  return filename.endsWith('-variants.json')
}

interface Reading extends FilenameParts {
  readonly project: ProjectName
}

/** All ways to read the name, shortest project name first. */
function readingsOf(filename: string): readonly Reading[] {
  if (filename.length > MAX_FILENAME_BYTES) return []
  const found = SUFFIXES.find(([suffix]) => filename.endsWith(suffix))
  if (found === undefined) return []
  const [suffix, kind] = found
  const stem = filename.slice(0, -suffix.length)
  // The formats of wheels and of variants write `_` for each hyphen inside a part, so theirs can be read in one way only.
  const parts = stem.split('-')
  if (kind === 'wheel') return areOfWheel(parts) ? firstTwo(parts, kind) : []
  if (kind === 'variants') return parts.length === 2 ? firstTwo(parts, kind) : []
  return splitsOf(stem, kind)
}

/** Binary distribution format: name, version, perhaps a build tag, three tags; PEP 825 adds a variant label. */
function areOfWheel(parts: readonly string[]): boolean {
  return parts.length >= 5 && parts.length <= 7 && !parts.includes('')
}

function firstTwo([name = '', version = '']: readonly string[], kind: FileKind): Reading[] {
  const project = parseName(name)
  // A wheel whose project name has a bare hyphen would otherwise be a version of a project with a shorter name.
  if (project === undefined || !(/^\d/.test(version) || isVersion(version))) return []
  return [{ project, kind, version }]
}

function splitsOf(stem: string, kind: FileKind): Reading[] {
  const readings: (Reading & { known: boolean })[] = []
  for (let at = stem.indexOf('-'); at !== -1; at = stem.indexOf('-', at + 1)) {
    const project = parseName(stem.slice(0, at))
    const rest = stem.slice(at + 1)
    if (project === undefined || !/^[a-z0-9]/i.test(rest)) continue
    const isWhole = isVersion(rest)
    const version = isWhole ? rest : withoutBuild(rest, kind)
    readings.push({ project, kind, version, known: isWhole || isVersion(version) })
  }
  // Only where no split leaves a version that PEP 440 knows can any of them be meant.
  const known = readings.filter((reading) => reading.known)
  return known.length > 0 ? known : readings
}

/** The version without what old binary formats write behind it: release and architecture, Python version, platform. */
function withoutBuild(rest: string, kind: FileKind): string {
  const ends = [/\.(?:linux|macosx|win|cygwin|darwin)/.exec(rest)?.index]
  // RPMs end in `-{release}.{architecture}`, the others in `-py{version}`: no hyphen is in the version of either.
  if (kind === 'legacy') ends.push(rest.indexOf('-'))
  return rest.slice(0, Math.min(...ends.map((end) => (end === undefined || end <= 0 ? rest.length : end))))
}
