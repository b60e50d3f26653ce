/** The files of an upstream that has several addresses: from the nearest, gone on with elsewhere, and judged by their hash. */
import { LRUCache } from 'lru-cache'
import type { FileReply, UpstreamClient } from './contract.ts'
import { UpstreamError } from './error.ts'
import type { Health } from './health.ts'
import { hedged, type Said } from './hedged.ts'

/** One address, as far as files go. */
export interface FileMember {
  readonly label: string
  readonly isOwn: boolean
  readonly client: UpstreamClient
  readonly health: Health
  /** How it gives pages, where nobody knows it of files. */
  readonly pages: Health
  /** Where it should have a file of the upstream; undefined: nobody said. */
  readonly here: (ownUrl: string) => string | undefined
}

export interface MirroredFilesOptions {
  readonly upstream: string
  /** The upstream's own address first. */
  readonly members: () => readonly FileMember[]
  /** How long all of them together may take to begin, in ms. */
  readonly withinMs: number
  readonly onWrong: (member: FileMember, url: string) => void
  readonly now: () => number
}

/** A mirror that never gave anything right yet is given no larger file, if another can: it is held back until it proved right. */
const MAX_UNPROVEN_BYTES = 8 * 1024 * 1024
/** Who gave wrong bytes is asked last for so long, in ms; who broke off, for that file. */
const DISTRUSTED_FOR_MS = 60 * 60_000
const AVOIDED_FOR_MS = 60_000
const MAX_REMEMBERED = 10_000
/** Where somebody does not have what lies beside a file, others are waited for no longer, in ms. */
const GRACE_MS = 1000
const OWN_ADVANTAGE = 0.75

type Opened = Extract<FileReply, { kind: 'file' }>
type Pass =
  | { readonly kind: 'absent'; readonly status: number }
  | { readonly kind: 'failed'; readonly error: UpstreamError }

