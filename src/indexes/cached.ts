/** Remembers what an index said: fresh answers are given at once, old ones while it is asked again or cannot say. */
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { inTurn } from '../pace/in-turn.ts'
import { turnBehind } from '../pace/steps.ts'
import { together } from '../pace/together.ts'
import type { ProjectDetail } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { PageKey, PageStore } from '../store/page-store.ts'
import { UpstreamError } from '../upstream/error.ts'
import type { Answer, Ask, Confirmation, Index, ListAnswer } from './contract.ts'
import { readAbsence, readAnswer, readList, writeAbsence, writeAnswer, writeList } from './kept-answer.ts'
import { PATIENCE_MS, type Patience, openPatience } from './patience.ts'
import { type Wanted, mayStandIn, standingBefore } from './standing.ts'
import type { Windows } from './windows.ts'

export interface CachedOptions {
  readonly upstream: string
  /** See `PageKey`. */
  readonly fingerprint: string
  readonly windows: Windows
  readonly store: PageStore
  /** Answers in memory, by the upstream's name and the page; shared by all upstreams so that one bound holds for all. */
  readonly memory: AnswerMemory
  /** Lists in memory; they outlive a reload, so that what was made of them does too. Default: its own. */
  readonly lists?: ListMemory
  /** Nobody can be asked: what it was last known not to have is recalled as well. Default: false. */
  readonly offline?: boolean
  readonly now: () => number
}

/** What each upstream listed last, by its name. */
export type ListMemory = Map<string, { readonly fingerprint: string; readonly answer: ListAnswer }>

/** A bounded memory of answers that were read or made lately. */
export type AnswerMemory = LRUCache<string, Answer>

/** Bytes that a file takes in memory, about: for bounding, not for accounting. */
const BYTES_PER_FILE = 700

/** A memory of at most `maxBytes`, or of one answer that takes more: otherwise each request for it would read it anew. */
export function answerMemory(maxBytes: number): AnswerMemory {
  return new LRUCache({
    maxSize: maxBytes,
    sizeCalculation: ({ page }) =>
      Math.min(maxBytes, 500 + BYTES_PER_FILE * ((page?.files.length ?? 0) + (page?.dropped.length ?? 0))),
  })
}

/** A page that the upstream confirms every two seconds is not written as often: after a restart it is asked for again anyway. */
const REWRITE_AFTER_MS = 60_000

/** How exact the age of a kept absence is: it is read offline alone. */
const ABSENCE_RESOLUTION_MS = 60 * 60_000

/** The failure of an upstream that takes too long for somebody who has a kept answer. */
const TOO_SLOW = { mayHeal: true }

interface Timed {
  readonly checkedAt: number
  readonly freshUntil: number
  readonly staleBecause?: UpstreamError
}

/** A question, and what is kept of its last answer. */
interface Asked<A> {
  readonly what: string
  readonly held: A | undefined
  readonly hasPage: (answer: A) => boolean
  readonly ask: () => Promise<A>
  readonly patience: Patience
}

/** What is known of a page without having it, at most of so many: a few hundred bytes each. Room is made as they come. */
const MAX_KNOWN = 20_000

/** A record says when its page was confirmed last, for the time when the upstream fails: it is written again before it says too little. */
const UNWRITTEN_FOR_MS = 60 * 60_000

/** Stands for the page that a question is about, where only a change of it is asked for. */
const UNREAD: ProjectDetail = Object.freeze({
  name: '' as ProjectName,
  versions: [],
  files: [],
  dropped: [],
  droppedCount: 0,
})

interface Known {
  readonly said: Confirmation
  /** When the record of the page was written, or is known to have been. */
  readonly writtenAt: number
}

