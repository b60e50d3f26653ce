/** One upstream with several addresses: the nearest that answers is asked, and the upstream's own one has the last word. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../log/report.ts'
import { type ProjectDetail, STRONG_HASH_NAMES } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import { hedged, type Said } from '../upstream/hedged.ts'
import { type Answer, type Ask, type Index, type ListAnswer, UpstreamError } from './contract.ts'
import { CONFIRMED_FOR_MS, openJudge, type Pass } from './mirror-judge.ts'
import { type Member, inOrder, lookAround } from './mirror-member.ts'

export interface MirrorSetOptions {
  readonly upstream: string
  /** Its projects are its own: only its own address knows what was published just now, and what is not there. */
  readonly private: boolean
  /** The upstream's own address first, then its mirrors; there may be others a moment later. */
  readonly members: () => readonly Member[]
  /** See `JudgeOptions`. */
  readonly needsAges: boolean
  /** How long all of them together may take for a page, and for a list, in ms. */
  readonly pageWithinMs: number
  readonly listWithinMs: number
  /** Asks the upstream's own address for a project, behind, so that what comes is kept. */
  readonly confirm: (project: ProjectName) => void
  readonly report: Report
  readonly now: () => number
}

/** What a mirror alone said holds so long while the upstream's own address is asked, in ms. */
const UNCONFIRMED_FOR_MS = 2000
/** A long list takes its time; clients give up after 15 s. */
const LIST_PATIENCE_MS = 5000
/** How long mirrors are waited for that may know better, in ms. */
const CORROBORATED_WITHIN_MS = 1000
/** Once one of them has spoken, the others should soon. */
const OTHERS_WITHIN_MS = 100
/** A mirror shows that it lacks a project if it was brought up to date so shortly before the upstream's own address answered last, in ms. */
const PROOF_MS = 30 * 60_000

export interface MirrorSet extends Index {
  /** Asks every address for a project, so that all of them are known; what they say is compared and goes nowhere. */
  lookAtAll(project: ProjectName): Promise<void>
}

