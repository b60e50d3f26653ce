/** The workers: as many as were asked for, whatever becomes of each, under the same rules. */
import cluster, { type Worker } from 'node:cluster'
import { CheckError } from '../config/config.ts'
import type { RulesText } from '../config/load.ts'
import type { Report } from '../log/report.ts'
import type { Family } from '../metrics/exposition.ts'
import type { WorkerFigures } from '../metrics/side-by-side.ts'
import { questions } from './questions.ts'
import { RefusedError } from './usage-error.ts'
import type { Order, Word } from './worker-messages.ts'

export interface WorkerPoolOptions {
  readonly count: number
  readonly port: number
  readonly rules: RulesText | undefined
  readonly report: Report
  /** A worker stored a file of so many bytes. */
  readonly onStored: (bytes: number) => void
}

export interface WorkerPool {
  /** The address of all, as soon as each accepts requests. Pending for ever where they do not come to it: see `failed`. */
  readonly ready: Promise<string>
  /**
   * A RefusedError where the first ones cannot start, another where workers end at their start again and again. The pool
   * starts none any more then; those that serve go on until `end`.
   */
  readonly failed: Promise<Error>
  /** All serve by new rules, or all by those of before. @throws CheckError where a worker refuses them */
  use(rules: RulesText | undefined): Promise<void>
  /** Accepts nothing more and lets what is under way end; how many answers had to be cut. */
  end(): Promise<number>
  /** Ends all at once. */
  kill(): void
}

interface Member {
  readonly worker: Worker
  /** From 1 on: its place among as many as were asked for. */
  readonly place: number
  /** Whether it accepts requests, since when (ms), or that it never will. */
  readonly started: PromiseWithResolvers<void>
  readyAt?: number
  refusal?: string
  answer?: (refusal: string | undefined) => void
}

/** A worker that served for so long has not ended because of how it was started. */
const STEADY_MS = 10_000
/** Workers that end at their start, one after the other, before the pool gives up. */
const MAX_FAILED_STARTS = 5
/** Before the second replacement in a row; each further one waits twice as long. */
const FIRST_PAUSE_MS = 200
const MAX_PAUSE_MS = 5000
/** Reading rules takes a second at most; a worker that does not answer hangs. */
const ANSWER_WITHIN_MS = 15_000
/** Before a scraper gives up. */
const FIGURES_WITHIN_MS = 1000