export function cached(inner: Index, options: CachedOptions): Index {
  const {
    upstream,
    fingerprint,
    windows,
    store,
    memory,
    lists = new Map() as ListMemory,
    offline = false,
    now,
  } = options
  // A list is large and asked for by ourselves: that it takes long says nothing about pages.
  const patienceWithPages = openPatience({ now })
  const patienceWithLists = openPatience({ now })
  const memoryKey = (name: ProjectName) => `${upstream} ${fingerprint} ${name}`
  const key = (page: string): PageKey => ({ upstream, fingerprint, page })
  // No name of a project has a space in it.
  const absenceKey = (name: ProjectName) => key(`${name} absent`)
  const writtenAt = new Map<string, number>()
  const known = new LRUCache<string, Known>({ maxSize: MAX_KNOWN, sizeCalculation: () => 1 })
  const writtenDown = new WeakSet<Answer>()
  const findTogether = together<Answer | undefined>()
  let recalling: Promise<ListAnswer | undefined> | undefined

  async function heldProject(name: ProjectName): Promise<Answer | undefined> {
    return memory.get(memoryKey(name)) ?? findTogether(name, () => find(name))
  }

  async function find(name: ProjectName): Promise<Answer | undefined> {
    const kept = readAnswer(await store.get(key(name))) ?? (offline ? await keptAbsence(name) : undefined)
    // What the index said meanwhile is newer.
    const newer = memory.get(memoryKey(name))
    if (newer === undefined && kept !== undefined) {
      memory.set(memoryKey(name), kept)
      know(name, kept, kept.checkedAt)
    }
    return newer ?? kept
  }

  function know(name: ProjectName, answer: Answer, writtenAt: number): void {
    const said = withoutPage(answer)
    if (said.isAbsent || said.content !== undefined) known.set(name, { said, writtenAt })
    else known.delete(name)
  }

  /** Asks whether the page is still the same, without having it. */
  async function askWhether(name: ProjectName, { said, writtenAt }: Known, behind: boolean): Promise<Confirmation> {
    const { isAbsent, ...rest } = said
    const held = isAbsent ? undefined : { ...rest, page: UNREAD }
    const answer = await inner.getProject(name, { ...(held && { held }), ...(behind && { behind }) })
    if (answer.page !== UNREAD) {
      await keepProject(name, answer, undefined, behind)
      return withoutPage(answer)
    }
    const confirmation = withoutPage(answer)
    known.set(name, { said: confirmation, writtenAt })
    const inMemory = memory.get(memoryKey(name))
    if (inMemory !== undefined && inMemory.content === said.content)
      memory.set(memoryKey(name), { ...answer, page: inMemory.page })
    return confirmation
  }

  async function keptAbsence(name: ProjectName): Promise<Answer | undefined> {
    return readAbsence(await store.get(absenceKey(name)))
  }

  /** An absence is given out from memory alone: a page that was there before is forgotten for good. */
  async function keepProject(
    name: ProjectName,
    answer: Answer,
    held: Answer | undefined,
    behind: boolean,
  ): Promise<void> {
    // All who shared the question come by with the same answer: the first one keeps it.
    if (memory.get(memoryKey(name)) === answer) return
    memory.set(memoryKey(name), answer)
    know(name, answer, now())
    const { page } = answer
    if (page === undefined) {
      // Whatever this process held: another one may have kept a page meanwhile.
      await store.delete(key(name))
      return
    }
    if (held?.page === page && answer.checkedAt - (writtenAt.get(name) ?? held.checkedAt) < REWRITE_AFTER_MS) return
    writtenAt.set(name, answer.checkedAt)
    if (writtenAt.size > 10_000) writtenAt.clear()
    if (behind) await turnBehind()
    // First, so that whatever happens in between leaves a miss.
    await store.delete(absenceKey(name))
    await store.set(key(name), writeAnswer({ ...answer, page }))
  }

  async function keepAbsence(name: ProjectName): Promise<void> {
    const answer = memory.get(memoryKey(name))
    if (answer === undefined || answer.page !== undefined || offline || writtenDown.has(answer)) return
    writtenDown.add(answer)
    const before = await keptAbsence(name)
    if (before !== undefined && Math.abs(answer.checkedAt - before.checkedAt) < ABSENCE_RESOLUTION_MS) return
    // Whatever came meanwhile is newer.
    if (memory.get(memoryKey(name)) === answer) await store.set(absenceKey(name), writeAbsence(answer))
  }

  function listInMemory(): ListAnswer | undefined {
    const held = lists.get(upstream)
    return held?.fingerprint === fingerprint ? held.answer : undefined
  }

  /** Read from the store once, whoever asks meanwhile: the same list stays the same object. */
  async function recallList(): Promise<ListAnswer | undefined> {
    const answer = await readList(await store.get(key('/')))
    if (answer !== undefined) lists.set(upstream, { fingerprint, answer })
    recalling = undefined
    return answer
  }

  async function keepList(answer: ListAnswer, held: ListAnswer | undefined): Promise<void> {
    // As with pages: of all who shared the question, the first one keeps the answer.
    if (listInMemory() === answer) return
    lists.set(upstream, { fingerprint, answer })
    if (answer.names !== held?.names) await store.set(key('/'), await writeList(answer))
  }

  /** Fresh, or kept and allowed, or asked: whatever it gives is what the windows allow. */
  async function answer<A extends Timed>(asked: Asked<A>, wanted: Wanted): Promise<A> {
    const { what, held, hasPage, patience } = asked
    const ask = () => patience.follow(what, asked.ask())
    const kept = held && { ...held, hasPage: hasPage(held) }
    const standing = standingBefore(kept, windows, now(), wanted)
    if (held !== undefined && standing !== 'ask') {
      if (standing === 'give-and-ask') ask().catch(() => undefined)
      return held
    }
    try {
      if (!mayStandIn(kept, TOO_SLOW, windows, now())) return await ask()
      const leftMs = patience.leftMs(what)
      return await within(leftMs, ask())
    } catch (error) {
      // Those who came together are out of time together.
      await new Promise<void>(inTurn)
      if (held === undefined || !(error instanceof UpstreamError) || !mayStandIn(kept, error, windows, now()))
        throw error
      return { ...held, staleBecause: error }
    }
  }

  /** What is asked goes on, and is kept when it comes. */
  function within<A>(leftMs: number, asking: Promise<A>): Promise<A> {
    const timer = new AbortController()
    const tooSlow = sleep(leftMs, undefined, { signal: timer.signal, ref: false }).then(() => {
      asking.catch(() => undefined)
      throw new UpstreamError(upstream, 'timeout', `no answer within ${PATIENCE_MS / 1000} s`)
    })
    tooSlow.catch(() => undefined)
    return Promise.race([asking, tooSlow]).finally(() => timer.abort())
  }

  async function getProject(name: ProjectName, wanted: Ask = {}): Promise<Answer> {
    const held = await heldProject(name)
    const ask = async () => {
      const { notBefore = -Infinity, behind = false, ownAddress = false } = wanted
      const further = { ...(behind && { behind }), ...(ownAddress && { ownAddress }) }
      const whole = async (answer: Answer): Promise<Answer> => {
        if (answer.page !== UNREAD) return answer
        // It was the question of somebody who did not have the page.
        if (held?.page !== undefined && held.content === answer.content) return { ...answer, page: held.page }
        return whole(await inner.getProject(name, further))
      }
      const question = async () => whole(await inner.getProject(name, { ...(held && { held }), ...further }))
      const first = await question()
      // It was somebody else's question, of before the moment that an operator wants.
      const fresh = first.checkedAt < notBefore && notBefore <= now() ? await question() : first
      await keepProject(name, fresh, held, behind)
      return fresh
    }
    const hasPage = (kept: Answer) => kept.page !== undefined
    return answer({ what: name, held, hasPage, ask, patience: patienceWithPages }, wanted)
  }

  async function confirm(name: ProjectName, wanted: Ask = {}): Promise<Confirmation> {
    const before = known.get(name)
    if (before === undefined || now() - before.writtenAt > UNWRITTEN_FOR_MS)
      return withoutPage(await getProject(name, wanted))
    const hasPage = ({ isAbsent }: Confirmation) => !isAbsent
    const ask = () => askWhether(name, before, wanted.behind === true)
    return answer({ what: name, held: before.said, hasPage, ask, patience: patienceWithPages }, wanted)
  }

  return {
    getProject,
    confirm,

    keepAbsence,

    async listProjects() {
      const held = listInMemory() ?? (await (recalling ??= recallList()))
      const ask = async () => {
        const fresh = await inner.listProjects(held)
        await keepList(fresh, held)
        return fresh
      }
      const hasPage = (kept: ListAnswer) => kept.listed
      return answer({ what: '/', held, hasPage, ask, patience: patienceWithLists }, {})
    },
  }
}

function withoutPage({ page, ...said }: Answer): Confirmation {
  return { ...said, isAbsent: page === undefined }
}
