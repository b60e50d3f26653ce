/** Asks upstreams what they can do, for commands that only look. */
import { type MirrorView, openMirrored } from './mirrored.ts'
import type { UpstreamConfig } from '../config/config.ts'
import { httpIndex } from '../indexes/http-index.ts'
import { type Survey, survey } from '../indexes/survey.ts'
import { windowsFor } from '../indexes/windows.ts'
import { silent } from '../log/report.ts'
import { givesPublicProjects, isCopyOfPublic, publicProjectsIn } from '../resolve/public-projects.ts'
import type { ProjectName } from '../simple/name.ts'
import type { PageStore } from '../store/page-store.ts'
import { openClient } from '../upstream/client.ts'
import type { UpstreamClient } from '../upstream/contract.ts'
import { fingerprintOf } from './fingerprint.ts'
import { openMirrorClient } from './mirror-client.ts'

export type { Survey, Told, Tried } from '../indexes/survey.ts'
export type { MirrorView } from './mirrored.ts'

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
