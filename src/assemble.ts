/** From a configuration to running objects: the one place where everything meets. */
import { createHash } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import { type Address, type MirroredUpstream, type MirrorView, openMirrored, SILENCE_MS } from './assemble-mirrors.ts'
import type { Config, UpstreamConfig } from './config/config.ts'
import { type Companions, companions } from './files/companion.ts'
import { type Deliverer, deliverer } from './files/deliver.ts'
import { keptCompanions } from './files/kept-companions.ts'
import { fetchedAs, learning } from './files/learning.ts'
import { type App, createApp } from './http/app.ts'
import type { Snapshot } from './http/snapshot.ts'
import { accounted } from './indexes/accounted.ts'
import { withBreaker } from './indexes/breaker.ts'
import { type AnswerMemory, answerMemory, cached, type ListMemory } from './indexes/cached.ts'
import type { Index } from './indexes/contract.ts'
import { httpIndex, type HttpIndexOptions } from './indexes/http-index.ts'
import { observed } from './indexes/observed.ts'
import { offlineIndex } from './indexes/offline.ts'
import { shared } from './indexes/shared.ts'
import { type Survey, survey } from './indexes/survey.ts'
import { validated } from './indexes/validated.ts'
import { type Windows, windowsFor } from './indexes/windows.ts'
import { openRecent } from './log/recent.ts'
import { type Report, silent } from './log/report.ts'
import { collectEarly } from './pace/early-collection.ts'
import { isFixed } from './merge/policy.ts'
import { changedFrom, mayChange } from './merge/rules/known-hashes.ts'
import type { Family } from './metrics/exposition.ts'
import { type Metrics, openMetrics } from './metrics/metrics.ts'
import { explain } from './resolve/explanation.ts'
import { type Judgement, judgeExpectations } from './resolve/expectations.ts'
import type { MergedLists } from './resolve/index-list.ts'
import { watchPrivateLists } from './resolve/private-lists.ts'
import { givesPublicProjects, isCopyOfPublic, publicProjectsIn } from './resolve/public-projects.ts'
import { openResolver } from './resolve/resolver.ts'
import { readView } from './resolve/view.ts'
import { contentOf, learnedKey, sha256Of } from './simple/hashes.ts'
import { isVariantsJson } from './simple/filename.ts'
import type { ProjectName } from './simple/name.ts'
import type { PeerClient } from './stats/peer-round.ts'
import { watchPeers } from './stats/watched-peers.ts'
import { downloadCounter } from './stats/download-counter.ts'
import type { DownloadStats } from './stats/download-stats.ts'
import type { FileStore } from './store/file-store.ts'
import { forgivingState } from './store/forgiving-state.ts'
import { unchangingState } from './store/unchanging-state.ts'
import type { PageStore } from './store/page-store.ts'
import type { State } from './store/state.ts'
import { type ClientOptions, openClient } from './upstream/client.ts'
import { publicLookup } from './upstream/public-addresses.ts'
import { observedFiles } from './upstream/observed-files.ts'
import { offlineClient } from './upstream/offline.ts'
import type { UpstreamError } from './upstream/error.ts'
import type { UpstreamClient, Validator } from './upstream/contract.ts'
import { readWholeFile } from './upstream/whole-file.ts'

/** Parsed pages that are kept in memory; those of resolutions are largely the same. */
const ANSWER_BYTES = 16 * 1024 * 1024

/** New questions can be asked under old rules for so long: a request may have a second one, and a file one after a broken connection. */
const RETIRED_MS = 10 * 60_000

export type { UpstreamConfig } from './config/config.ts'
export type { MirrorView } from './assemble-mirrors.ts'
export type { Survey, Told, Tried } from './indexes/survey.ts'

