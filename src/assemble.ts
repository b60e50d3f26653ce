/** From a configuration to running objects: the one place where everything meets. */
import type { Kept } from './assembly/kept.ts'
import type { AssembleOptions } from './assembly/options.ts'
import { openPeer } from './assembly/peer.ts'
import { openWorld, type World } from './assembly/world.ts'
import type { Config } from './config/config.ts'
import { companions } from './files/companion.ts'
import { type Deliverer, deliverer } from './files/deliver.ts'
import { keptCompanions } from './files/kept-companions.ts'
import { learning } from './files/learning.ts'
import { type App, createApp } from './http/app.ts'
import type { Snapshot } from './http/snapshot.ts'
import { answerMemory } from './indexes/cached.ts'
import { openRecent } from './log/recent.ts'
import { silent } from './log/report.ts'
import { collectEarly } from './pace/early-collection.ts'
import type { Family } from './metrics/exposition.ts'
import { openMetrics } from './metrics/metrics.ts'
import { type Judgement, judgeExpectations } from './resolve/expectations.ts'
import { watchPeers } from './stats/watched-peers.ts'
import { downloadCounter } from './stats/download-counter.ts'
import { forgivingState } from './store/forgiving-state.ts'
import { unchangingState } from './store/unchanging-state.ts'

export type { AssembleOptions } from './assembly/options.ts'

/** Parsed pages that are kept in memory; those of resolutions are largely the same. */
const ANSWER_BYTES = 16 * 1024 * 1024

/** New questions can be asked under old rules for so long: a request may have a second one, and a file one after a broken connection. */
const RETIRED_MS = 10 * 60_000

/** A running Unidex, but for its port. */
export interface Unidex extends App {
  /** What a request of this moment would live with. */
  current(): Snapshot
  /** New requests live with the new rules; those under way end with the old ones. */
  reload(config: Config): void
  /** Everything that `reload` does and that may fail, apart from doing it. @throws Error where something that the rules name cannot be had */
  prepare(config: Config): Prepared
  /**
   * What is expected of `config`, asked of the upstreams; no fact is remembered by it.
   * @throws Error where something that the rules name cannot be had
   */
  judge(config: Config): Promise<Judgement>
  /** Every private upstream was asked for its list, or cannot say: what its list gives it is its own from here on. */
  listsRead(): Promise<void>
  /** Waits for what is under way at upstreams, and until it is kept. What takes longer than `withinMs` is broken off. */
  close(withinMs?: number): Promise<void>
}

/** New rules that are ready: one of the two is called, once. */
export interface Prepared {
  use(): void
  drop(): void
}

export function assemble(given: AssembleOptions): Unidex {
  const recent = openRecent(given.now)
  const options = { ...given, report: recent.listening(given.report) }
  const { report, metrics = openMetrics() } = options
  const state = forgivingState(options.state, report)
  const learned = learning({ state, report })
  const files: Deliverer = deliverer({
    store: options.files,
    report,
    learning: learned,
    onDelivered: (all) =>
      state.servedAll(
        all.map(({ source: { file, project }, sha256 }) => ({
          upstream: file.upstream,
          project,
          filename: file.filename,
          sha256,
        })),
      ),
    onStored: ({ source, sha256 }) => kept.companions.compare(source, sha256),
  })
  const kept: Kept = {
    memory: answerMemory(ANSWER_BYTES),
    lists: new Map(),
    mergedLists: new Map(),
    validated: new Map(),
    metrics,
    state,
    companions: companions({
      kept: keptCompanions(options.pages),
      files: options.files,
      deliverer: files,
      learning: learned,
      report,
    }),
    deliverer: files,
  }
  const { stats } = options
  const downloads = stats && downloadCounter({ stats, report, now: options.now })
  let world = openWorld(options.config, options, kept)
  world.begin()
  const peers =
    stats &&
    !options.offline &&
    watchPeers({
      peers: () => world.snapshot.peers,
      open: (peer) => openPeer(peer, options),
      stats,
      report,
      now: options.now,
    })
  const stopCollecting = collectEarly()
  const retired = new Set<World>()
  metrics.watch(() => [sayLeftAlone(world.leftAlone)])

  function prepare(config: Config): Prepared {
    const next = openWorld(config, options, kept)
    return {
      use() {
        const old = world
        world = next
        world.begin()
        old.retire()
        retired.add(old)
        // What is under way ends in its own time, as long as that may be: a slow client may have a large file.
        const end = () => void old.close(Infinity).then(() => retired.delete(old))
        setTimeout(end, RETIRED_MS).unref()
      },
      drop: () => void next.close(0),
    }
  }

  return {
    ...createApp({
      current: () => world.snapshot,
      report,
      metrics,
      ...(options.figures && { figures: options.figures }),
      recent,
      now: options.now,
      loopbackOnly: options.loopbackOnly,
      ...(stats && { stats }),
      ...(downloads && { downloads }),
    }),
    current: () => world.snapshot,
    prepare,
    reload: (config) => prepare(config).use(),
    async judge(config) {
      if (config.expectations.length === 0) return { broken: [], unsure: [] }
      const tried = { ...kept, state: forgivingState(unchangingState(options.state), silent) }
      const trial = openWorld(config, { ...options, report: silent }, tried)
      try {
        await trial.listsRead()
        return await judgeExpectations(trial.snapshot.resolver, config.expectations)
      } finally {
        await trial.close(0)
      }
    },
    listsRead: () => world.listsRead(),
    async close(withinMs) {
      stopCollecting()
      if (peers) await peers.close()
      await Promise.all([world, ...retired].map((each) => each.close(withinMs)))
      await kept.deliverer.settled()
      learned.flush()
      downloads?.flush()
    },
  }
}

function sayLeftAlone(leftAlone: ReadonlyMap<string, number>): Family {
  return {
    name: 'unidex_upstream_left_alone',
    help: 'Breakers of an upstream that are open (that of its pages, that of its list): it fails, and is asked only now and then',
    type: 'gauge',
    samples: Array.from(leftAlone, ([upstream, value]) => ({ labels: { upstream }, value })),
  }
}
