/** The product against an oracle that was written in another language, from the words of the design alone. */
import { spawn, spawnSync } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCases } from './cases.ts'
import { RECORD_BYTES, sayRecord, statusOf } from './record.ts'
import { STEP } from './through-resolver.ts'
import { recordAt, sayCase } from './which-case.ts'

/** Two slow, busy processors need a minute. */
const TIMEOUT_MS = 300_000

const cases = readCases()
const hasPython = spawnSync('python3', ['--version']).status === 0

// Where it counts, a missing Python is a failure and not an excuse.
describe.skipIf(!hasPython && process.env['CI'] !== 'true')('the oracle (needs python3)', () => {
  let expected: Buffer
  let product: Buffer
  let resolver: Buffer
  beforeAll(async () => {
    // Python's own flag -B: no compiled files beside the sources.
    ;[expected, product, resolver] = await Promise.all([
      recordsOf('python3', '-B', fileOf('oracle.py')),
      recordsOf(process.execPath, fileOf('product.ts')),
      recordsOf(process.execPath, fileOf('product.ts'), '--resolver'),
    ])
  }, TIMEOUT_MS)

  it(
    'agrees with the product on who is asked, what is answered and which file is served, in every case',
    { timeout: TIMEOUT_MS },
    () => {
      expect(differences(expected, product, 1)).toEqual([])
      expect(product.length).toBe(expected.length)
      const count = expected.length / RECORD_BYTES
      expect(count).toBeGreaterThan(25_000_000)
      process.stdout.write(`Oracle and product agree on ${count.toLocaleString('en')} cases.\n`)
    },
  )

  it(
    `agrees with the whole resolver, its caches and lists in place, on one decision in ${STEP}`,
    { timeout: TIMEOUT_MS },
    () => {
      expect(differences(expected, resolver, STEP)).toEqual([])
      const count = resolver.length / RECORD_BYTES
      expect(count).toBeGreaterThan(60_000)
      const statuses = new Set(Array.from({ length: count }, (_, at) => statusOf(recordAt(resolver, at))))
      expect([...statuses].toSorted()).toEqual(['200', '404', '502', '503', 'held', 'refused', 'withheld'])
      process.stdout.write(`Oracle and resolver agree on ${count.toLocaleString('en')} cases.\n`)
    },
  )
})

function fileOf(program: string): string {
  return fileURLToPath(new URL(program, import.meta.url))
}

/** What a program writes. It gives way to tests that have a clock to keep. */
async function recordsOf(command: string, ...parameters: string[]): Promise<Buffer> {
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  const [chunks, code] = await Promise.all([child.stdout.toArray(), ended])
  if (code !== 0) throw new Error(`${command} ${parameters.join(' ')} ended with ${code}`)
  return Buffer.concat(chunks as Buffer[])
}

const MAX_SHOWN = 10

/** One of each kind, in words. `actual` has one record in `step` of `expected`. */
function differences(expected: Buffer, actual: Buffer, step: number): string[] {
  if (step === 1 && expected.equals(actual)) return []
  const kinds = new Map<string, string>()
  for (let at = 0; at * RECORD_BYTES < actual.length && kinds.size < MAX_SHOWN; at += 1) {
    const [wanted, got] = [recordAt(expected, at * step), recordAt(actual, at)]
    if (wanted.equals(got)) continue
    const kind = `oracle: ${sayRecord(wanted)}; product: ${sayRecord(got)}`
    if (!kinds.has(kind)) kinds.set(kind, sayCase(cases, expected, at * step))
  }
  return [...kinds].map(([kind, which]) => `${kind}; case: ${which}`)
}
