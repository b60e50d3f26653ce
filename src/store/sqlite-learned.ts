/** What was learned of files, in the tables of the state. Whoever writes does it in a transaction of the state. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { learnedKey } from '../simple/hashes.ts'
import { type Finding, type LearnedFile, type LearnedFiles, afterAcceptance, withFinding } from './learned.ts'
import { numberIn, textIn } from './sqlite.ts'

type Row = Readonly<Record<string, SQLOutputValue>>

/** Writing methods say whether something changed. */
export interface KeptLearned {
  of(upstream: string, project: string): LearnedFiles
  isNews(finding: Finding): boolean
  learn(finding: Finding): boolean
  publish(upstream: string, project: string, filename: string): boolean
  accept(upstream: string, project: string, filename: string, sha256: string): boolean
}

export function keepLearned(database: DatabaseSync): KeptLearned {
  const all = database.prepare('select * from learned where project = ? and upstream = ?')
  const one = database.prepare(
    'select * from learned where project = ? and upstream = ? and filename = ? and content = ?',
  )
  const put = database.prepare(
    'insert or replace into learned (project, upstream, filename, content, size, sha256, other_sha256, published) values (?, ?, ?, ?, ?, ?, ?, ?)',
  )

  function known(upstream: string, project: string, filename: string, content: string): LearnedFile | undefined {
    const row = one.get(project, upstream, filename, content)
    return row && fileIn(row)
  }

  function change(
    [upstream, project, filename, content]: readonly [string, string, string, string],
    next: (before: LearnedFile | undefined) => LearnedFile | undefined,
  ): boolean {
    const before = known(upstream, project, filename, content)
    const after = next(before)
    if (after === undefined || after === before) return false
    const { size = null, sha256 = null, otherSha256 = null, isPublished = false } = after
    put.run(project, upstream, filename, content, size, sha256, otherSha256, Number(isPublished))
    return true
  }

  return {
    of: (upstream, project) =>
      new Map(
        all
          .all(project, upstream)
          .map((row) => [learnedKey(textIn(row, 'filename'), textIn(row, 'content')), fileIn(row)]),
      ),
    isNews(finding) {
      const { upstream, project, filename, content } = finding
      const before = known(upstream, project, filename, content)
      return withFinding(before, finding) !== before
    },
    learn(finding) {
      const { upstream, project, filename, content } = finding
      return change([upstream, project, filename, content], (before) => withFinding(before, finding))
    },
    publish: (upstream, project, filename) =>
      change([upstream, project, filename, ''], (before) =>
        before === undefined || before.isPublished ? before : { ...before, isPublished: true },
      ),
    accept: (upstream, project, filename, sha256) =>
      change([upstream, project, filename, ''], (before) => afterAcceptance(before, sha256)),
  }
}

function fileIn(row: Row): LearnedFile {
  return {
    ...(row['size'] !== null && { size: numberIn(row, 'size') }),
    ...(row['sha256'] !== null && { sha256: textIn(row, 'sha256') }),
    ...(row['other_sha256'] !== null && { otherSha256: textIn(row, 'other_sha256') }),
    ...(row['published'] === 1 && { isPublished: true }),
  }
}
