/** `unidex explain`: why this file, and why not that version, by the same function as what serves. */
import type { Unidex } from '../assemble.ts'
import { loadConfig } from '../config/load.ts'
import { type Explanation, explain as explainTrace } from '../resolve/explanation.ts'
import { explanationJson } from '../resolve/explanation-json.ts'
import { type Finding, type Wanted, findIn } from '../resolve/missing.ts'
import { UnknownIndexError } from '../resolve/unknown-index.ts'
import { projectsOf } from '../simple/filename.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import { openDataToLook } from './data-to-look.ts'
import { explanationText } from './explanation-text.ts'
import { type ExplainOptions, readExplainOptions } from './options.ts'
import { terminalOf } from './terminal.ts'
import { unidexToAsk } from './unidex-to-ask.ts'
import { UsageError } from './usage-error.ts'

/** Upstreams whose word is not needed for the answer are not waited for at the end. */
const CLOSE_WITHIN_MS = 100

/** Exit code 1: it is not served. @throws UsageError, CheckError, StateError, RefusedError */
export async function explain(words: string[]): Promise<0 | 1> {
  const options = readExplainOptions(words)
  const subject = readSubject(options.subject)
  const config = await loadConfig({
    ...(options.rules !== undefined && { rules: options.rules }),
    environment: process.env,
    strict: false,
  })
  const data = await openDataToLook(options.data, process.env)
  const unidex = unidexToAsk({ config, ...data, offline: options.offline })
  try {
    const about = (project: ProjectName) => explained(unidex, project, subject, options, config.policy)
    const { finding, explanation } = await firstServed(subject.projects, about)
    const { wanted } = subject
    const output = options.json
      ? explanationJson({
          ...wanted,
          served: finding.served,
          newest: finding.newest,
          reasons: finding.reasons,
          rules: config.source,
          ...explanation,
          summary: finding.summary,
        })
      : explanationText(
          { finding, explanation, wanted, rules: config.source },
          { all: options.all, terminal: terminalOf(process.stdout, process.env) },
        )
    process.stdout.write(output.endsWith('\n') ? output : `${output}\n`)
    return finding.served ? 0 : 1
  } finally {
    await unidex.close(CLOSE_WITHIN_MS)
    await data.close()
  }
}

interface Subject {
  /** A filename can be read as one of several, longest name first. */
  readonly projects: readonly ProjectName[]
  readonly wanted: Wanted
}

/** @throws UsageError */
function readSubject(text: string): Subject {
  const ofFile = projectsOf(text)
  if (ofFile.length > 0) return { projects: ofFile, wanted: { filename: text } }
  const [name = '', version, ...more] = text.split('==').map((part) => part.trim())
  const project = parseName(name)
  if (project === undefined || version === '' || more.length > 0)
    throw new UsageError(`"${text}" is no project, no PROJECT==VERSION and no filename of a distribution`)
  return { projects: [project], wanted: version === undefined ? {} : { version } }
}

interface Found {
  readonly finding: Finding
  readonly explanation: Explanation
}

async function explained(
  unidex: Unidex,
  project: ProjectName,
  { wanted }: Subject,
  { index }: ExplainOptions,
  policy: Parameters<typeof explainTrace>[1],
): Promise<Found> {
  try {
    await unidex.listsRead()
    const trace = await unidex.current().resolver.trace(index, project)
    const now = Date.now()
    const explanation = explainTrace(trace, policy, now)
    return { explanation, finding: findIn(explanation, wanted, now) }
  } catch (error) {
    if (error instanceof UnknownIndexError) throw new UsageError(error.message)
    throw error
  }
}

/** The first that has the file, as the route for files finds it; else the first of all. */
async function firstServed(
  projects: readonly ProjectName[],
  about: (project: ProjectName) => Promise<Found>,
): Promise<Found> {
  let first: Found | undefined
  for (const project of projects) {
    const found = await about(project)
    if (found.finding.served || found.finding.reasons.some(({ files }) => files !== undefined)) return found
    first ??= found
  }
  if (first === undefined) throw new Error('No project to explain')
  return first
}
