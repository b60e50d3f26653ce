/** One entry of a project page, whatever format it came in: believed field by field, or left out with the reason. */
import { readFileLink } from './file-link.ts'
import { projectsOf, readFilename } from './filename.ts'
import { hashPairs, readHashes } from './hashes.ts'
import type { Hashes, PageSource, ProjectFile } from './model.ts'
import { plainText } from './plain-text.ts'
import { readUploadTime } from './upload-time.ts'

/** What a page says of a file. `undefined` where it says nothing; everything else is still to be believed. */
export interface FileEntry {
  readonly link: string
  /** Only JSON says it beside the link. */
  readonly filename?: unknown
  readonly hashes: readonly (readonly [string, unknown])[]
  readonly requiresPython: unknown
  readonly size: unknown
  readonly uploadTime: unknown
  /** false and `undefined`: not yanked. Any other value: yanked, a text being the reason. */
  readonly yanked: unknown
  /** Pairs of algorithm and digest stand for an object. */
  readonly coreMetadata: boolean | FileEntry['hashes'] | undefined
  readonly gpgSig: unknown
  readonly provenance: unknown
}

const MAX_REQUIRES_PYTHON_LENGTH = 1024

/** The file that `entry` lists, relative links hanging on `base`; or, in plain words, why the entry is left out. */
export function readFileEntry(entry: FileEntry, source: PageSource, base: string): ProjectFile | string {
  const link = readFileLink(entry.link, base)
  if (typeof link === 'string') return link
  const { filename, url, fragment } = link
  if ('filename' in entry && entry.filename !== filename) return 'its name and its link are of different files'
  const parts = readFilename(filename, source.project)
  if (parts === undefined) {
    return projectsOf(filename).length > 0 ? 'it is a file of another project' : 'it is not a distribution'
  }
  // pip lets the fragment of a link override the hashes beside it, so the two must not differ.
  const hashes = readHashes(fragment === '' ? entry.hashes : [...entry.hashes, ...hashPairs(fragment)])
  if (hashes === undefined) return 'it has two hashes of one kind'
  const { requiresPython } = entry
  if (requiresPython !== undefined && !isRequiresPython(requiresPython))
    return 'its Requires-Python is not fit to be shown'

  const file: { -readonly [Key in keyof ProjectFile]: ProjectFile[Key] } = {
    filename,
    url,
    upstream: source.upstream,
    version: parts.version,
    hashes,
  }
  if (requiresPython !== undefined && requiresPython !== '') file.requiresPython = requiresPython
  if (isSize(entry.size)) file.size = entry.size
  const uploadTime = readUploadTime(entry.uploadTime)
  if (uploadTime !== undefined) file.uploadTime = uploadTime
  if (entry.yanked !== undefined && entry.yanked !== false) file.yanked = readYankReason(entry.yanked)
  const coreMetadata = readCoreMetadata(entry.coreMetadata)
  if (coreMetadata !== undefined) file.coreMetadata = coreMetadata
  if (typeof entry.gpgSig === 'boolean') file.gpgSig = entry.gpgSig
  const provenance = readProvenance(entry.provenance)
  if (provenance !== undefined) file.provenance = provenance
  return file
}

/** Any text of a decent length: whether it is a specifier is for clients to judge. */
function isRequiresPython(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_REQUIRES_PYTHON_LENGTH) return false
  return value.isWellFormed() && !/\p{Cc}/u.test(value)
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** A value that PEP 592 does not have counts as yanked: what is hidden by mistake harms less than what is shown by mistake. */
function readYankReason(value: unknown): true | string {
  return (typeof value === 'string' && plainText(value)) || true
}

/** Metadata whose hashes are of no use is still there. */
function readCoreMetadata(value: FileEntry['coreMetadata']): boolean | Hashes | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  const hashes = readHashes(value)
  return hashes !== undefined && Object.keys(hashes).length > 0 ? hashes : true
}

/** PEP 740: a fully qualified URL of a secure origin. */
function readProvenance(value: unknown): string | undefined {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url?.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : undefined
}
