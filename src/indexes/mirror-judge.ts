/** What an answer of one of several addresses is worth, beside what is known, and what it says of that address. */
import type { Report } from '../log/report.ts'
import { paced } from '../pace/steps.ts'
import { compareWithKnown, type MirroredPage } from '../simple/mirrored-page.ts'
import type { ProjectDetail } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Said } from '../upstream/hedged.ts'
import { type Answer, UpstreamError, type Whence } from './contract.ts'
import type { Member } from './mirror-member.ts'

export interface JudgeOptions {
  readonly upstream: string
  /** The upstream's own address first. */
  readonly members: () => readonly Member[]
  /** A cooldown counts from when a file was uploaded; one that does not say it on the first page counts as old. */
  readonly needsAges: boolean
  readonly report: Report
  readonly now: () => number
}

/** What the upstream's own address said holds so long beside mirrors that say nothing else, in ms. */
export const CONFIRMED_FOR_MS = 10 * 60_000

/** Why somebody's answer is not what is given at once. */
export type Pass =
  | { readonly kind: 'failed'; readonly error: UpstreamError }
  /** Of a mirror: it may only not have it yet. */
  | { readonly kind: 'absent'; readonly answer: Answer }
  /** Of a mirror: something in it is new, and the upstream's own address can be asked whether it is so. */
  | { readonly kind: 'unconfirmed'; readonly answer: Answer }
  /** It may be old, and is better than nothing. */
  | { readonly kind: 'behind'; readonly answer: Answer }

export interface Judge {
  /** Believed; what a mirror said before is held against it. */
  ofOwn(answer: Answer, name: ProjectName, held: Answer | undefined): Promise<Answer>
  /** Believed as far as it says nothing else than is known, and takes nothing away. */
  ofMirror(member: Member, name: ProjectName, answer: Answer, held: Answer | undefined): Promise<Said<Answer, Pass>>
  /** What a page says of the mirror as a whole, until somebody looks again. `older`: why it is one of before. */
  judge(member: Member, name: ProjectName, found: Pick<MirroredPage, 'overruled' | 'missing'>, older?: string): void
}

export function openJudge({ upstream, members, needsAges, report, now }: JudgeOptions): Judge {
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
    // Where only mirrors contradict each other, nobody knows which of them lies.
    const overruled = compared.overruled.filter(({ what }) => isConfirmed || what !== 'hash')
    for (const { filename } of compared.overruled.filter((each) => !overruled.includes(each)).slice(0, MAX_REPORTED)) {
      const reason = `${member.label} and ${held?.whence?.mirror} list other hashes, and their upstream cannot be asked`
      report('error', 'mirror_conflict', { upstream, project: name, file: filename, reason })
    }
    judge(
      member,
      name,
      { overruled, missing: lacks },
      isOlder ? `it is at serial ${answer.serial}, not ${held?.serial}` : undefined,
    )
    if (isOlder || lacks.length > 0) return old(member, name)
    if (needsAges && hidesAge(compared.page, held?.page)) {
      const what = `${name}: ${member.label} does not say when its files were uploaded, which a cooldown must know`
      return { pass: { kind: 'failed', error: new UpstreamError(upstream, 'bad-page', what) } }
    }
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
    if (behind !== undefined) return { pass: { kind: 'behind', answer: given } }
    const isNews = !isConfirmed || hasNewFile(compared.page, held.page)
    return isNews && ownMaySay() ? { pass: { kind: 'unconfirmed', answer: given } } : { use: given }
  }

  function ownMaySay(): boolean {
    const [own] = members()
    return own !== undefined && !own.health.isDown() && !own.health.isSilent()
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

  return { ofOwn, ofMirror, judge }
}

/** Whether a file that is not known yet has no upload time, where the upstream itself gives some. */
function hidesAge(page: ProjectDetail, held: ProjectDetail | undefined): boolean {
  if (page === held) return false
  const known = new Set(held?.files.map(({ filename }) => filename))
  const givesNone =
    held !== undefined && held.files.length > 0 && held.files.every((file) => file.uploadTime === undefined)
  return !givesNone && page.files.some((file) => file.uploadTime === undefined && !known.has(file.filename))
}

function hasNewFile(page: ProjectDetail, held: ProjectDetail | undefined): boolean {
  if (page === held) return false
  const known = new Set(held?.files.map(({ filename }) => filename))
  return page.files.some(({ filename }) => !known.has(filename))
}

const MAX_REPORTED = 5

const WORDS = {
  hash: 'it lists another hash than is known',
  yanked: 'it does not say that the file is yanked',
  quarantined: 'it does not say that the project is quarantined',
}
