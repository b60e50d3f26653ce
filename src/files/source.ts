/** Where a file comes from, and what became of trouble with it. */
import type { Report } from '../log/report.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { FileKey } from '../store/file-store.ts'
import type { UpstreamClient } from '../upstream/contract.ts'
import { UpstreamError } from '../upstream/error.ts'

/** A file's entry, and how its upstream is asked. */
export interface FileSource {
  readonly file: ProjectFile
  readonly project: ProjectName
  readonly client: UpstreamClient
  /** The private upstream under which it is kept, so that nobody gets it by knowing a hash. */
  readonly scope?: string
  /** It may not change under its name, and passes here: what its bytes were they must be again. */
  readonly isFixed?: boolean
}

/** Where bytes with that sha256 are kept. */
export function storedAs({ scope }: FileSource, sha256: string): FileKey {
  return scope === undefined ? { sha256 } : { sha256, scope }
}

/** Says that a file could not be had, or was not what its page says. */
export function reportFailure(report: Report, file: ProjectFile, failure: unknown): void {
  if (!(failure instanceof Error)) return
  const code = failure instanceof UpstreamError ? failure.code : 'unknown'
  report('error', code === 'bad-file' ? 'file_refused' : 'file_failed', {
    upstream: file.upstream,
    file: file.filename,
    code,
    reason: failure.message,
  })
}
