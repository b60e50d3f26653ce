/** Says in the log what upstreams contradict each other in, and themselves: nobody else would notice. */
import type { Report } from '../log/report.ts'
import type { Merged } from '../merge/merge.ts'
import { isProvedSame, sha256Of } from '../simple/hashes.ts'
import type { ProjectFile } from '../simple/model.ts'

/** Of one merge, when it was made. */
export function sayContradictions({ hidden, page }: Merged, report: Report): void {
  const yanked: { readonly file: ProjectFile; readonly by: string }[] = []
  for (const { file, verdict } of hidden) {
    const { filename, upstream } = file
    if (verdict.kind === 'outranked' && verdict.conflict)
      report('warn', 'hash_conflict', { file: filename, upstream, served: verdict.by })
    if (verdict.kind === 'outranked' && file.yanked !== undefined) yanked.push({ file, by: verdict.by })
    if (verdict.kind === 'changed') {
      report('error', 'hash_changed', {
        file: filename,
        upstream,
        now: sha256Of(file),
        known: verdict.known.join(' '),
      })
    }
  }
  if (yanked.length === 0) return
  const served = new Map(page.files.map((file) => [file.filename, file]))
  for (const { file, by } of yanked) {
    const { filename, upstream, hashes } = file
    const winner = served.get(filename)
    // Whose file it is says whether it is yanked; that somebody else thinks otherwise of the same bytes is worth a look.
    if (winner !== undefined && winner.yanked === undefined && isProvedSame(winner.hashes, hashes))
      report('warn', 'yank_outranked', { file: filename, upstream, served: by })
  }
}
