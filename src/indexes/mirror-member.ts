/** One address of an upstream that has several: what it was found to be, and where it stands among the others. */
import type { ProjectDetail } from '../simple/model.ts'
import type { Validator } from '../upstream/contract.ts'
import type { Health } from '../upstream/health.ts'
import type { MirrorAddresses } from '../upstream/mirror-addresses.ts'
import { sayDuration } from '../simple/duration.ts'
import type { Index } from './contract.ts'

export interface Member {
  /** Address of its index. */
  readonly url: string
  /** How it is called: its address without scheme and secrets. */
  readonly label: string
  /** The upstream's own address. */
  readonly isOwn: boolean
  /** Somebody else's list names it: it is never the first to be asked for a page. */
  readonly isListed: boolean
  readonly index: Index
  readonly health: Health
  readonly addresses: MirrorAddresses
  /** Validators of pages as this address has them. */
  readonly validators: {
    of(page: ProjectDetail): Validator | undefined
    note(page: ProjectDetail, validator: Validator | undefined): void
  }
  /** Why its pages may be old, or worse; undefined: nothing is known against it. */
  mark(): string | undefined
  /** A page of it was compared: what is against it. true: that is new. */
  compared(why: string | undefined, isLie: boolean): boolean
  /** When it was brought up to date last, as it says, ms since the epoch. */
  upToDateAt(): number | undefined
  /** Resolves when nothing is being asked about it behind. */
  settled(): Promise<void>
}

export interface MemberOptions extends Pick<
  Member,
  'url' | 'label' | 'isOwn' | 'isListed' | 'index' | 'health' | 'addresses'
> {
  /** Asks it when it was brought up to date last; undefined: it does not say. Never rejects. */
  readonly readUpToDate?: () => Promise<number | undefined>
  readonly now: () => number
}

/** Who lists another hash than its upstream is asked last for so long, in ms. */
const LIE_FOR_MS = 60 * 60_000
/** A mirror that was brought up to date longer ago than this is behind, in ms. */
const MAX_LAG_MS = 60 * 60_000
/** How often it is asked for that, in ms. */
const READ_EVERY_MS = 5 * 60_000

export function openMember({ readUpToDate, now, ...given }: MemberOptions): Member {
  const validators = new WeakMap<ProjectDetail, Validator>()
  let against: string | undefined
  let lie: { readonly why: string; readonly since: number } | undefined
  let upToDate: { readonly at: number; readonly readAt: number } | undefined
  let askedAt = -Infinity
  let reading = Promise.resolve()

  function isWithin(ms: number, since: number): boolean {
    const ageMs = now() - since
    return ageMs >= 0 && ageMs < ms
  }

  /** Behind what is asked anyway, so that only those are asked that are used. */
  function readNowAndThen(): void {
    if (readUpToDate === undefined || isWithin(READ_EVERY_MS, askedAt)) return
    askedAt = now()
    reading = readUpToDate().then((at) => {
      upToDate = at === undefined ? undefined : { at, readAt: now() }
    })
  }

  function lag(): string | undefined {
    const ms = upToDate === undefined ? 0 : upToDate.readAt - upToDate.at
    return ms > MAX_LAG_MS
      ? `it was brought up to date ${sayDuration(Math.floor(ms / 60_000) * 60_000)} ago`
      : undefined
  }

  return {
    ...given,
    validators: {
      of: (page) => validators.get(page),
      note(page, validator) {
        if (validator !== undefined) validators.set(page, validator)
      },
    },
    mark: () => (lie !== undefined && isWithin(LIE_FOR_MS, lie.since) ? lie.why : (against ?? lag())),
    compared(why, isLie) {
      readNowAndThen()
      const isNew = why !== undefined && against === undefined
      against = why
      if (why !== undefined && isLie) lie = { why, since: now() }
      return isNew
    },
    upToDateAt: () => upToDate?.at,
    settled: () => reading,
  }
}

/** In which order members are asked, how long each is waited for alone, and who is looked at beside that. */
export interface Order {
  readonly order: readonly Member[]
  readonly patienceMs: (member: Member) => number
  readonly others: readonly Member[]
}

/** Another one must be so much nearer than the upstream's own address to be asked before it. */
const OWN_ADVANTAGE = 0.75
/** Below this nothing is nearer than anything else, in ms. */
const NOISE_MS = 5
const PATIENCE_MS = 1000

/** `ownFirst`: the upstream's own address before all others, as long as it answers. */
export function inOrder(members: readonly Member[], { ownFirst }: { readonly ownFirst: boolean }): Order {
  const up = members.filter(({ health }) => !health.isDown())
  const down = members.filter(({ health }) => health.isDown())
  const due = down.filter(({ health }) => health.mayBeAsked())
  // Where all others fail, one of these may be back.
  const resting = down.filter(({ health }) => !health.mayBeAsked() && health.mayBeTried())
  const isHead = ({ isOwn, health }: Member) => ownFirst && isOwn && (health.latencyMs() ?? 0) < PATIENCE_MS
  const rank = (member: Member) => [
    isHead(member) ? 0 : 1,
    member.mark() === undefined ? 0 : 1,
    member.isListed ? 1 : 0,
    distance(member),
  ]
  const ranked = up.map((member) => ({ member, rank: rank(member) })).toSorted((a, b) => compare(a.rank, b.rank))
  const order = ranked.map(({ member }) => member)
  const unknown = order.slice(1).find(({ health }) => health.isUnknown())
  return {
    order: [...order, ...due, ...resting],
    patienceMs: ({ health }) => (ownFirst ? PATIENCE_MS : health.hedgeMs()),
    others: unknown === undefined ? due : [...due, unknown],
  }
}

/** How near a member is, in ms: the upstream's own address is taken for near until somebody knows better. */
export function distance({ health, isOwn }: Member): number {
  const ms = health.latencyMs()
  if (ms === undefined) return isOwn ? 0 : Infinity
  return Math.max(isOwn ? ms * OWN_ADVANTAGE : ms, NOISE_MS)
}

/** Lexicographic. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, one] of a.entries()) {
    const other = b[i] ?? 0
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

/** Asks members that need not be waited for; whoever needs one of them after all finds its answer here. */
export function lookAround<T>(
  members: readonly Member[],
  ask: (member: Member) => Promise<T>,
): ReadonlyMap<Member, Promise<T>> {
  const looks = new Map(members.map((member) => [member, ask(member)]))
  for (const look of looks.values()) look.catch(() => undefined)
  return looks
}
