/** An index whose answers the test writes down. */
import type { Answer, Ask, Index, ListAnswer } from '../../src/indexes/contract.ts'
import { type ProjectName, parseName } from '../../src/simple/name.ts'
import { nameList } from '../../src/simple/name-list.ts'
import { type FailureCode, UpstreamError } from '../../src/upstream/error.ts'
import { page } from './build.ts'

/** Filenames, nothing (absent), or why it cannot say. */
export type Says = readonly string[] | undefined | FailureCode

export interface FakeIndex extends Index {
  /** What it says from now on, of a project or of all. */
  says(what: Says, project?: string): void
  lists(names: readonly string[] | undefined | FailureCode): void
  /** Names that were asked for, in order; the list is `/`. */
  readonly asked: string[]
  /** Those of them that go behind. */
  readonly askedBehind: string[]
  /** Answers wait until it is called again. */
  hold(): () => void
}

export function fakeIndex(upstream: string, now: () => number, freshMs = 0): FakeIndex {
  const sayings = new Map<string, Says>()
  let all: Says
  let list: readonly string[] | undefined | FailureCode
  let gate: Promise<void> = Promise.resolve()
  const asked: string[] = []
  const askedBehind: string[] = []

  function failing(what: unknown): void {
    if (typeof what === 'string') throw new UpstreamError(upstream, what as FailureCode, `fails with ${what}`)
  }

  return {
    asked,
    askedBehind,
    says(what, project) {
      if (project === undefined) all = what
      else sayings.set(project, what)
    },
    lists(names) {
      list = names
    },
    hold() {
      let release = () => {}
      gate = new Promise((resolve) => (release = resolve))
      return release
    },
    async getProject(name: ProjectName, { behind = false }: Ask = {}): Promise<Answer> {
      asked.push(name)
      if (behind) askedBehind.push(name)
      await gate
      const what = sayings.has(name) ? sayings.get(name) : all
      failing(what)
      const checkedAt = now()
      return {
        page: what === undefined ? undefined : page(upstream, name, what as readonly string[]),
        checkedAt,
        freshUntil: checkedAt + freshMs,
      }
    },
    async listProjects(): Promise<ListAnswer> {
      asked.push('/')
      await gate
      failing(list)
      const checkedAt = now()
      const names = ((list ?? []) as readonly string[]).flatMap((each) => parseName(each) ?? [])
      return { names: nameList(names), listed: list !== undefined, checkedAt, freshUntil: checkedAt + freshMs }
    },
  }
}

/** A clock that stands still until the test moves it. */
export function fakeClock(start = Date.UTC(2026, 0, 1)) {
  let time = start
  return {
    now: () => time,
    forward(ms: number) {
      time += ms
    },
  }
}
