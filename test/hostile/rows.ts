/** The words in which a table of faults is written. */
import type { FailureCode } from '../../src/upstream/error.ts'
import { type Fault, GOOD, type Role } from './world.ts'

/** What a client of the project must meet. */
export type Expectation =
  /** An error that names A and the cause; nothing of B. */
  | { readonly kind: 'fails'; readonly codes: readonly FailureCode[] }
  /** What was kept of A, marked as stale. */
  | { readonly kind: 'stale'; readonly codes: readonly FailureCode[] }
  /** A's word counts: these files. */
  | { readonly kind: 'lists'; readonly files: readonly string[] }
  /** A's word counts, and it is no: B may answer, unless A is the owner of the name. */
  | { readonly kind: 'absent' }

export interface Addresses {
  readonly a: string
  readonly b: string
}

export interface Row {
  readonly id: string
  readonly what: string
  readonly script: Fault | ((at: Addresses) => Fault)
  /** Nothing is kept. */
  readonly cold: Expectation
  /** A good page is kept, and too old to be given unasked. */
  readonly warm: Expectation
  /** How long after the end of the fault all is well again. */
  readonly healsAfterMs: number
  /** Whether A speaks TLS, or has a host name. */
  readonly needs?: 'tls' | 'name'
}

export interface More extends Partial<Pick<Row, 'cold' | 'warm' | 'healsAfterMs' | 'needs'>> {}

/** The upstream is back within that. */
const HEALS_WITHIN_MS = 5000
/** An answer that counts holds for at most so long before it is asked for again. */
const HOLDS_FOR_MS = 400_000

export function fails(...codes: FailureCode[]): Expectation {
  return { kind: 'fails', codes }
}

export function stale(...codes: FailureCode[]): Expectation {
  return { kind: 'stale', codes }
}

/** A fault that makes A unable to say, for one of the causes `codes`. */
export function failing(
  id: string,
  what: string,
  codes: FailureCode | readonly FailureCode[],
  script: Row['script'],
  more: More = {},
): Row {
  const all = [codes].flat()
  return { id, what, script, cold: fails(...all), warm: stale(...all), healsAfterMs: HEALS_WITHIN_MS, ...more }
}

/** Something odd that does not keep A from saying what it has. */
export function listing(
  id: string,
  what: string,
  files: readonly string[],
  script: Row['script'],
  more: More = {},
): Row {
  const lists: Expectation = { kind: 'lists', files }
  return { id, what, script, cold: lists, warm: lists, healsAfterMs: HOLDS_FOR_MS, ...more }
}

/** The same with the one file that A has. */
export function harmless(id: string, what: string, script: Row['script'], more: More = {}): Row {
  return listing(id, what, [GOOD], script, more)
}

/** A definite no. */
export function absent(id: string, what: string, script: Row['script']): Row {
  const no: Expectation = { kind: 'absent' }
  return { id, what, script, cold: no, warm: no, healsAfterMs: HOLDS_FOR_MS }
}

const MUST_BE_MENDED: ReadonlySet<FailureCode> = new Set([
  'denied',
  'certificate',
  'redirect-refused',
  'address-refused',
  'api-version',
  'secret-unavailable',
])

/** 502 for what an operator must mend, 503 for what may heal by itself. */
export function statusOf(codes: readonly FailureCode[]): number {
  return codes.every((code) => MUST_BE_MENDED.has(code)) ? 502 : 503
}

/** Whether A's no lets B answer: a private upstream that once served a name is its owner. */
export function givesWay(role: Role, isWarm: boolean): boolean {
  return !(role === 'private' && isWarm)
}