export function mirroredFiles({ upstream, members, withinMs, onWrong, now }: MirroredFilesOptions): UpstreamClient {
  const proven = new WeakSet<FileMember>()
  const wrongAt = new WeakMap<FileMember, number>()
  /** Where a file broke off or was wrong, and who gave it last. */
  const avoided = new LRUCache<string, number>({ max: MAX_REMEMBERED })
  const servedBy = new LRUCache<string, string>({ max: MAX_REMEMBERED })
  const keyOf = ({ label }: FileMember, url: string) => `${label} ${url}`

  function isWithin(ms: number, since: number | undefined): boolean {
    const ageMs = now() - (since ?? -Infinity)
    return ageMs >= 0 && ageMs < ms
  }

  const isTrusted = (member: FileMember) =>
    member.isOwn || (proven.has(member) && !isWithin(DISTRUSTED_FOR_MS, wrongAt.get(member)))
  const isAvoided = (member: FileMember, url: string) => isWithin(AVOIDED_FOR_MS, avoided.get(keyOf(member, url)))

  function order(url: string, { ownFirst, size }: { readonly ownFirst: boolean; readonly size?: number | undefined }) {
    const all = members().filter(
      (member) => member.here(url) !== undefined && (member.health.mayBeAsked() || member.health.mayBeTried()),
    )
    // Whoever hangs is not asked again while others can be.
    const able = all.some((member) => !isSilent(member)) ? all.filter((member) => !isSilent(member)) : all
    const isTooMuch = (member: FileMember) => !isTrusted(member) && (size === undefined || size > MAX_UNPROVEN_BYTES)
    const rank = (member: FileMember) => [
      // Where all others fail, it may be back.
      member.health.mayBeAsked() ? 0 : 1,
      member.health.isDown() || (isUnasked(member) && member.pages.isDown()) ? 1 : 0,
      isAvoided(member, url) ? 1 : 0,
      isWithin(DISTRUSTED_FOR_MS, wrongAt.get(member)) ? 1 : 0,
      ownFirst && !member.isOwn ? 1 : 0,
      isTooMuch(member) ? 1 : 0,
      distance(member),
    ]
    return able
      .map((member) => ({ member, rank: rank(member) }))
      .toSorted((a, b) => compare(a.rank, b.rank))
      .map(({ member }) => member)
  }

  /** Asks one after the other until somebody has it. @throws UpstreamError */
  async function first<T>(
    url: string,
    choice: Parameters<typeof order>[1],
    ask: (member: FileMember, here: string) => Promise<Said<T, Pass>>,
    onLate?: (late: T) => void,
  ): Promise<T | Extract<Pass, { kind: 'absent' }>> {
    const asked = order(url, choice)
    const outcome = await hedged(asked, {
      async ask(member) {
        const question = member.health.begin()
        try {
          const said = await ask(member, member.here(url) ?? url)
          question.answered()
          return said
        } catch (error) {
          question.failed(error)
          if (!(error instanceof UpstreamError)) throw error
          return { pass: { kind: 'failed', error } satisfies Pass }
        }
      },
      patienceMs: ({ health }) => health.hedgeMs(),
      withinMs,
      graceMs: ({ kind }) => (kind === 'absent' && isCompanion(url) ? GRACE_MS : undefined),
      ...(onLate && { onLate }),
    })
    return 'use' in outcome ? outcome.use : conclude(url, outcome.passes)
  }

  /** The upstream itself must say that it has no such file; a mirror may only not have it yet. @throws UpstreamError */
  function conclude(url: string, passes: ReadonlyMap<FileMember, Pass>): Extract<Pass, { kind: 'absent' }> {
    const [own] = members()
    const ofOwn = own && passes.get(own)
    const all = [...passes.values()]
    if (ofOwn?.kind === 'absent') return ofOwn
    // What lies beside a file is a help at most: where some do not have it, nobody has to wait for the others.
    const absent = isCompanion(url) ? all.find((pass) => pass.kind === 'absent') : undefined
    if (absent !== undefined) return absent
    const failed = ofOwn ?? all.find(({ kind }) => kind === 'failed')
    throw failed?.kind === 'failed'
      ? failed.error
      : (own?.health.lastError() ??
          new UpstreamError(upstream, 'timeout', `no address of it gave the file within ${withinMs} ms`))
  }

  function opened(member: FileMember, url: string, reply: Opened): Opened {
    servedBy.set(url, member.label)
    return {
      ...reply,
      body: watched(reply.body, (error) => {
        avoided.set(keyOf(member, url), now())
        member.health.begin().failed(error)
      }),
      source: {
        isOwn: member.isOwn,
        judge(isRight) {
          if (isRight) {
            proven.add(member)
            return
          }
          avoided.set(keyOf(member, url), now())
          if (!member.isOwn) wrongAt.set(member, now())
          onWrong(member, url)
        },
      },
    }
  }

  const [self] = members()
  if (self === undefined) throw new Error('An upstream has an address of its own')
  return {
    ...self.client,

    openFile(url, options = {}) {
      const { ifRange, ...others } = options
      const choice = { ownFirst: isCompanion(url), size: options.size }
      const ask = async (member: FileMember, here: string): Promise<Said<Opened, Pass>> => {
        // A condition is about the file as one of them has it; of all others the hash tells at the end.
        const isSame = ifRange !== undefined && servedBy.get(url) === member.label
        const reply = await member.client.openFile(here, { ...others, ...(isSame && { ifRange }) })
        if (reply.kind === 'absent') return { pass: reply }
        const mine = opened(member, url, reply)
        const { size } = options
        if (size === undefined || reply.size === undefined || size === reply.size) return { use: mine }
        reply.cancel()
        mine.source?.judge(false)
        const message = `${member.label} has ${reply.size} bytes of it, its page says ${size}`
        return { pass: { kind: 'failed', error: new UpstreamError(upstream, 'bad-file', message) } }
      }
      return first(url, choice, ask, (late) => late.cancel())
    },

    hasOthers: (url) => members().some((member) => member.here(url) !== undefined && !isAvoided(member, url)),

    readPart(url, part) {
      return first(url, { ownFirst: true }, async (member, here) => {
        const reply = await member.client.readPart(here, part)
        return reply.kind === 'absent' ? { pass: reply } : { use: reply }
      })
    },

    async headFile(url) {
      const found = await first(url, { ownFirst: true }, async (member, here) => {
        const head = await member.client.headFile(here)
        return head === undefined ? { pass: { kind: 'absent', status: 404 } } : { use: { head } }
      })
      return 'head' in found ? found.head : undefined
    },

    async close(withinMs) {
      await Promise.all(members().map(({ client }) => client.close(withinMs)))
    },
  }
}

/** Nothing may tell whether it is right, so the upstream itself is asked for it. */
function isCompanion(url: string): boolean {
  return /\.(?:metadata|asc)$/.test(url.split('?', 1)[0] ?? '')
}

function distance({ health, pages, isOwn }: FileMember): number {
  if (isOwn) return (health.latencyMs() ?? 0) * OWN_ADVANTAGE
  return health.latencyMs() ?? pages.latencyMs() ?? Infinity
}

function isUnasked({ health }: FileMember): boolean {
  return health.answeredAt() === undefined
}

function isSilent(member: FileMember): boolean {
  return member.health.isSilent() || (isUnasked(member) && member.pages.isSilent())
}

/** Each chunk is good until the next one is asked for, as before. */
async function* watched(body: AsyncIterable<Buffer>, onFailure: (error: unknown) => void): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (error) {
    onFailure(error)
    throw error
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, one] of a.entries()) {
    const other = b[i] ?? 0
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}
