/** Everything that one set of rules brings about: clients, indexes, the resolver, and what requests see of them. */
import { type MirroredUpstream, SILENCE_MS } from './mirrored.ts'
import type { Config, UpstreamConfig } from '../config/config.ts'
import { fetchedAs } from '../files/learning.ts'
import type { Snapshot } from '../http/snapshot.ts'
import type { Index } from '../indexes/contract.ts'
import { isFixed } from '../merge/policy.ts'
import { changedFrom, mayChange } from '../merge/rules/known-hashes.ts'
import { explain } from '../resolve/explanation.ts'
import { watchPrivateLists } from '../resolve/private-lists.ts'
import { openResolver } from '../resolve/resolver.ts'
import { readView } from '../resolve/view.ts'
import { contentOf, learnedKey, sha256Of } from '../simple/hashes.ts'
import { isVariantsJson } from '../simple/filename.ts'
import { openClient } from '../upstream/client.ts'
import { observedFiles } from '../upstream/observed-files.ts'
import { offlineClient } from '../upstream/offline.ts'
import type { UpstreamError } from '../upstream/error.ts'
import type { UpstreamClient } from '../upstream/contract.ts'
import type { AssembleOptions } from './options.ts'
import type { Kept } from './kept.ts'
import { bareIndex, openIndex, openMirroredIndex } from './open-index.ts'
import { openMirrorClient } from './mirror-client.ts'

/** Everything that one set of rules brings about. */
export interface World {
  readonly snapshot: Snapshot
  /** Its rules count from now on, and so do the facts that they bring about. */
  begin(): void
  listsRead(): Promise<void>
  /** How many breakers of each upstream are open: that of pages, that of the list. */
  readonly leftAlone: ReadonlyMap<string, number>
  /** No request begins in it any more. */
  retire(): void
  /** What takes longer than `withinMs` is broken off. */
  close(withinMs?: number): Promise<void>
}

