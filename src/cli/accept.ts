/** `unidex accept FILENAME`: a file whose hash has changed since it was delivered may be served as it is now. */
import { loadConfig } from '../config/load.ts'
import type { Snapshot } from '../http/snapshot.ts'
import { silent } from '../log/report.ts'
import { projectsOf } from '../simple/filename.ts'
import { sha256Of } from '../simple/hashes.ts'
import { NO_HASH, type ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import { openData } from './data.ts'
import { withState } from './kept-state.ts'
import { readKeptOptions } from './options.ts'
import { unidexToAsk } from './unidex-to-ask.ts'

/** Asks the upstreams what the file is now. Exit code 1: no file of that name is withheld. @throws UsageError, CheckError, StateError, UpstreamError */
export async function accept(words: string[]): Promise<0 | 1> {
  const { subject: filename, rules, data } = readKeptOptions('accept', 'filename', words)
  const config = await loadConfig({ ...(rules !== undefined && { rules }), environment: process.env, strict: false })
  // Before anything is opened: a folder without a state has accepted nothing and delivered nothing.
  withState(data, () => undefined)
  const kept = await openData(
    { ...(data !== undefined && { data }), cacheBytes: Infinity, newState: false },
    { report: silent, environment: process.env },
  )
  const unidex = unidexToAsk({ config, ...kept, offline: false })
  try {
    const withheld = await withheldFiles(unidex.current(), filename)
    for (const { file, project } of withheld) {
      kept.state.accept(file.upstream, project, filename, sha256Of(file) ?? NO_HASH)
      process.stdout.write(`${filename} of upstream ${file.upstream} is accepted with ${said(file)}.\n`)
    }
    if (withheld.length > 0) return 0
    process.stdout.write(
      `Under the rules of ${config.source} no file ${filename} is withheld because its hash has changed. A server with other rules needs the same --rules here.\n`,
    )
    return 1
  } finally {
    await unidex.close()
    await kept.close()
  }
}

/** In whichever index; the same file of the same upstream once. */
async function withheldFiles(
  { resolver, indexes }: Snapshot,
  filename: string,
): Promise<{ file: ProjectFile; project: ProjectName }[]> {
  const found = new Map<string, { file: ProjectFile; project: ProjectName }>()
  for (const index of indexes) {
    for (const project of projectsOf(filename)) {
      const resolution = await resolver.resolve(index, project, { maxAgeMs: 0 })
      if (resolution.kind !== 'page') continue
      for (const { file, verdict } of resolution.hidden) {
        if (verdict.kind === 'changed' && file.filename === filename) found.set(file.upstream, { file, project })
      }
    }
  }
  return [...found.values()]
}

function said(file: ProjectFile): string {
  const sha256 = sha256Of(file)
  return sha256 === undefined ? 'no hash, as its page gives none now' : `sha256 ${sha256}`
}