export interface AssembleOptions {
  readonly config: Config
  readonly pages: PageStore
  readonly files: FileStore
  readonly state: State
  /** Where downloads are counted. Default: nowhere. */
  readonly stats?: DownloadStats
  readonly report: Report
  /** What is counted, where `report` is one that counts. Default: only what is not reported. */
  readonly metrics?: Metrics
  /** What `/metrics` shows. Default: what `metrics` counts. */
  readonly figures?: () => Promise<readonly Family[]>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What upstreams are told of us. */
  readonly userAgent: string
  /** Nobody is asked. */
  readonly offline: boolean
  /** Offline, what an upstream is taken not to have; whatever else is not kept of it stays a failure. Default: nothing. */
  readonly lacks?: (upstream: string, project: ProjectName) => boolean
  readonly loopbackOnly: boolean
  /** How host names become addresses. Default: as the system does it. */
  readonly lookup?: LookupFunction
  readonly now: () => number
}

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

/** What outlives a reload. */
interface Kept {
  readonly memory: AnswerMemory
  readonly lists: ListMemory
  readonly mergedLists: MergedLists
  /** When the last question to an upstream began that it answered, by its name. */
  readonly validated: Map<string, number>
  readonly metrics: Metrics
  readonly state: State
  readonly companions: Companions
  readonly deliverer: Deliverer
}

