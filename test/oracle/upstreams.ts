/** Upstreams in the state that a case wants: the product's own cache and lists around one that says what the case says. */
import type { UpstreamConfig } from '../../src/config/config.ts'
import { answerMemory, cached } from '../../src/indexes/cached.ts'
import type { Answer, Index } from '../../src/indexes/contract.ts'
import { offlineIndex } from '../../src/indexes/offline.ts'
import { type Windows, windowsFor } from '../../src/indexes/windows.ts'
import { silent } from '../../src/log/report.ts'
import { type PrivateLists, watchPrivateLists } from '../../src/resolve/private-lists.ts'
import type { ProjectDetail } from '../../src/simple/model.ts'
import { nameList } from '../../src/simple/name-list.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import type { State as Facts } from '../../src/store/state.ts'
import { UpstreamError } from '../../src/upstream/error.ts'
import { name, page } from '../support/build.ts'
import { memoryPageStore } from '../support/memory-page-store.ts'
import type { ListBefore, State } from './cases.ts'
import { PROJECT } from './rules.ts'

/** When every case takes place. */
export const NOW = Date.UTC(2026, 0, 1)

export interface UpstreamOptions {
  readonly staleForMs: number
  readonly offline: boolean
}

/** An upstream as it is kept and asked, and how often it was asked since. */
export interface Upstream extends Index {
  asked(): number
}

/** It learned what is kept by asking, long enough ago. */
export async function upstreamIn(state: State, config: UpstreamConfig, options: UpstreamOptions): Promise<Upstream> {
  const { kept, raw } = state
  const windows = windowsFor(config, options)
  const offline = offlineIndex(config.name)
  let time = NOW
  let asked = 0
  let learning = kept?.said
  const inner: Index = {
    async getProject(project) {
      asked += 1
      if (options.offline && learning === undefined) return offline.getProject(project)
      return answerOf(learning ?? raw, config.name, windows, { now: time, lifetimeMs: kept?.lifetimeMs })
    },
    listProjects: offline.listProjects,
  }
  const index = cached(inner, {
    upstream: config.name,
    fingerprint: '',
    windows,
    store: memoryPageStore(),
    memory: answerMemory(2 ** 20),
    now: () => time,
  })
  if (kept !== undefined) {
    time = NOW - kept.ageMs
    await index.getProject(PROJECT)
    time = NOW
    asked = 0
    learning = undefined
  }
  return { ...index, asked: () => asked }
}

function answerOf(
  said: State['raw'],
  upstream: string,
  windows: Windows,
  { now, lifetimeMs }: { now: number; lifetimeMs: number | undefined },
): Answer {
  if (said === 'failed') throw new UpstreamError(upstream, 'connect', 'it fails')
  if (said === 'denied') throw new UpstreamError(upstream, 'denied', 'it denies us')
  if (said === 'absent') return { page: undefined, checkedAt: now, freshUntil: now + windows.absentForMs }
  return { page: pageOf(said, upstream), checkedAt: now, freshUntil: now + windows.freshFor(lifetimeMs) }
}

/** A page with a file of its own, in a version of its own, so that it is seen whose files are served. */
function pageOf(said: 'files' | 'empty' | 'quarantined', upstream: string): ProjectDetail {
  const files = said === 'empty' ? [] : [`pkg-1.${'abcz'.indexOf(upstream)}.tar.gz`]
  return page(upstream, PROJECT, files, said === 'quarantined' ? { status: { status: 'quarantined' } } : {})
}

export type Lists = PrivateLists & { readonly facts: Facts; close(): void }

/** Lists as they were remembered, by upstream. */
export function listsOf(remembered: ReadonlyMap<string, ListBefore>): Lists {
  const facts = memoryState()
  for (const [upstream, { hasName, isCopy, ageMs }] of remembered) {
    const names = [name('other'), ...(isCopy ? [name('pip'), name('setuptools')] : []), ...(hasName ? [PROJECT] : [])]
    facts.keepList(upstream, { names: nameList(names), checkedAt: NOW - ageMs })
  }
  return { ...watchPrivateLists({ upstreams: new Map(), state: facts, report: silent }), facts }
}