export function openWorkerPool({ count, report, onStored, ...options }: WorkerPoolOptions): WorkerPool {
  // All accept from one socket: whoever has time takes the next connection, and one that is busy delays nobody.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const members = new Set<Member>()
  const pauses = new Set<NodeJS.Timeout>()
  const ready = Promise.withResolvers<string>()
  const failed = Promise.withResolvers<Error>()
  const figures = questions<readonly Family[]>(FIGURES_WITHIN_MS)
  let { port, rules } = options
  let origin: string | undefined
  /** All were ready once, and their address is known. */
  let isServing = false
  let isOver = false
  let onAllGone = () => {}
  let cut = 0
  /** In a row. */
  let failedStarts = 0
  let shortLives = 0
  /** The change of rules that is under way: no worker starts meanwhile. Never rejects. */
  let changing: Promise<void> = Promise.resolve()

  const isReady = ({ readyAt }: Member) => readyAt !== undefined

  function start(): void {
    if (isOver) return
    const member: Member = { worker: cluster.fork(), place: freePlace(), started: Promise.withResolvers() }
    members.add(member)
    member.worker.on('message', (word: Word) => hear(member, word))
    member.worker.once('exit', (code, signal) => lose(member, signal ?? code))
    // It could not be started at all.
    member.worker.once('error', (error) => lose(member, error.message))
    send(member, { kind: 'start', port, rules })
  }

  function freePlace(): number {
    const taken = new Set(Array.from(members, ({ place }) => place))
    let place = 1
    while (taken.has(place)) place += 1
    return place
  }

  function hear(member: Member, word: Word): void {
    switch (word.kind) {
      case 'ready':
        member.readyAt = performance.now()
        member.started.resolve()
        failedStarts = 0
        origin ??= word.origin
        if ([...members].filter(isReady).length < count) return
        isServing = true
        ready.resolve(origin)
        return
      case 'refused':
        member.refusal = word.message
        return
      case 'answer':
        member.answer?.(word.refusal)
        return
      case 'ask-figures':
        void figuresOfAll().then((all) => send(member, { kind: 'all-figures', id: word.id, all }))
        return
      case 'figures':
        figures.answered(word.id, word.families)
        return
      case 'stored':
        onStored(word.bytes)
        return
      case 'ended':
        cut += word.cut
        return
      default:
        word satisfies never
    }
  }

  /** `how`: the exit code, or the signal. */
  function lose(member: Member, how: string | number): void {
    if (!members.delete(member)) return
    member.started.resolve()
    // It has no rules any more, neither old nor new ones.
    member.answer?.(undefined)
    if (members.size === 0) onAllGone()
    if (isOver) return
    const { worker, readyAt, refusal } = member
    if (!isServing && refusal !== undefined) {
      giveUp(new RefusedError(refusal))
      return
    }
    report(how === 0 ? 'info' : 'error', 'worker_ended', { pid: worker.process.pid, how, reason: refusal })
    if (readyAt === undefined) failedStarts += 1
    else shortLives = performance.now() - readyAt < STEADY_MS ? shortLives + 1 : 0
    if (failedStarts >= MAX_FAILED_STARTS) {
      const last = refusal ?? `it ended with ${how}`
      giveUp(new Error(`${failedStarts} workers in a row could not start; the last: ${last}`))
    } else {
      keepPort()
      startAfter(failedStarts + shortLives)
    }
  }

  function giveUp(error: Error): void {
    isOver = true
    failed.resolve(error)
    if (!isServing) kill()
  }

  /** The socket goes with the last worker that has it. Whoever comes then must not take another free port than was announced. */
  function keepPort(): void {
    if (port !== 0 || origin === undefined || [...members].some(isReady)) return
    port = Number(new URL(origin).port)
    // Those that are about to; it was no fault of theirs.
    failedStarts -= members.size
    kill()
  }

  function startAfter(misfortunes: number): void {
    const ms = misfortunes < 2 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (misfortunes - 2), MAX_PAUSE_MS)
    const pause = setTimeout(() => {
      pauses.delete(pause)
      void changing.then(start)
    }, ms)
    pauses.add(pause)
  }

  function send({ worker }: Member, order: Order): void {
    // One that is gone is lost elsewhere.
    worker.send(order, () => undefined)
  }

  /** One that hangs is left out, as one that is gone would be. */
  async function figuresOfAll(): Promise<WorkerFigures[]> {
    const all = [...members].filter(isReady).map(async (member) => {
      const families = await figures.ask((id) => send(member, { kind: 'tell-figures', id }))
      return families === undefined ? [] : [{ worker: member.place, families }]
    })
    return (await Promise.all(all)).flat()
  }

  /** Why it does not do as it is told; undefined: it does, or it is gone. */
  async function ask(member: Member, order: Order): Promise<string | undefined> {
    if (!members.has(member)) return undefined
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const timer = setTimeout(() => resolve('a worker does not answer'), ANSWER_WITHIN_MS)
    member.answer = resolve
    send(member, order)
    const refusal = await promise
    clearTimeout(timer)
    return refusal
  }

  async function changeAfter(before: Promise<void>, next: RulesText | undefined): Promise<void> {
    await before
    await Promise.all([...members].map(({ started }) => started.promise))
    const all = [...members]
    const refusals = await Promise.all(all.map((member) => ask(member, { kind: 'prepare', rules: next })))
    const refusal = refusals.find((each) => each !== undefined)
    if (refusal !== undefined) {
      await Promise.all(all.map((member) => ask(member, { kind: 'drop' })))
      throw new CheckError(refusal)
    }
    rules = next
    await Promise.all(
      all.map(async (member) => {
        // Better none than one that serves by the old rules.
        if ((await ask(member, { kind: 'use' })) !== undefined) member.worker.process.kill('SIGKILL')
      }),
    )
  }

  function kill(): void {
    for (const { worker } of members) worker.process.kill('SIGKILL')
  }

  for (let started = 0; started < count; started += 1) start()

  return {
    ready: ready.promise,
    failed: failed.promise,
    use(next) {
      const changed = changeAfter(changing, next)
      changing = changed.catch(() => undefined)
      return changed
    },
    async end() {
      isOver = true
      for (const pause of pauses) clearTimeout(pause)
      const { promise, resolve } = Promise.withResolvers<void>()
      onAllGone = resolve
      if (members.size === 0) resolve()
      for (const member of members) send(member, { kind: 'end' })
      await promise
      return cut
    },
    kill,
  }
}
