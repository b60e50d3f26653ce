/** What passes teaches us of files: their sizes, and the hashes of those whose page gives none. */
import type { Report } from '../log/report.ts'
import { perTurn } from '../pace/per-turn.ts'
import { contentOf, learnedKey, sha256Of } from '../simple/hashes.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { Finding } from '../store/learned.ts'
import type { State } from '../store/state.ts'
import { UpstreamError } from '../upstream/error.ts'
import type { FileSource } from './source.ts'

export interface Learning {
  /** Somebody said how many bytes it has. */
  heard(source: FileSource, size: number): void
  /**
   * All of it has passed. Called before the last bytes are given to
   * anybody, so that a hash that somebody may have written down is remembered. Whether its content is known from here on.
   * @throws UpstreamError where other bytes have passed before under its name
   */
  passed(source: FileSource, passed: Passed): Promise<boolean>
  /** Writes down what still waits. */
  flush(): void
  /** That of a file whose page gives none, where it has passed. */
  sha256Of(source: FileSource): string | undefined
}

export interface Passed {
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  /** Nothing can have been cut off, and it begins as a file of its name does: otherwise nothing is learned from it. */
  readonly isSure: boolean
}

export interface LearningOptions {
  readonly state: Pick<State, 'learn' | 'learned'>
  readonly report: Report
}

/** Sizes are written together: each write takes a moment of the disk, and makes every merged page old. */
const GATHER_MS = 300
/** More are written at once. */
const MAX_WAITING = 1000

export function learning({ state, report }: LearningOptions): Learning {
  const learnNow = perTurn((all: readonly Finding[]) => state.learn(all))
  let waiting: Finding[] = []
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const all = waiting
    waiting = []
    if (all.length > 0) state.learn(all)
  }

  function flushSoon(): void {
    try {
      flush()
    } catch (error) {
      // A size is worth no more than that: it is learned again.
      report('error', 'state_write_failed', { reason: error instanceof Error ? error.message : String(error) })
    }
  }

  function learnSoon(finding: Finding): void {
    waiting.push(finding)
    if (waiting.length >= MAX_WAITING) flushSoon()
    else timer ??= setTimeout(flushSoon, GATHER_MS).unref()
  }

  return {
    heard(source, size) {
      const finding = findingOf(source, size)
      if (isWanting(source) && (finding.content !== '' || source.isFixed)) learnSoon(finding)
    },
    async passed(source, { sha256, size, isSure }) {
      const { listed = source.file } = source.file
      if (listed.hashes.sha256 !== undefined) {
        if (isWanting(source)) learnSoon(findingOf(source, size))
        return true
      }
      const finding = { ...findingOf(source, size), sha256 }
      const mayBeRemembered = isSure && (finding.content !== '' || source.isFixed === true)
      if (mayBeRemembered) await learnNow(finding)
      const { computedSha256 } = source.file
      const known = mayBeRemembered ? knownSha256(source) : computedSha256
      if (known !== undefined && known !== sha256) throw changed(source, known, sha256)
      return known !== undefined
    },
    flush,
    sha256Of: knownSha256,
  }

  function knownSha256({ file, project, isFixed }: FileSource): string | undefined {
    const { upstream, filename, hashes } = file.listed ?? file
    if (hashes.sha256 !== undefined || (contentOf(hashes) === '' && !isFixed)) return undefined
    return state.learned(upstream, project).get(learnedKey(filename, contentOf(hashes)))?.sha256
  }

  function changed({ file }: FileSource, known: string, now: string): UpstreamError {
    const { upstream, filename } = file
    report('error', 'hash_changed', { file: filename, upstream, now, known })
    const message = `${filename} has sha256 ${now}, and had ${known} when it passed before; if that is right, "unidex accept ${filename}" lets it through`
    return new UpstreamError(upstream, 'bad-file', message)
  }
}

/** Whether its upstream does not say how large it is. */
function isWanting({ file }: FileSource): boolean {
  return (file.listed ?? file).size === undefined
}

function findingOf({ file, project }: FileSource, size: number): Finding {
  const { upstream, filename, hashes } = file.listed ?? file
  return { upstream, project, filename, content: contentOf(hashes), size }
}

/**
 * A file as it is fetched: by what its upstream says of it, and the sha256 that was computed when it passed before. The entry of
 * the page itself where that is not known, so that what is remembered of it lasts as long as its page.
 */
export function fetchedAs(file: ProjectFile): ProjectFile {
  const { listed } = file
  const sha256 = sha256Of(file)
  if (listed === undefined) return file
  if (sha256 === undefined || sha256 === listed.hashes.sha256) return listed
  return { ...file, hashes: { sha256, ...listed.hashes } }
}