/** Everything that one set of rules brings about. */
interface World {
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

function openWorld(config: Config, options: AssembleOptions, kept: Kept): World {
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
      rules: async () => (await import('./config/explain-config.ts')).configInWords(config),
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

/** What an index is opened with. */
interface Opening {
  readonly upstream: UpstreamConfig
  readonly config: Config
  readonly options: AssembleOptions
  readonly kept: Kept
  /** It is left alone, or asked again. */
  readonly onState: (isOpen: boolean, error?: UpstreamError) => void
}

/**
 * From the inside out: ask over HTTP, say what came, ask once at a time, leave alone what fails, remember. The cache is inside
 * the merge, so that a change of rules takes effect at once and each upstream keeps its own clock.
 */
function openIndex(client: UpstreamClient, opening: Opening): Index {
  const { upstream, options, onState } = opening
  const { name } = upstream
  const { now, report } = options
  const bare = bareIndex(client, opening)
  const asked = options.offline ? bare : observed(bare, { upstream: name, report, now })
  const guarded = withBreaker(shared(asked, { now }), {
    now,
    onChange: (state, error) => onState(state === 'open', error),
  })
  return remembered(guarded, opening)
}

/** Of an upstream with several addresses each is left alone by itself; what is said, is said of all of them together. */
function openMirroredIndex(
  own: UpstreamClient,
  open: (address: Address) => UpstreamClient,
  opening: Opening,
): { readonly index: Index; readonly mirrored: MirroredUpstream } {
  const { upstream, options, onState } = opening
  const { now, report, pages } = options
  const mirrored = openMirrored({
    upstream,
    own,
    needsAges: hasCooldown(opening),
    open,
    indexOver: (client, url) => httpIndex(client, { ...httpOptions(opening), url }),
    confirm(project) {
      const asking = index.getProject(project, { ownAddress: true, behind: true, notBefore: now() })
      // What kept it from answering was reported where it happened.
      asking.catch(() => undefined)
    },
    onAllDown: onState,
    pages,
    fingerprint: fingerprintOf(upstream),
    report,
    now,
  })
  const asked = observed(mirrored.index, { upstream: upstream.name, report, now })
  const index: Index = remembered(shared(asked, { now }), opening)
  return { index, mirrored }
}

function hasCooldown({ upstream, config }: Opening): boolean {
  const rules = [...config.policy.indexes.values()].flatMap((index) => index.rules)
  return (upstream.cooldownMs ?? 0) > 0 || rules.some(({ cooldown = 0 }) => cooldown > 0)
}

function httpOptions({
  upstream,
  config,
  options,
}: Pick<Opening, 'upstream' | 'config' | 'options'>): HttpIndexOptions {
  return { ...upstream, upstream: upstream.name, windows: windowsOf(upstream, config, options), now: options.now }
}

function remembered(inner: Index, { upstream, config, options, kept }: Opening): Index {
  const { name } = upstream
  const { now, report } = options
  const remembering = cached(inner, {
    upstream: name,
    fingerprint: fingerprintOf(upstream),
    windows: windowsOf(upstream, config, options),
    store: options.pages,
    memory: kept.memory,
    lists: kept.lists,
    offline: options.offline,
    now,
  })
  return validated(accounted(remembering, { upstream: name, report, now }), (at) => {
    if (at > (kept.validated.get(name) ?? -Infinity)) kept.validated.set(name, at)
  })
}

function bareIndex(client: UpstreamClient, opening: Pick<Opening, 'upstream' | 'config' | 'options'>): Index {
  const { name } = opening.upstream
  const { now, offline, lacks } = opening.options
  if (offline) return offlineIndex(name, { now, ...(lacks && { lacks: (project) => lacks(name, project) }) })
  return httpIndex(client, httpOptions(opening))
}

function windowsOf(upstream: UpstreamConfig, { staleForMs }: Config, { offline }: AssembleOptions): Windows {
  return windowsFor(upstream, { staleForMs, offline })
}

/** Files of counts are some hundred kB; more than that is something else. */
const MAX_PEER_BYTES = 16 * 1024 * 1024

/** A server that publishes its counts. @throws Error where the address of a proxy is none */
export function openPeer(
  peer: string,
  { environment, userAgent, lookup }: Pick<AssembleOptions, 'environment' | 'userAgent' | 'lookup'>,
): PeerClient & { close(): Promise<void> } {
  const base = new URL('local-stats/days/', peer).href
  const name = new URL(peer).host
  const settings = { name, url: base, filesAt: [base], absentOn: [], headers: [], maxConnections: 2 }
  const client = openClient({ ...settings, report: silent, environment, userAgent, ...(lookup && { lookup }) })
  const tagOf = (validator?: Validator) => validator?.etag ?? validator?.lastModified
  return {
    async read(file) {
      const whole = await readWholeFile(client, base + file, { upstream: name, maxBytes: MAX_PEER_BYTES })
      const tag = tagOf(whole?.validator)
      return whole && { bytes: whole.bytes, ...(tag !== undefined && { tag }) }
    },
    tag: async (file) => tagOf((await client.headFile(base + file))?.validator),
    close: () => client.close(0),
  }
}

export interface SurveyOptions {
  /** Projects that it may have, the likeliest first. */
  readonly candidates: readonly ProjectName[]
  /** A name that nobody has. */
  readonly unknown: ProjectName
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly userAgent: string
  /** For all questions together, in ms. */
  readonly withinMs: number
}

/** Asks an upstream what it can do, as its configuration says to ask it. @throws Error where something that it names cannot be had */
export async function surveyUpstream(upstream: UpstreamConfig, options: SurveyOptions): Promise<Survey> {
  const { environment, userAgent, withinMs } = options
  const { auth, ...withoutAuth } = upstream
  const open = (config: UpstreamConfig) => openClient({ ...config, report: silent, environment, userAgent })
  const client = open(upstream)
  const isKnown = auth !== undefined || upstream.headers.length > 0
  const anonymous = isKnown ? open({ ...withoutAuth, headers: [] }) : undefined
  const close = () => Promise.all([client.close(0), anonymous?.close(0)])
  const timer = setTimeout(() => void close(), withinMs)
  const windows = windowsFor(upstream, { staleForMs: 0, offline: false })
  try {
    const indexOver = (over: UpstreamClient) =>
      httpIndex(over, { ...upstream, upstream: upstream.name, windows, now: Date.now })
    const found = await survey({ ...options, ...upstream, client, ...(anonymous && { anonymous }), indexOver })
    if (!upstream.private || !mayHidePublic(found)) return found
    const givesPublic = await givesPublicProjects(indexOver(client))
    return { ...found, ...(givesPublic !== undefined && { givesPublic }) }
  } finally {
    clearTimeout(timer)
    await close()
  }
}

/** A private upstream is asked for public projects only where its list, or that it has none, is a reason to. */
function mayHidePublic({ list }: Survey): boolean {
  if ('error' in list) return false
  return list.value === undefined || (publicProjectsIn(list.value).length > 0 && !isCopyOfPublic(list.value))
}

export interface MirrorSurveyOptions extends Omit<SurveyOptions, 'candidates' | 'unknown'> {
  /** A project that it should have. */
  readonly project: ProjectName
  readonly pages: PageStore
}

/**
 * Asks every address of an upstream twice, since the first answer also takes a connection: in which order a server would ask them
 * now. Empty: it has one. @throws Error where something that it names cannot be had
 */
export async function surveyMirrors(
  upstream: UpstreamConfig,
  options: MirrorSurveyOptions,
): Promise<readonly MirrorView[]> {
  if (upstream.mirrors.length === 0 && upstream.mirrorsFrom === undefined) return []
  const { environment, userAgent, withinMs, project, pages } = options
  const common = { report: silent, environment, userAgent }
  const own = openClient({ ...upstream, ...common })
  const windows = windowsFor(upstream, { staleForMs: 0, offline: false })
  const mirrored = openMirrored({
    upstream,
    own,
    needsAges: false,
    open: openMirrorClient(upstream, common),
    indexOver: (over, url) => httpIndex(over, { ...upstream, url, upstream: upstream.name, windows, now: Date.now }),
    confirm: () => undefined,
    onAllDown: () => undefined,
    pages,
    fingerprint: fingerprintOf(upstream),
    report: silent,
    now: Date.now,
  })
  const timer = setTimeout(() => void mirrored.client.close(0), withinMs)
  try {
    await mirrored.lookAtAll(project)
    await mirrored.lookAtAll(project)
    return mirrored.members()
  } finally {
    clearTimeout(timer)
    await mirrored.client.close(0)
  }
}

/** Credentials and headers of an upstream are for its own address: nothing of them goes to its mirrors. */
function openMirrorClient(
  upstream: UpstreamConfig,
  common: Pick<ClientOptions, 'report' | 'environment' | 'userAgent' | 'onBytes' | 'lookup'>,
): (address: Address) => UpstreamClient {
  const { name, absentOn, timeoutMs, ca } = upstream
  const ofMirrors = { name, absentOn, timeoutMs, ...(ca !== undefined && { ca }), headers: [], silenceMs: SILENCE_MS }
  return ({ isForeign, ...address }) => {
    const lookup = isForeign ? { lookup: publicLookup(common.lookup) } : {}
    return openClient({ ...ofMirrors, ...common, ...address, ...lookup })
  }
}

function needsSecret({ auth, headers }: UpstreamConfig): boolean {
  return auth !== undefined || headers.length > 0
}

function sayLeftAlone(leftAlone: ReadonlyMap<string, number>): Family {
  return {
    name: 'unidex_upstream_left_alone',
    help: 'Breakers of an upstream that are open (that of its pages, that of its list): it fails, and is asked only now and then',
    type: 'gauge',
    samples: Array.from(leftAlone, ([upstream, value]) => ({ labels: { upstream }, value })),
  }
}

/**
 * What an upstream's answers depend on: pages that were read under another configuration are misses. So are those of before
 * it was declared private, or given another lifetime: they would be fresh for longer, and their absences would send its
 * names elsewhere. And those that a mirror gave which is not trusted any more.
 */
export function fingerprintOf(upstream: UpstreamConfig): string {
  const {
    url,
    filesAt,
    format,
    emptyIsAbsent,
    absentOn,
    private: isPrivate,
    freshForMs,
    mirrors,
    mirrorsFrom,
  } = upstream
  const others = [
    ...mirrors.map((mirror) => [mirror.url, mirror.bases]),
    ...(mirrorsFrom === undefined ? [] : [mirrorsFrom]),
  ]
  const known = [
    url,
    filesAt,
    format,
    emptyIsAbsent,
    absentOn,
    isPrivate,
    freshForMs,
    ...(others.length > 0 ? [others] : []),
  ]
  return createHash('sha256').update(JSON.stringify(known)).digest('hex').slice(0, 16)
}
