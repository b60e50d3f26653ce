/** One upstream with several addresses: the nearest that answers is asked, and the upstream's own one has the last word. */
import type { Report } from '../log/report.ts'
import { paced } from '../pace/steps.ts'
import { compareWithKnown, type MirroredPage } from '../simple/mirrored-page.ts'
import type { ProjectName } from '../simple/name.ts'
import { hedged, type Said } from '../upstream/hedged.ts'
import { type Answer, type Ask, type Index, type ListAnswer, UpstreamError, type Whence } from './contract.ts'
import { type Member, inOrder, lookAround } from './mirror-member.ts'

export interface MirrorSetOptions {
  readonly upstream: string
  /** Its projects are its own: only its own address knows what was published just now, and what is not there. */
  readonly private: boolean
  /** The upstream's own address first, then its mirrors; there may be others a moment later. */
  readonly members: () => readonly Member[]
  /** How long all of them together may take for a page, and for a list, in ms. */
  readonly pageWithinMs: number
  readonly listWithinMs: number
  /** Asks the upstream's own address for a project, behind, so that what comes is kept. */
  readonly confirm: (project: ProjectName) => void
  readonly report: Report
  readonly now: () => number
}

/** What the upstream's own address said holds so long beside mirrors that say nothing else, in ms. */
const CONFIRMED_FOR_MS = 10 * 60_000
/** What a mirror alone said holds so long while the upstream's own address is asked, in ms. */
const UNCONFIRMED_FOR_MS = 2000
/** A mirror shows that it lacks a project if it was brought up to date so shortly before the upstream's own address answered last, in ms. */
const PROOF_MS = 30 * 60_000

/** Why somebody's answer is not what is given at once. */
type Pass =
  | { readonly kind: 'failed'; readonly error: UpstreamError }
  /** Of a mirror: it may only not have it yet. */
  | { readonly kind: 'absent'; readonly answer: Answer }
  /** It may be old, and is better than nothing. */
  | { readonly kind: 'behind'; readonly answer: Answer }

export interface MirrorSet extends Index {
  /** Asks every address for a project, so that all of them are known; what they say is compared and goes nowhere. */
  lookAtAll(project: ProjectName): Promise<void>
}

