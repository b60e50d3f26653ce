/** One of several processes that serve: does as the supervisor says, and knows neither the rules file nor the other workers. */
import cluster from 'node:cluster'
import { CheckError } from '../config/config.ts'
import type { Report } from '../log/report.ts'
import { StateError } from '../store/state.ts'
import type { Prepared, Unidex } from '../assemble.ts'
import type { ServeOptions } from './options.ts'
import { refuseBroken } from './expectations.ts'
import { openMetrics } from '../metrics/metrics.ts'
import { type WorkerFigures, sideBySide } from '../metrics/side-by-side.ts'
import { questions } from './questions.ts'
import { readServedRules } from './rules.ts'
import { type Serving, startServing } from './serving.ts'
import { untilEnded } from './signals.ts'
import { openServerLog, writeSharedLines } from './standard-streams.ts'
import { RefusedError } from './usage-error.ts'
import type { Order, Word } from './worker-messages.ts'

/** The supervisor gives the others half of it; one that is gone never answers. */
const FIGURES_WITHIN_MS = 2000

/** Resolves when the worker has ended. Signals to all processes of a terminal or a service are signals to this one too. */
export async function work(options: ServeOptions): Promise<0 | 2> {
  const metrics = openMetrics()
  const figures = questions<readonly WorkerFigures[]>(FIGURES_WITHIN_MS)
  const figuresOfAll = async () => {
    const all = await figures.ask((id) => say({ kind: 'ask-figures', id }))
    return all === undefined ? metrics.families() : sideBySide(all)
  }
  const orders = receiveOrders({
    tellFigures: (id) => say({ kind: 'figures', id, families: metrics.families() }),
    hearFigures: figures.answered,
  })
  // New rules are the supervisor's to read.
  process.on('SIGHUP', () => undefined)
  const signalled = untilEnded()
  const report = openServerLog(options, writeSharedLines)

  const order = await orders.first
  let serving: Serving
  try {
    const config = await readServedRules(order.rules, options)
    // The state is there: the supervisor has seen to it.
    serving = await startServing(
      { ...options, port: order.port, newState: false },
      { config, report, metrics, figures: figuresOfAll, onStored: (bytes) => say({ kind: 'stored', bytes }) },
    )
  } catch (error) {
    if (!(error instanceof CheckError || error instanceof StateError || error instanceof RefusedError)) throw error
    say({ kind: 'refused', message: error.message })
    cluster.worker?.disconnect()
    return 2
  }
  orders.obey(serving.unidex, options, report)
  say({ kind: 'ready', origin: serving.origin })
  await Promise.race([signalled, orders.end])
  const cut = await serving.end()
  say({ kind: 'ended', cut })
  cluster.worker?.disconnect()
  return 0
}

/** A supervisor that is gone hears nothing; the process then ends by itself. */
function say(word: Word): void {
  if (process.connected) process.send?.(word)
}

interface FiguresExchange {
  tellFigures(id: number): void
  hearFigures(id: number, all: readonly WorkerFigures[]): void
}

function receiveOrders({ tellFigures, hearFigures }: FiguresExchange) {
  const start = Promise.withResolvers<Order & { kind: 'start' }>()
  const end = Promise.withResolvers<void>()
  let work: ((order: Order) => void) | undefined

  process.on('message', (order: Order) => {
    if (order.kind === 'start') start.resolve(order)
    else if (order.kind === 'end') end.resolve()
    else if (order.kind === 'tell-figures') tellFigures(order.id)
    else if (order.kind === 'all-figures') hearFigures(order.id, order.all)
    else work?.(order)
  })

  return {
    first: start.promise,
    end: end.promise,
    /** Takes new rules from now on. */
    obey(unidex: Unidex, options: ServeOptions, report: Report): void {
      let prepared: Prepared | undefined
      const obeyed = async (order: Order) => {
        if (order.kind === 'drop') prepared?.drop()
        if (order.kind === 'use') prepared?.use()
        prepared = undefined
        if (order.kind !== 'prepare') return
        const config = await readServedRules(order.rules, options)
        await refuseBroken(unidex, config, report)
        prepared = unidex.prepare(config)
      }
      work = (order) =>
        void obeyed(order).then(
          () => say({ kind: 'answer' }),
          (error: unknown) => say({ kind: 'answer', refusal: error instanceof Error ? error.message : String(error) }),
        )
    },
  }
}
