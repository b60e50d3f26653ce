/** Reads a rules file: a text becomes a Config, or one CheckError that names everything that is wrong in it. */
import path from 'node:path'
import type { Config } from './config.ts'
import { readDocument } from './document.ts'
import { readDraft } from './draft.ts'
import { DAY } from './duration.ts'
import { judgeExpectations } from './expectation-refusals.ts'
import { checkError, sayFault } from './fault.ts'
import { refusals } from './refusals.ts'
import { rulesFile } from './schema.ts'
import { shapeFaults } from './shape-faults.ts'
import { secretsInFile, warningsOf } from './warnings.ts'

/** How long a public page is given while its upstream fails, in a company as PyPI's own CDN has it. */
const STALE_FOR_MS = DAY

/**
 * `file` is how messages call the file; relative paths in it begin at its folder. `strict` refuses secrets that stand
 * in it. Reads no other file, and no secret.
 * @throws CheckError with one line a fault
 */
export function readRules(text: string, { file, strict }: { file: string; strict: boolean }): Config {
  const { value, where, faults: textFaults, isReadable } = readDocument(text, file)
  if (!isReadable) throw checkError(textFaults)

  const parsed = rulesFile.safeParse(value)
  const shape = parsed.success ? [] : shapeFaults(parsed.error.issues, value, where)
  const folder = path.dirname(path.resolve(file))
  const draft = readDraft(value, {
    faulty: shape.map((fault) => fault.path),
    where,
    resolve: (written) => path.resolve(folder, written),
  })
  const secrets = secretsInFile(draft)
  const faults = [...textFaults, ...shape.map(({ fault }) => fault), ...refusals(draft), ...(strict ? secrets : [])]
  if (faults.length > 0 || !parsed.success) throw checkError(faults)

  const { policy, indexes } = draft
  return {
    source: file,
    upstreams: policy.upstreams,
    policy,
    expectations: [...policy.indexes.values()].flatMap((index) => judgeExpectations(draft, index).open),
    openIndexes: new Set([...indexes].flatMap(([name, { clients }]) => (clients === 'anyone' ? [name] : []))),
    hosts: parsed.data.hosts ?? [],
    ...(parsed.data.servedAt !== undefined && { servedAt: parsed.data.servedAt }),
    peers: [...new Set(parsed.data.peers)],
    staleForMs: STALE_FOR_MS,
    warnings: [...secrets, ...warningsOf(draft)].map(sayFault),
  }
}