export function openWorld(config: Config, options: AssembleOptions, kept: Kept): World {
  const { report, now } = options
  const clients = new Map<string, UpstreamClient>()
  const upstreams = new Map<string, Index>()
  const asides = new Map<string, Index>()
  const leftAlone = new Map<string, number>()
  const mirrors = new Map<string, MirroredUpstream>()
  for (const upstream of config.upstreams.values()) {
    const { environment, userAgent, lookup } = options
    const { name } = upstream
    const onBytes = (bytes: number) => kept.metrics.fetched(name, bytes)
    const common = { report, environment, userAgent, onBytes, ...(lookup && { lookup }) }
    const hasMirrors = upstream.mirrors.length > 0 || upstream.mirrorsFrom !== undefined
    const own = options.offline
      ? offlineClient(name)
      : openClient({ ...upstream, ...common, ...(hasMirrors && { silenceMs: SILENCE_MS }) })
    leftAlone.set(name, 0)
    const onBreaker = (more: number) => leftAlone.set(name, (leftAlone.get(name) ?? 0) + more)
    const onState = (isOpen: boolean, error?: UpstreamError) => {
      onBreaker(isOpen ? 1 : -1)
      report(isOpen ? 'warn' : 'info', `upstream_${isOpen ? 'left_alone' : 'is_back'}`, {
        upstream: name,
        reason: error?.message,
      })
    }
    const opening = { upstream, config, options, kept, onState }
    asides.set(name, bareIndex(own, opening))
    if (options.offline || !hasMirrors) {
      const client = options.offline ? own : observedFiles(own, { upstream: name, report, now })
      clients.set(name, client)
      upstreams.set(name, openIndex(client, opening))
      continue
    }
    const { index, mirrored } = openMirroredIndex(own, openMirrorClient(upstream, common), opening)
    clients.set(name, observedFiles(mirrored.client, { upstream: name, report, now }))
    upstreams.set(name, index)
    mirrors.set(name, mirrored)
  }
  for (const name of new Set([...kept.state.owners(), ...kept.state.listed()])) {
    if (!config.upstreams.has(name))
      report('warn', 'names_held', {
        upstream: name,
        reason:
          'the rules no longer have this private upstream; the names that it served or listed are given to no other',
      })
  }
  const isPrivate = (name: string) => config.upstreams.get(name)?.private === true
  const lists = watchPrivateLists({
    upstreams: new Map([...upstreams].filter(([name]) => isPrivate(name))),
    asides,
    state: kept.state,
    report,
  })
  const { state, mergedLists } = kept
  const resolver = openResolver({ policy: config.policy, upstreams, state, lists, mergedLists, report, now })

  return {
    leftAlone,
    snapshot: {
      resolver,
      deliverer: kept.deliverer,
      companions: kept.companions,
      sourceOf(file, project) {
        const upstream = config.upstreams.get(file.upstream)
        const client = clients.get(file.upstream)
        if (upstream === undefined || client === undefined) throw new Error(`No upstream "${file.upstream}" was opened`)
        return {
          file: fetchedAs(file),
          project,
          client,
          redirects: upstream.deliver === 'redirect',
          mutable: mayChange(file.filename, upstream),
          isFixed: isFixed(upstream) && !isVariantsJson(file.filename),
          ...(upstream.private && { scope: upstream.name }),
        }
      },
      promisedMetadata(file) {
        // Where clients fetch the files from their upstream, they fetch the metadata there too.
        const isOurs = config.upstreams.get(file.upstream)?.deliver === 'through'
        return isOurs ? kept.companions.promised(fetchedAs(file)) : file.coreMetadata
      },
      changedFrom(file, project) {
        if (mayChange(file.filename, config.upstreams.get(file.upstream))) return undefined
        const delivered = state.servedHashes(file.upstream, project).get(file.filename)
        if (delivered === undefined || sha256Of(file) !== undefined) return changedFrom(delivered, file)
        // What passed since the page was merged.
        const known = state.learned(file.upstream, project).get(learnedKey(file.filename, contentOf(file.hashes)))
        const computedSha256 = known?.otherSha256 ?? known?.sha256
        return changedFrom(delivered, { ...file, ...(computedSha256 !== undefined && { computedSha256 }) })
      },
      explain: async (index, project) => explain(await resolver.trace(index, project), config.policy, now()),
      // Loaded when somebody looks: a start is quicker without it.
      rules: async () => (await import('../config/explain-config.ts')).configInWords(config),
      upstreams: Array.from(config.upstreams.values(), ({ name, url, private: isOurs }) => ({
        name,
        host: new URL(url).host,
        private: isOurs,
        mirrors: () => mirrors.get(name)?.members() ?? [],
      })),
      indexes: [...config.policy.indexes.keys()],
      hasPrivate: (index) => config.policy.indexes.get(readView(index).index)?.upstreams.some(isPrivate) === true,
      isAllPublic: ![...config.upstreams.keys()].some(isPrivate),
      upToDateAt() {
        const asked = config.policy.indexes.get('default')?.upstreams ?? []
        const all = asked.map((name) => kept.validated.get(name) ?? -Infinity)
        const first = Math.min(...all)
        return Number.isFinite(first) ? first : undefined
      },
      mirrored: [...mirrors].flatMap(([name, mirrored]) => {
        const upstream = config.upstreams.get(name)
        if (upstream === undefined || upstream.private || needsSecret(upstream)) return []
        const secret = new Set(upstream.mirrors.flatMap(({ url, auth }) => (auth === undefined ? [] : [url])))
        const addresses = () => mirrored.members().filter(({ url }) => !secret.has(url))
        return [{ name, url: upstream.url, addresses }]
      }),
      hosts: config.hosts,
      ...(config.servedAt !== undefined && { servedAt: config.servedAt }),
      peers: config.peers,
    },
    begin: () => lists.begin(),
    listsRead: () => lists.refresh(),
    retire() {
      lists.close()
      for (const each of mirrors.values()) each.retire()
    },
    async close(withinMs) {
      lists.close()
      await Promise.all([...clients.values()].map((client) => client.close(withinMs)))
    },
  }
}

function needsSecret({ auth, headers }: UpstreamConfig): boolean {
  return auth !== undefined || headers.length > 0
}