export function mirrorSet(options: MirrorSetOptions): MirrorSet {
  const { upstream, members, report, now } = options

  async function ask(member: Member, name: ProjectName, asked: Ask): Promise<Said<Answer, Pass>> {
    const question = member.health.begin()
    try {
      const answer = await member.index.getProject(name, heldFor(member, asked))
      question.answered()
      return member.isOwn
        ? { use: await ofOwn(answer, name, asked.held) }
        : await ofMirror(member, name, answer, asked.held)
    } catch (error) {
      question.failed(error)
      if (!(error instanceof UpstreamError)) throw error
      return { pass: { kind: 'failed', error } }
    }
  }

  /** Believed, and what a mirror said before is held against it. */
  async function ofOwn(answer: Answer, name: ProjectName, held: Answer | undefined): Promise<Answer> {
    const whence: Whence = { confirmedAt: answer.checkedAt }
    const { page } = answer
    if (page !== undefined) members()[0]?.validators.note(page, answer.validator)
    const before = held?.page
    const mirror = members().find(({ label }) => label === held?.whence?.mirror)
    if (page === undefined || before === undefined || mirror === undefined || page === before)
      return { ...answer, whence }
    const compared = await paced(compareWithKnown(before, { page, isConfirmed: true, conflicts: [] }, (url) => url))
    judge(mirror, name, compared)
    return { ...answer, whence }
  }

  async function ofMirror(
    member: Member,
    name: ProjectName,
    answer: Answer,
    held: Answer | undefined,
  ): Promise<Said<Answer, Pass>> {
    if (answer.page === undefined) return { pass: { kind: 'absent', answer } }
    const { confirmedAt, conflicts = [] } = held?.whence ?? {}
    // Before there were mirrors, it was the upstream itself that said so.
    const isConfirmed = held !== undefined && (held.whence === undefined || confirmedAt !== undefined)
    if (held !== undefined && held.page === undefined && isConfirmed && isRecent(held)) return gone(member, name)
    const known = { page: held?.page, isConfirmed, conflicts }
    const compared = await paced(compareWithKnown(answer.page, known, member.addresses.own))
    if (compared.example !== undefined) member.addresses.learn(compared.example.here, compared.example.own)
    const isNewer = answer.serial !== undefined && held?.serial !== undefined && answer.serial > held.serial
    const isOlder = answer.serial !== undefined && held?.serial !== undefined && answer.serial < held.serial
    // Only the upstream itself takes a file away; a later serial says that it did.
    const lacks = isNewer ? [] : compared.missing
    judge(
      member,
      name,
      { ...compared, missing: lacks },
      isOlder ? `it is at serial ${answer.serial}, not ${held?.serial}` : undefined,
    )
    if (isOlder || lacks.length > 0) return old(member, name)
    if (compared.page === held?.page) member.validators.note(compared.page, answer.validator)
    const behind = member.mark()
    const whence: Whence = {
      mirror: member.label,
      ...(behind !== undefined && { behind }),
      ...(isConfirmed && { confirmedAt: confirmedAt ?? held.checkedAt }),
      ...(compared.conflicts.length > 0 && { conflicts: compared.conflicts }),
    }
    const serial = answer.serial ?? (compared.page === held?.page ? held.serial : undefined)
    const { validator, serial: _, ...rest } = answer
    const given = {
      ...rest,
      page: compared.page,
      whence,
      ...(validator && { validator }),
      ...(serial !== undefined && { serial }),
    }
    return behind === undefined ? { use: given } : { pass: { kind: 'behind', answer: given } }
  }

  /** The upstream itself said a moment ago that it is not there. */
  function gone(member: Member, name: ProjectName): Said<Answer, Pass> {
    judge(member, name, { overruled: [], missing: [] }, `it has ${name}, which its upstream does not have`)
    return old(member, name)
  }

  function old({ label }: Member, name: ProjectName): Said<Answer, Pass> {
    const error = new UpstreamError(upstream, 'bad-page', `${name}: ${label} is behind what is known of it`)
    return { pass: { kind: 'failed', error } }
  }

  function isRecent({ checkedAt }: Answer): boolean {
    const ageMs = now() - checkedAt
    return ageMs >= 0 && ageMs < CONFIRMED_FOR_MS
  }

  /** What a page says of the mirror as a whole, until somebody looks again. */
  function judge(
    member: Member,
    name: ProjectName,
    { overruled, missing }: Pick<MirroredPage, 'overruled' | 'missing'>,
    older?: string,
  ): void {
    const said = { upstream, mirror: member.label, project: name }
    for (const { what, filename } of overruled.slice(0, MAX_REPORTED))
      report('warn', 'mirror_overruled', { ...said, file: filename, reason: WORDS[what] })
    const [first] = missing
    const why =
      older ??
      (first === undefined ? undefined : `its page of ${name} lacks ${first}`) ??
      (overruled.length > 0 ? `its page of ${name} is overruled` : undefined)
    if (
      member.compared(
        why,
        overruled.some(({ what }) => what === 'hash'),
      )
    )
      report('warn', 'mirror_behind', { ...said, reason: why })
  }

  /** A mirror's answer that its upstream has not said for a while is confirmed behind, and holds only until then. */
  function unlessConfirmed(name: ProjectName, answer: Answer): Answer {
    const [own] = members()
    const { mirror, confirmedAt = -Infinity } = answer.whence ?? {}
    const ageMs = now() - confirmedAt
    const isSure = mirror === undefined || (ageMs >= 0 && ageMs < CONFIRMED_FOR_MS)
    if (isSure || own === undefined || own.health.isDown()) return answer
    // It would only wait with all others.
    if (!own.health.isSilent()) options.confirm(name)
    return { ...answer, freshUntil: Math.min(answer.freshUntil, answer.checkedAt + UNCONFIRMED_FOR_MS) }
  }

  /** What can be said although nobody said it well. @throws UpstreamError */
  function conclude(passes: ReadonlyMap<Member, Pass>, all: readonly Member[]): Answer {
    const said = [...passes.values()]
    const old = said.find((each) => each.kind === 'behind')
    // Until one that is not behind can say.
    if (old !== undefined) return { ...old.answer, freshUntil: old.answer.checkedAt + UNCONFIRMED_FOR_MS }
    const proved = provedAbsence(passes, all)
    if (proved !== undefined) return proved
    if (said.some(({ kind }) => kind === 'absent')) report('warn', 'mirror_not_proved', { upstream })
    const errors = [...passes.values()].flatMap((each) => (each.kind === 'failed' ? [each.error] : []))
    const down = all.flatMap(({ health }) => health.lastError() ?? [])
    throw (
      [...errors, ...down].find(({ mayHeal }) => mayHeal) ??
      errors[0] ??
      down[0] ??
      new UpstreamError(upstream, 'timeout', `no address of it answered within ${options.pageWithinMs} ms`)
    )
  }

  /** All who can say anything say so, one of them can know, and the upstream is none whose names others may take. */
  function provedAbsence(passes: ReadonlyMap<Member, Pass>, all: readonly Member[]): Answer | undefined {
    if (options.private || passes.size < all.filter(({ health }) => !health.isDown()).length) return undefined
    const answeredAt = all[0]?.health.answeredAt() ?? now()
    let proof: Answer | undefined
    for (const [member, pass] of passes) {
      if (pass.kind === 'failed' && OF_ONE_PAGE_ONLY.has(pass.error.code)) return undefined
      if (pass.kind !== 'absent') continue
      const upToDateAt = member.upToDateAt()
      if (upToDateAt !== undefined && upToDateAt >= answeredAt - PROOF_MS) proof ??= pass.answer
    }
    return proof
  }

  async function askList(member: Member, held: ListAnswer | undefined): Promise<Said<ListAnswer, UpstreamError>> {
    const question = member.health.begin()
    try {
      // Otherwise the validator is not its own.
      const mine = held?.mirror === (member.isOwn ? undefined : member.label)
      const answer = await member.index.listProjects(mine ? held : undefined)
      question.answered()
      if (member.isOwn) return { use: answer }
      if (answer.listed) return { use: { ...answer, mirror: member.label } }
      return { pass: new UpstreamError(upstream, 'status', `${member.label} has no project list`) }
    } catch (error) {
      question.failed(error)
      if (!(error instanceof UpstreamError)) throw error
      return { pass: error }
    }
  }

  return {
    async getProject(name, asked = {}) {
      const all = members()
      const [own] = all
      if (asked.ownAddress && own !== undefined) {
        const said = await ask(own, name, asked)
        if ('use' in said) return said.use
        return conclude(new Map([[own, said.pass]]), [own])
      }
      const { order, patienceMs, others } = inOrder(all, { ownFirst: options.private })
      const looks = lookAround(others, (member) => ask(member, name, { ...asked, behind: true }))
      const outcome = await hedged(order, {
        ask: (member) => looks.get(member) ?? ask(member, name, asked),
        patienceMs,
        withinMs: options.pageWithinMs,
      })
      return unlessConfirmed(name, 'use' in outcome ? outcome.use : conclude(outcome.passes, all))
    },

    async lookAtAll(project) {
      const [own, ...mirrors] = members()
      const said = own && (await ask(own, project, {}))
      const held = said !== undefined && 'use' in said ? { held: said.use } : {}
      await Promise.all(mirrors.map((mirror) => ask(mirror, project, held)))
      await Promise.all(mirrors.map((mirror) => mirror.settled()))
    },

    async listProjects(held) {
      const all = members()
      // What a private upstream lists is whose a name is: an old list would give a new name away.
      const asked = options.private ? all.slice(0, 1) : inOrder(all, { ownFirst: true }).order
      const outcome = await hedged(asked.length === 0 ? all.slice(0, 1) : asked, {
        ask: (member) => askList(member, held),
        patienceMs: () => options.listWithinMs / 2,
        withinMs: options.listWithinMs,
      })
      if ('use' in outcome) return outcome.use
      const [error] = outcome.passes.values()
      throw error ?? new UpstreamError(upstream, 'timeout', 'no address of it gave a project list in time')
    },
  }
}

const MAX_REPORTED = 5

const WORDS = {
  hash: 'it lists another hash than is known',
  yanked: 'it does not say that the file is yanked',
  quarantined: 'it does not say that the project is quarantined',
}

/** Somebody has something there, and it cannot be read. */
const OF_ONE_PAGE_ONLY: ReadonlySet<string> = new Set(['bad-page', 'too-large', 'api-version'])

/** A validator is good at the address that gave it, and for the page that it came with. */
function heldFor(member: Member, { held, ...asked }: Ask): Ask {
  if (held?.page === undefined) return asked
  const { validator, ...rest } = held
  const isOfMember = member.isOwn ? held.whence?.mirror === undefined : held.whence?.mirror === member.label
  const mine = isOfMember ? validator : member.validators.of(held.page)
  return mine === undefined ? asked : { ...asked, held: { ...rest, validator: mine } }
}
