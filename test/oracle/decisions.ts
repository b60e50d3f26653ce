/**
 * What the product answers, case by case. States in which an upstream's word and list are the same are one, so that the
 * product decides a million and a half times for some 25 million cases; its functions are pure.
 */
import type { Config } from '../../src/config/config.ts'
import { planFor } from '../../src/merge/plan.ts'
import {
  type Cases,
  type DecisionCases,
  LETTERS,
  type Letter,
  type ListBefore,
  type MomentCases,
  type State,
  combinations,
  configsOf,
  listOf,
  milliseconds,
  statesOf,
} from './cases.ts'
import { conclude } from './conclude.ts'
import { REFUSED } from './record.ts'
import { PROJECT, configOf, defaultIndex } from './rules.ts'
import { type Lists, type UpstreamOptions, listsOf, upstreamIn } from './upstreams.ts'
import { type Word, wordOf } from './word.ts'

const UNASKED = ['no', 'yes', 'behind', 'open']

/** A state, as far as it matters any more. Equal ones are one object. */
interface Position {
  readonly word: Word
  readonly list?: ListBefore
}

export async function* decisionRecords(cases: Cases, section: DecisionCases): AsyncGenerator<Buffer> {
  for (const words of configsOf(section)) {
    const config = configOf(words)
    if (config === undefined) yield REFUSED
    else yield* recordsOf(config, cases, section)
  }
}

async function* recordsOf(config: Config, cases: Cases, section: DecisionCases): AsyncGenerator<Buffer> {
  const positions = async (letter: Letter) => positionsOf(letter, statesOf(cases, section, letter), config)
  const [ofA, ofB, ofC] = [await positions('a'), await positions('b'), await positions('c')]
  for (const memory of section.memories) {
    const concludeFor = conclusions(config, memory)
    const rows = new Map<Position, Map<Position, Buffer>>()
    for (const a of ofA) {
      const rowsOfA = rows.get(a) ?? new Map<Position, Buffer>()
      rows.set(a, rowsOfA)
      for (const b of ofB) {
        const row = rowsOfA.get(b) ?? rowOf(ofC, (c) => concludeFor([a, b, c]))
        rowsOfA.set(b, row)
        yield row
      }
    }
  }
}

/** One after the other, each made once. */
function rowOf(positions: readonly Position[], recordOf: (position: Position) => Buffer): Buffer {
  const records = new Map([...new Set(positions)].map((position) => [position, recordOf(position)]))
  return Buffer.concat(positions.flatMap((position) => records.get(position) ?? []))
}

const seen = new Map<string, Position>()

async function positionsOf(letter: Letter, states: readonly State[], config: Config): Promise<Position[]> {
  const positions: Position[] = []
  for (const state of states) {
    const word = await wordIn(letter, state, { config, staleForMs: config.staleForMs, offline: false, anew: false })
    const position = { word, ...(state.list && { list: state.list }) }
    const key = JSON.stringify([letter, position])
    const same = seen.get(key) ?? position
    seen.set(key, same)
    positions.push(same)
  }
  return positions
}

interface Circumstances extends UpstreamOptions {
  readonly config: Config
  readonly anew: boolean
}

async function wordIn(letter: string, state: State, { config, anew, ...options }: Circumstances): Promise<Word> {
  const upstream = config.upstreams.get(letter)
  if (upstream === undefined) throw new Error(`There is no upstream "${letter}"`)
  const lists = remembered(new Map(state.list && [[letter, state.list]]))
  return wordOf(letter, await upstreamIn(state, upstream, options), { config, lists, anew })
}

/** Upstream `z` has nothing. */
const ABSENT: Word = { outcome: { kind: 'absent' }, stale: false, denied: false, unasked: 'no' }

function conclusions(config: Config, memory: string | null): (positions: readonly Position[]) => Buffer {
  const { policy } = config
  const index = defaultIndex(config)
  return (positions) => {
    const lists = remembered(new Map(LETTERS.flatMap((letter, at) => listBy(letter, positions[at]))))
    const facts = { listedBy: lists.listing(PROJECT), servedBy: memory === null ? [] : [memory] }
    const words = new Map<string, Word>(LETTERS.map((letter, at) => [letter, positions[at]?.word ?? ABSENT]))
    return conclude(planFor(policy, index, PROJECT, facts), words.set('z', ABSENT), policy.upstreams)
  }
}

function listBy(letter: string, position: Position | undefined): [string, ListBefore][] {
  return position?.list === undefined ? [] : [[letter, position.list]]
}

const opened = new Map<string, Lists>()

/** Reading lists costs more than deciding, and there are few. */
function remembered(lists: ReadonlyMap<string, ListBefore>): Lists {
  const key = JSON.stringify([...lists])
  const open = opened.get(key) ?? listsOf(lists)
  opened.set(key, open)
  return open
}

/** So that the process can end. */
export function closeLists(): void {
  for (const lists of opened.values()) lists.close()
  opened.clear()
}

/** One upstream alone, at every border of every window. */
export async function* momentRecords(section: MomentCases): AsyncGenerator<Buffer> {
  const { roles, anew, windows, raws, kinds, fresh, ages, lists } = section
  type Moment = [string, boolean, string, State['raw'], (typeof kinds)[number], string, string, string]
  const all = combinations<Moment>(roles, anew, windows, raws, kinds, fresh, ages, lists)
  const configs = new Map(roles.map((role) => [role, configOf({ roles: role, index: 'a', rule: null, pattern: null })]))
  for (const [role, wantsAnew, window, raw, kind, lifetime, age, list] of all) {
    const config = configs.get(role)
    if (config === undefined) throw new Error('These rules are right')
    const said = kind === 'absence' ? 'absent' : kind
    const state = {
      raw,
      kept: { said, ageMs: milliseconds(age), lifetimeMs: milliseconds(lifetime) },
      ...listOf(list),
    } satisfies State
    const offline = window === 'offline'
    const staleForMs = offline ? config.staleForMs : milliseconds(window)
    const word = await wordIn('a', state, { config, staleForMs, offline, anew: wantsAnew })
    const bytes = conclusions(config, null)([{ word, ...listOf(list) }])
    yield Buffer.from([bytes[0] ?? 0, bytes[1] ?? 0, UNASKED.indexOf(word.unasked)])
  }
}
