/** What lies beside a file: its core metadata (`.metadata`, PEP 658) and its signature (`.asc`). */
import { UpstreamError } from '../upstream/error.ts'
import { type CompanionSuffix, companionUrl, fetchCompanion } from './companion-fetch.ts'
import { type CoreMetadata, coreMetadata, type CoreMetadataOptions, isWheel } from './core-metadata.ts'
import { ANSWER_WITHIN_MS, inTime } from './in-time.ts'
import { companionKey, type KeptCompanions } from './kept-companions.ts'
import type { FileSource } from './source.ts'

export interface Companions extends Pick<CoreMetadata, 'promised' | 'compare'> {
  /**
   * The whole companion, checked against the hash that the page gives for it.
   * undefined: there is none.
   * @throws UpstreamError
   */
  read(source: FileSource, suffix: CompanionSuffix): Promise<Buffer | undefined>
  /** Its size, without its body at the upstream where that has one. undefined as for `read`. @throws UpstreamError */
  size(source: FileSource, suffix: CompanionSuffix): Promise<{ readonly size?: number } | undefined>
}

export interface CompanionsOptions extends CoreMetadataOptions {
  readonly kept: KeptCompanions
}

export function companions(options: CompanionsOptions): Companions {
  const { kept } = options
  const metadata = coreMetadata(options)
  const underWay = new Map<string, Promise<Buffer | undefined>>()

  async function fetchOrFind(source: FileSource, suffix: CompanionSuffix): Promise<Buffer | undefined> {
    if (suffix === '.metadata' && isWheel(source.file)) return metadata.read(source)
    const found = await kept.find(source, suffix)
    if (found !== undefined) return found
    const fetched = await fetchCompanion(source, suffix)
    if (fetched?.isWhole) await kept.keep(source, suffix, fetched.bytes)
    return fetched?.bytes
  }

  /** Whoever asks meanwhile waits for the same. It goes on where nobody waits any more: the next one finds it further on. */
  function read(source: FileSource, suffix: CompanionSuffix): Promise<Buffer | undefined> {
    const { file } = source
    const id = JSON.stringify([file.upstream, file.url, suffix, companionKey(source, suffix)])
    const asking = underWay.get(id) ?? fetchOrFind(source, suffix).finally(() => underWay.delete(id))
    underWay.set(id, asking)
    const late = () => new UpstreamError(file.upstream, 'timeout', `${file.filename}${suffix} was not there in time`)
    return inTime(asking, ANSWER_WITHIN_MS, late)
  }

  return {
    read,
    async size(source, suffix) {
      const found = await kept.find(source, suffix)
      if (found !== undefined) return { size: found.length }
      const mayBeMade = suffix === '.metadata' && isWheel(source.file)
      const isSaid = !mayBeMade || Boolean(source.file.coreMetadata)
      const head = await source.client.headFile(companionUrl(source, suffix)).catch((error: unknown) => {
        // What nobody promised may be refused in any way.
        if (isSaid || !(error instanceof UpstreamError)) throw error
        return undefined
      })
      if (head !== undefined || !mayBeMade) return head
      const made = await read(source, suffix)
      return made && { size: made.length }
    },
    promised: metadata.promised,
    compare: metadata.compare,
  }
}
