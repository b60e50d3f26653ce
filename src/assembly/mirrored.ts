/** An upstream with several addresses, put together: one index for its pages, one client for its files. */
import { isLoopback } from '../config/addresses.ts'
import type { MirrorConfig, UpstreamConfig } from '../config/config.ts'
import { MAX_MIRRORS, plainMirror } from '../config/mirrors.ts'
import type { Index } from '../indexes/contract.ts'
import { openMember } from '../indexes/mirror-member.ts'
import { mirrorSet } from '../indexes/mirror-set.ts'
import { type MirrorView, viewMirrors } from '../indexes/mirror-view.ts'
import type { Report } from '../log/report.ts'
import { MAX_LAST_MODIFIED_BYTES, parseLastModified } from '../simple/last-modified.ts'
import { readMirrorList } from '../simple/mirror-list.ts'
import type { ProjectName } from '../simple/name.ts'
import type { PageStore } from '../store/page-store.ts'
import type { UpstreamClient } from '../upstream/contract.ts'
import type { UpstreamError } from '../upstream/error.ts'
import { openHealth } from '../upstream/health.ts'
import { mirrorAddresses } from '../upstream/mirror-addresses.ts'
import { type FileMember, mirroredFiles } from '../upstream/mirrored-files.ts'
import { isPublicAddress } from '../upstream/public-addresses.ts'
import { readTextIfAny } from '../upstream/read-text.ts'

export type { MirrorView } from '../indexes/mirror-view.ts'

/** How a file may stop coming before it is gone on with at another address, in ms. */
export const SILENCE_MS = 5000

/** Where a client is to go, and as whom. */
export interface Address extends Pick<UpstreamConfig, 'url' | 'filesAt' | 'auth'> {
  /** Somebody else named it: it must not lie in our own network. */
  readonly isForeign: boolean
}

export interface MirroredOptions {
  readonly upstream: UpstreamConfig
  /** Of the upstream's own address. */
  readonly own: UpstreamClient
  /** See `JudgeOptions`. */
  readonly needsAges: boolean
  readonly open: (address: Address) => UpstreamClient
  readonly indexOver: (client: UpstreamClient, url: string) => Index
  /** See `MirrorSetOptions`. */
  readonly confirm: (project: ProjectName) => void
  /** Called when none of its addresses answers any more, and when one does again. */
  readonly onAllDown: (areDown: boolean, error?: UpstreamError) => void
  /** Keeps the list that names further mirrors, under the upstream's fingerprint. */
  readonly pages: PageStore
  readonly fingerprint: string
  readonly report: Report
  readonly now: () => number
}

export interface MirroredUpstream {
  readonly index: Index
  /** For files; closing it closes all of them. */
  readonly client: UpstreamClient
  members(): readonly MirrorView[]
  /** See `MirrorSet`; waits for the list that names mirrors first. */
  lookAtAll(project: ProjectName): Promise<void>
  /** No further list is read. */
  retire(): void
}

/** Beyond what one address may take. */
const MARGIN_MS = 500
const LIST_WITHIN_MS = 60_000
const LIST_EVERY_MS = 60 * 60_000
const LIST_AGAIN_MS = 60_000
const MAX_LIST_BYTES = 64 * 1024

