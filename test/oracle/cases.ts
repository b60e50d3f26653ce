/** The cases that oracle and product are compared on, as `cases.json` has them. */
import { readFileSync } from 'node:fs'
import type { Strategy } from '../../src/merge/policy.ts'

export const LETTERS = ['a', 'b', 'c'] as const
export type Letter = (typeof LETTERS)[number]

type Raw = 'files' | 'empty' | 'quarantined' | 'absent' | 'failed' | 'denied'

/** What an upstream brings into a case. */
export interface State {
  /** What it says when it is asked now. */
  readonly raw: Raw
  readonly kept?: KeptBefore
  readonly list?: ListBefore
}

/** What it said before. */
export interface KeptBefore {
  readonly said: Raw
  readonly ageMs: number
  readonly lifetimeMs: number
}

/** What its project list said before, and whether that looks like PyPI's. */
export interface ListBefore {
  readonly hasName: boolean
  readonly isCopy: boolean
  readonly ageMs: number
}

export interface RuleWords {
  readonly strategy: Strategy
  readonly upstreams: string | null
  readonly literal: boolean
}

/** One rules file, in words. */
export interface ConfigWords {
  readonly roles: string
  readonly index: string
  readonly rule: RuleWords | null
  readonly pattern: string | null
}

interface StateWords {
  readonly raws: readonly Raw[]
  readonly kepts: readonly string[]
  readonly lists: readonly string[]
}

export interface DecisionCases {
  readonly about: string
  readonly roles: readonly string[]
  readonly indexes: readonly string[]
  readonly rules: readonly (RuleWords | null)[]
  readonly patterns: readonly (string | null)[]
  readonly memories: readonly (string | null)[]
  readonly states: Readonly<Record<Letter, string>>
}

export interface MomentCases {
  readonly about: string
  readonly roles: readonly string[]
  readonly anew: readonly boolean[]
  readonly windows: readonly string[]
  readonly raws: readonly Raw[]
  readonly kinds: readonly ('files' | 'empty' | 'quarantined' | 'absence')[]
  readonly fresh: readonly string[]
  readonly ages: readonly string[]
  readonly lists: readonly string[]
}

export interface PageCases {
  readonly about: string
  readonly strategies: readonly Strategy[]
  readonly hide: readonly ('nothing' | 'versions' | 'files')[]
  readonly hashes: readonly (readonly string[])[]
}

export interface Cases {
  readonly decisions: readonly DecisionCases[]
  readonly states: Readonly<Record<string, StateWords>>
  readonly moments: MomentCases
  readonly pages: PageCases
}

export function readCases(): Cases {
  return JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8')) as Cases
}

/** Every combination, the last list changing fastest. */
export function* combinations<T extends readonly unknown[]>(
  ...lists: { readonly [K in keyof T]: readonly T[K][] }
): Generator<T> {
  const [first, ...rest] = lists as readonly (readonly unknown[])[]
  if (first === undefined) yield [] as unknown as T
  else for (const value of first) for (const more of combinations(...rest)) yield [value, ...more] as unknown as T
}

/** The rules files of a section. Public upstreams own nothing, and what a pattern of theirs would mean is said nowhere. */
export function* configsOf({ roles, indexes, rules, patterns }: DecisionCases): Generator<ConfigWords> {
  for (const [role, index, rule, pattern] of combinations<[string, string, RuleWords | null, string | null]>(
    roles,
    indexes,
    rules,
    patterns,
  )) {
    if (pattern === null || roleOf(role, pattern) === 'private') yield { roles: role, index, rule, pattern }
  }
}

/** The states that an upstream is in, one after the other. */
export function statesOf({ states }: Cases, section: DecisionCases, letter: Letter): State[] {
  const words = states[section.states[letter]]
  if (words === undefined) throw new Error(`No states are called ${section.states[letter]}`)
  const { raws, kepts, lists } = words
  return [...combinations<[Raw, string, string]>(raws, kepts, lists)].map(([raw, kept, list]) =>
    Object.assign({ raw }, kept === 'none' ? undefined : { kept: keptOf(kept) }, listOf(list)),
  )
}

export function roleOf(roles: string, letter: string): string {
  return roles.split(' ')[LETTERS.indexOf(letter as Letter)] ?? 'public'
}

function keptOf(words: string): KeptBefore {
  const [kind = '', age = ''] = words.split(' ')
  return { said: kind === 'absence' ? 'absent' : (kind as Raw), ageMs: milliseconds(age), lifetimeMs: 60_000 }
}

export function listOf(words: string): { readonly list?: ListBefore } {
  if (words === 'none') return {}
  const parts = words.split(' ')
  return {
    list: { hasName: parts.includes('with'), isCopy: parts[0] === 'copy', ageMs: milliseconds(parts.at(-1) ?? '') },
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

export function milliseconds(text: string): number {
  const [, number, unit = ''] = /^([0-9]+)([a-z]+)$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (number === undefined || factor === undefined) throw new Error(`${text} is no duration`)
  return Number(number) * factor
}
