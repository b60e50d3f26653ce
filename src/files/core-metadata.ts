/** The core metadata of every wheel: the upstream's own, or, where it has none, that in the wheel itself. */
import { LRUCache } from 'lru-cache'
import type { Report } from '../log/report.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { FileStore } from '../store/file-store.ts'
import { type FailureCode, UpstreamError } from '../upstream/error.ts'
import { fetchCompanion, isPromisedMetadata } from './companion-fetch.ts'
import type { Deliverer } from './deliver.ts'
import type { KeptCompanions } from './kept-companions.ts'
import type { Learning } from './learning.ts'
import type { FileSource } from './source.ts'
import { habit } from './upstream-habits.ts'
import { partsOf, storedBytes, wholeBytes } from './wheel-bytes.ts'
import { metadataFault, readWheelMetadata, WheelError } from './wheel-metadata.ts'
import type { Bytes } from './zip-directory.ts'

export interface CoreMetadata {
  /** undefined: there is none, since the upstream has neither it nor the wheel, or the wheel is none. @throws UpstreamError */
  read(source: FileSource): Promise<Buffer | undefined>
  /** What a page may promise: the upstream's word, else that a wheel has some, unless it proved to be none. */
  promised(file: ProjectFile): ProjectFile['coreMetadata']
  /** Looks into a wheel that was stored just now: what was given out for it unproved must be what is in it. Never rejects. */
  compare(source: FileSource, sha256: string): Promise<void>
}

export interface CoreMetadataOptions {
  readonly kept: KeptCompanions
  readonly files: FileStore
  readonly deliverer: Deliverer
  readonly learning: Learning
  readonly report: Report
}

/** Files of which something is remembered that no store keeps. */
const MAX_REMEMBERED = 20_000

/** Failures that tell of the file beside the wheel, which nobody promised, and not of the upstream. */
const NOT_THERE: ReadonlySet<FailureCode> = new Set([
  'denied',
  'status',
  'protocol',
  'too-large',
  'bad-encoding',
  'redirect-refused',
  'address-refused',
])

export function coreMetadata({ kept, files, deliverer, learning, report }: CoreMetadataOptions): CoreMetadata {
  const [besideWheels, parts] = [habit(), habit()]
  const notBeside = new LRUCache<string | ProjectFile, true>({ max: MAX_REMEMBERED })
  const noWheels = new LRUCache<string | ProjectFile, true>({ max: MAX_REMEMBERED })

  async function read(source: FileSource): Promise<Buffer | undefined> {
    const found = await kept.find(source, '.metadata')
    if (found !== undefined) return found
    const stored = await storedBytes(files, source)
    const inStored = stored && (await fromStored(source, stored))
    if (inStored !== undefined) return inStored
    const beside = source.file.coreMetadata ? await fetchPromised(source) : await tryBeside(source)
    return beside ?? fromUpstreamsWheel(source)
  }

  /** undefined where it is of no use: damaged, no wheel, or other than the page says. */
  async function fromStored(source: FileSource, stored: Bytes): Promise<Buffer | undefined> {
    try {
      return await take(source, await readWheelMetadata(stored, ownerOf(source)))
    } catch (error) {
      if (error instanceof WheelError) refuse(source, error)
      return undefined
    }
  }

  async function fetchPromised(source: FileSource): Promise<Buffer | undefined> {
    const fetched = await fetchCompanion(source, '.metadata')
    if (fetched?.isWhole) await kept.keep(source, '.metadata', fetched.bytes)
    return fetched?.bytes
  }

  /** Many servers have it and do not say so; others answer anything with a page for people. */
  async function tryBeside(source: FileSource): Promise<Buffer | undefined> {
    const { file, client } = source
    const id = idOf(file)
    if (noWheels.has(id) || notBeside.has(id) || !besideWheels.isLikely(client)) return undefined
    const fetched = await fetchCompanion(source, '.metadata').catch((error: unknown) => {
      if (error instanceof UpstreamError && NOT_THERE.has(error.code)) return undefined
      throw error
    })
    const isRight = fetched?.isWhole === true && metadataFault(fetched.bytes, ownerOf(source)) === undefined
    besideWheels.note(client, isRight)
    if (isRight) return take(source, fetched.bytes)
    notBeside.set(id, true)
    return undefined
  }

  async function fromUpstreamsWheel(source: FileSource): Promise<Buffer | undefined> {
    if (noWheels.has(idOf(source.file))) return undefined
    try {
      const bytes = await upstreamsBytes(source)
      if (bytes === undefined) return undefined
      const metadata = await readWheelMetadata(bytes.parts, ownerOf(source))
      return await take(bytes.isWhole ? asPassed(source) : source, metadata)
    } catch (error) {
      if (!(error instanceof WheelError)) throw error
      refuse(source, error)
      return undefined
    }
  }

  async function upstreamsBytes(source: FileSource): Promise<{ parts: Bytes; isWhole: boolean } | undefined> {
    const { client } = source
    if (parts.isLikely(client)) {
      const found = await partsOf(source, learning)
      if (found === 'absent') return undefined
      parts.note(client, found !== 'whole-only')
      if (found !== 'whole-only') return { parts: found, isWhole: false }
    }
    const whole = await wholeBytes(deliverer, source)
    return whole && { parts: whole, isWhole: true }
  }

  /** With the sha256 that was computed when it passed, if its page gives none. */
  function asPassed(source: FileSource): FileSource {
    const sha256 = learning.sha256Of(source)
    const { file } = source
    return sha256 === undefined ? source : { ...source, file: { ...file, hashes: { ...file.hashes, sha256 } } }
  }

  /** @throws UpstreamError where the page has a hash of it that says otherwise */
  async function take(source: FileSource, bytes: Buffer): Promise<Buffer> {
    isPromisedMetadata(bytes, source)
    await kept.keep(source, '.metadata', bytes)
    return bytes
  }

  function refuse(source: FileSource, error: WheelError): void {
    const { file } = source
    // The second is what it is from here on, if it has just passed.
    for (const each of [file, asPassed(source).file]) noWheels.set(idOf(each), true)
    report('warn', 'metadata_unreadable', { upstream: file.upstream, file: file.filename, reason: error.message })
  }

  return {
    read,
    promised(file) {
      if (!isWheel(file)) return file.coreMetadata
      return noWheels.has(idOf(file)) ? undefined : file.coreMetadata || true
    },
    async compare(source, sha256) {
      const { file } = source
      if (!isWheel(file)) return
      try {
        const given = await kept.find(source, '.metadata')
        if (given === undefined) return
        const stored = await storedBytes(files, source, sha256)
        const right = stored && (await readWheelMetadata(stored, ownerOf(source)))
        if (right === undefined || right.equals(given)) return
        await kept.keep(source, '.metadata', right)
        report('error', 'metadata_differs', { upstream: file.upstream, file: file.filename })
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        report('warn', 'metadata_unreadable', { upstream: file.upstream, file: file.filename, reason })
      }
    },
  }
}

export function isWheel({ filename }: ProjectFile): boolean {
  return filename.endsWith('.whl')
}

function ownerOf({ file, project }: FileSource): { project: FileSource['project']; version: string } {
  return { project, version: file.version }
}

/** The same content of the same name stays what it is; without a known one, a file is the same as long as its page is. */
function idOf(file: ProjectFile): string | ProjectFile {
  const { sha256 } = file.hashes
  return sha256 === undefined ? file : `${file.upstream} ${sha256} ${file.filename}`
}