export function openMirrored(options: MirroredOptions): MirroredUpstream {
  const { upstream, own, open, indexOver, report, now } = options
  const { name } = upstream
  let areAllDown = false

  function addressOf(config: MirrorConfig | undefined, { isListed }: { readonly isListed: boolean }) {
    const isOwn = config === undefined
    const url = config?.url ?? upstream.url
    const label = labelOf(url)
    const upToDateUrl = new URL('../last-modified', url).href
    const bases = config?.bases ?? []
    const client = isOwn
      ? own
      : open({
          url,
          // The one text beside the files that is read there.
          filesAt: [...bases.map(({ at }) => at), upToDateUrl],
          isForeign: isListed && !isLoopback(url),
          ...(config.auth && { auth: config.auth }),
        })
    const addresses = mirrorAddresses(bases, upstream.filesAt)
    const health = openHealth({
      now,
      onChange(state, error) {
        const level = state === 'down' ? 'warn' : 'info'
        report(level, state === 'down' ? 'mirror_down' : 'mirror_is_back', {
          upstream: name,
          mirror: label,
          reason: error?.message,
        })
        tellWhetherAllAreDown(error)
      },
    })
    const member = openMember({
      url,
      label,
      isOwn,
      isListed,
      index: indexOver(client, url),
      health,
      addresses,
      now,
      ...(!isOwn && { readUpToDate: () => readUpToDate(client, upToDateUrl) }),
    })
    const file: FileMember = {
      label,
      isOwn,
      client,
      health: openHealth({ now }),
      pages: health,
      here: isOwn ? (ownUrl) => ownUrl : (ownUrl) => addresses.here(ownUrl),
    }
    return { url, member, file, client }
  }

  const written = [
    addressOf(undefined, { isListed: false }),
    ...upstream.mirrors.map((mirror) => addressOf(mirror, { isListed: false })),
  ]
  let all = written

  function tellWhetherAllAreDown(error: UpstreamError | undefined): void {
    const before = areAllDown
    areAllDown = all.every(({ member }) => member.health.isDown())
    if (before !== areAllDown) options.onAllDown(areAllDown, error)
  }

  function takeListed(urls: readonly string[]): void {
    const known = new Map(all.map((each) => [each.url, each]))
    const listed = urls
      .filter((url) => !written.some((each) => each.url === url))
      .map((url) => known.get(url) ?? addressOf(plainMirror(url, upstream), { isListed: true }))
    const before = all
    all = [...written, ...listed]
    for (const gone of before) if (!all.includes(gone)) void gone.client.close()
  }

  const members = () => all.map(({ member }) => member)
  const order = { ownFirst: upstream.private }
  const watching = upstream.mirrorsFrom === undefined ? undefined : watchList(upstream.mirrorsFrom, options, takeListed)
  const files = mirroredFiles({
    upstream: name,
    members: () => all.map(({ file }) => file),
    withinMs: upstream.timeoutMs + MARGIN_MS,
    onWrong: ({ label }, url) =>
      report('error', 'mirror_wrong_file', {
        upstream: name,
        mirror: label,
        file: new URL(url).pathname.split('/').at(-1),
      }),
    now,
  })
  const index = mirrorSet({
    upstream: name,
    private: upstream.private,
    needsAges: options.needsAges,
    members,
    pageWithinMs: upstream.timeoutMs + MARGIN_MS,
    listWithinMs: LIST_WITHIN_MS,
    confirm: options.confirm,
    report,
    now,
  })
  return {
    index,
    client: {
      ...files,
      async close(withinMs) {
        watching?.close()
        await files.close(withinMs)
      },
    },
    members: () => viewMirrors(members(), order),
    async lookAtAll(project) {
      await watching?.isRead
      await index.lookAtAll(project)
    },
    retire: () => watching?.close(),
  }
}

/** Its address without scheme, and without the slash at the end. */
export function labelOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`.replace(/\/$/, '')
}

async function readUpToDate(client: UpstreamClient, url: string): Promise<number | undefined> {
  const text = await readTextIfAny(client, url, MAX_LAST_MODIFIED_BYTES)
  return text === undefined ? undefined : parseLastModified(text)
}

/** Whom a list may name: servers that anybody can reach over TLS; one on this machine may name others on it. */
function mayBeListed(url: string, list: string): boolean {
  return isPublicAddress(url) || (isLoopback(list) && URL.canParse(url) && isLoopback(url))
}

function isKeptList(kept: unknown): kept is { readonly urls: readonly unknown[] } {
  return typeof kept === 'object' && kept !== null && 'urls' in kept && Array.isArray(kept.urls)
}

/** Reads the list at once and then now and then. What was read last is kept, for the time in which it cannot be read. */
function watchList(
  list: string,
  { upstream, open, pages, fingerprint, report }: MirroredOptions,
  take: (urls: readonly string[]) => void,
): { readonly isRead: Promise<void>; close(): void } {
  const client = open({ url: list, filesAt: [list], isForeign: false })
  const key = { upstream: upstream.name, fingerprint, page: '/mirrors' }
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let isTaken = false

  const allowed = (urls: readonly string[]) =>
    [...new Set(urls.filter((url) => mayBeListed(url, list)))].slice(0, MAX_MIRRORS)

  async function recall(): Promise<void> {
    const kept = await pages.get(key)
    if (isTaken || isClosed || !isKeptList(kept)) return
    take(allowed(kept.urls.filter((each) => typeof each === 'string')))
  }

  async function read(): Promise<void> {
    const text = await readTextIfAny(client, list, MAX_LIST_BYTES)
    const urls = text === undefined ? [] : allowed(readMirrorList(text, upstream.url))
    if (isClosed) return
    // One that names nobody is taken for a mistake: those of before stay.
    const isList = urls.length > 0
    timer = setTimeout(() => void read(), isList ? LIST_EVERY_MS : LIST_AGAIN_MS).unref()
    if (!isList) {
      report('warn', 'mirror_list_failed', { upstream: upstream.name, reason: `${list} named no mirror` })
      return
    }
    isTaken = true
    take(urls)
    await pages.set(key, { urls })
  }

  void recall()
  return {
    isRead: read(),
    close() {
      if (isClosed) return
      isClosed = true
      clearTimeout(timer)
      void client.close(0)
    },
  }
}