export function mirrorSet(options: MirrorSetOptions): MirrorSet {
  const { upstream, members, report, now } = options
  const { ofOwn, ofMirror, judge } = openJudge(options)

  async function ask(member: Member, name: ProjectName, asked: Ask): Promise<Said<Answer, Pass>> {
    const question = member.health.begin()
    try {
      // What is known beside a page is not in the bytes that were sent, so these do not tell it from others.
      const { content: _, ...answer } = await member.index.getProject(name, heldFor(member, asked))
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

  /**
   * What one mirror alone says while the upstream itself cannot confirm it is held against the others: one of them may be
   * newer, or say another hash.
   */
  async function corroborated(name: ProjectName, answer: Answer): Promise<Answer> {
    const [, ...mirrors] = members()
    const { mirror, confirmedAt } = answer.whence ?? {}
    const first = mirrors.find(({ label }) => label === mirror)
    if (first === undefined || confirmedAt !== undefined) return answer
    const others = mirrors.filter(
      (each) => each !== first && !each.health.isDown() && !each.health.isSilent() && each.mark() === undefined,
    )
    const by = performance.now() + CORROBORATED_WITHIN_MS
    const compare = (member: Member, held: Answer) =>
      hedged([member], {
        ask: () => ask(member, name, { held }),
        patienceMs: () => 0,
        withinMs: Math.max(by - performance.now(), 0),
      }).then((outcome) => ('use' in outcome ? outcome.use : unconfirmedOf(outcome.passes)))
    const said: { readonly member: Member; readonly other: Answer }[] = []
    const isHeard = Promise.withResolvers<void>()
    const asking = others.map(async (member) => {
      const other = await compare(member, answer)
      if (other !== undefined) said.push({ member, other })
      if (other !== undefined) isHeard.resolve()
    })
    await Promise.race([Promise.all(asking), isHeard.promise.then(() => sleep(OTHERS_WITHIN_MS))])
    let best = answer
    for (const { member, other } of said) {
      if (other.page === answer.page) continue
      const again = best === answer ? other : await compare(member, best)
      if (again === undefined || again.page === best.page) continue
      const known = new Set(best.page?.files.map(({ filename }) => filename))
      const missing = again.page?.files.flatMap(({ filename }) => (known.has(filename) ? [] : [filename])) ?? []
      if (missing.length > 0) judge(first, name, { overruled: [], missing })
      best = again
    }
    return best
  }

  /** The nearest of those that could not be confirmed. */
  function unconfirmedOf(passes: ReadonlyMap<Member, Pass>): Answer | undefined {
    return [...passes.values()].find((each) => each.kind === 'unconfirmed')?.answer
  }

  /**
   * In which order a question is asked: what nobody has confirmed yet is confirmed by the upstream itself, or, where that is
   * farther away than two mirrors, by two of them that say the same.
   */
  function arranged(
    order: readonly Member[],
    held: Answer | undefined,
  ): { order: readonly Member[]; together: number } {
    const own = order.find(({ isOwn, health }) => isOwn && !health.isDown() && !health.isSilent())
    if (own === undefined || order[0] === own) return { order, together: 1 }
    const mirrors = order.filter((each) => each !== own)
    const isKnown = held?.page !== undefined && (held.whence === undefined || held.whence.confirmedAt !== undefined)
    const nearer = order.slice(0, order.indexOf(own)).filter((each) => !each.isListed && each.mark() === undefined)
    const before = isKnown ? 1 : nearer.length >= 2 ? 2 : 0
    return { order: [...mirrors.slice(0, before), own, ...mirrors.slice(before)], together: isKnown ? 1 : before }
  }

  /** What can be said although nobody said it well. @throws UpstreamError */
  function conclude(
    name: ProjectName,
    passes: ReadonlyMap<Member, Pass>,
    all: readonly Member[],
  ): Answer | Promise<Answer> {
    const said = [...passes.values()]
    const unconfirmed = unconfirmedOf(passes)
    if (unconfirmed !== undefined) return corroborated(name, unconfirmed)
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
        return conclude(name, new Map([[own, said.pass]]), [own])
      }
      const ranked = inOrder(all, { ownFirst: options.private })
      const { order, together } = arranged(ranked.order, asked.held)
      const looks = lookAround(ranked.others, (member) => ask(member, name, { ...asked, behind: true }))
      const unconfirmed: Answer[] = []
      const lacking: Member[] = []
      const outcome = await hedged(order, {
        async ask(member) {
          const said = await (looks.get(member) ?? ask(member, name, asked))
          if ('pass' in said && said.pass.kind === 'absent') lacking.push(member)
          if ('use' in said || said.pass.kind !== 'unconfirmed' || member.isListed) return said
          const { answer } = said.pass
          if (unconfirmed.some((other) => agree(other.page, answer.page))) return { use: answer }
          unconfirmed.push(answer)
          return said
        },
        patienceMs: (member) => (order.indexOf(member) < together - 1 ? 0 : ranked.patienceMs(member)),
        withinMs: options.pageWithinMs,
        graceMs: ({ kind }) => (kind === 'unconfirmed' ? CORROBORATED_WITHIN_MS : undefined),
      })
      if (!('use' in outcome)) return unlessConfirmed(name, await conclude(name, outcome.passes, all))
      const { use } = outcome
      if (use.page !== undefined && use.whence?.mirror === undefined)
        for (const member of lacking) judge(member, name, { overruled: [], missing: [] }, `it does not have ${name}`)
      const isAlone = own?.health.isDown() === true || own?.health.isSilent() === true
      return unlessConfirmed(name, isAlone ? await corroborated(name, use) : use)
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
        patienceMs: () => LIST_PATIENCE_MS,
        withinMs: options.listWithinMs,
      })
      if ('use' in outcome) return outcome.use
      const [error] = outcome.passes.values()
      throw error ?? new UpstreamError(upstream, 'timeout', 'no address of it gave a project list in time')
    },
  }
}

/** Whether both list the same files, each with the same hash. */
function agree(a: ProjectDetail | undefined, b: ProjectDetail | undefined): boolean {
  if (a === undefined || b === undefined || a.files.length !== b.files.length) return false
  const files = new Map(a.files.map((file) => [file.filename, file]))
  return b.files.every((file) => {
    const other = files.get(file.filename)
    return (
      other !== undefined &&
      STRONG_HASH_NAMES.some((name) => file.hashes[name] !== undefined && file.hashes[name] === other.hashes[name])
    )
  })
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
