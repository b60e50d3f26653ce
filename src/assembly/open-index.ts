/** An upstream as an index: from the question over HTTP to the answer that is remembered. */
import { type Address, type MirroredUpstream, openMirrored } from './mirrored.ts'
import type { Config, UpstreamConfig } from '../config/config.ts'
import { accounted } from '../indexes/accounted.ts'
import { withBreaker } from '../indexes/breaker.ts'
import { cached } from '../indexes/cached.ts'
import type { Index } from '../indexes/contract.ts'
import { httpIndex, type HttpIndexOptions } from '../indexes/http-index.ts'
import { observed } from '../indexes/observed.ts'
import { offlineIndex } from '../indexes/offline.ts'
import { shared } from '../indexes/shared.ts'
import { validated } from '../indexes/validated.ts'
import { type Windows, windowsFor } from '../indexes/windows.ts'
import type { UpstreamError } from '../upstream/error.ts'
import type { UpstreamClient } from '../upstream/contract.ts'
import type { AssembleOptions } from './options.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Kept } from './kept.ts'

/** What an index is opened with. */
export interface Opening {
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
export function openIndex(client: UpstreamClient, opening: Opening): Index {
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
export function openMirroredIndex(
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

export function bareIndex(client: UpstreamClient, opening: Pick<Opening, 'upstream' | 'config' | 'options'>): Index {
  const { name } = opening.upstream
  const { now, offline, lacks } = opening.options
  if (offline) return offlineIndex(name, { now, ...(lacks && { lacks: (project) => lacks(name, project) }) })
  return httpIndex(client, httpOptions(opening))
}

function windowsOf(upstream: UpstreamConfig, { staleForMs }: Config, { offline }: AssembleOptions): Windows {
  return windowsFor(upstream, { staleForMs, offline })
}
