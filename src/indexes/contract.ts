/** An upstream as something that answers two questions: what does this project offer, and which projects are there. */
import type { NameList } from '../simple/name-list.ts'
import type { ProjectDetail } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Validator } from '../upstream/contract.ts'
import { UpstreamError } from '../upstream/error.ts'

/** Part of the contract: what an index throws when it cannot say. */
export { UpstreamError }

/** What an index said of a project, and when. Times are ms since the epoch. */
export interface Answer {
  /** undefined: it does not have the project. */
  readonly page: ProjectDetail | undefined
  /** Tells the page from others of the project: answers with the same content have the same page. */
  readonly content?: string
  /** When the index was asked for it, or confirmed it. */
  readonly checkedAt: number
  /** Until then nobody needs to ask again. */
  readonly freshUntil: number
  /** Then until this moment it may be given while it is asked for again behind. Default: it may not. */
  readonly refreshUntil?: number
  /** Why a kept answer is given although the index cannot say now. */
  readonly staleBecause?: UpstreamError
  readonly validator?: Validator
  readonly serial?: number
  /** Of an upstream with several addresses. */
  readonly whence?: Whence
}

/** Which address of its upstream gave an answer, and how far it can be believed. */
export interface Whence {
  /** The mirror that said it last; undefined: the upstream's own address. */
  readonly mirror?: string
  /** Why it may be of long ago. */
  readonly behind?: string
  /** When the upstream's own address said so itself, ms since the epoch; undefined: never. */
  readonly confirmedAt?: number
  /** Files that mirrors contradict each other about. */
  readonly conflicts?: readonly string[]
}

/** What the caller already has, and how old an answer may be. */
export interface Ask {
  readonly held?: Answer
  /** A client asked for no older answer than this (`Cache-Control: no-cache` is 0). */
  readonly maxAgeMs?: number
  /** An operator asked for an answer from after this moment (ms since the epoch). */
  readonly notBefore?: number
  /** Somebody who outranks it is asked too: its page may not be needed at all, so it is read behind those that are. */
  readonly behind?: boolean
  /** What is due to be asked for again is waited for: whoever wants it now was given what there was. */
  readonly refresh?: boolean
  /** To find out whether the index is back: what came of the same question before, or is still awaited, does not count. */
  readonly anew?: boolean
  /** From the upstream's own address, whatever its mirrors say. */
  readonly ownAddress?: boolean
}

/** What an index said of its projects, and when. */
export interface ListAnswer {
  /** Empty where the index has no list (404). */
  readonly names: NameList
  /** false: it has no list, so nothing follows from a name that is not in it. */
  readonly listed: boolean
  readonly checkedAt: number
  readonly freshUntil: number
  readonly staleBecause?: UpstreamError
  readonly validator?: Validator
  /** The mirror that gave it; undefined: the upstream's own address. */
  readonly mirror?: string
}

/** What an index says of a project, without its page. */
export type Confirmation = Omit<Answer, 'page'> & { readonly isAbsent: boolean }

/** Anything that answers: an upstream over HTTP, and every wrapper around one. Made by factories that return plain objects. */
export interface Index {
  /** @throws UpstreamError when the index cannot say either way */
  getProject(name: ProjectName, ask?: Ask): Promise<Answer>
  /**
   * The same without the page, for whoever has it, or what was made of it: costs little where it did not change. Of those that
   * remember. @throws UpstreamError as `getProject`
   */
  confirm?(name: ProjectName, ask?: Ask): Promise<Confirmation>
  /** @throws UpstreamError when the index cannot say */
  listProjects(held?: ListAnswer): Promise<ListAnswer>
  /**
   * Writes down that it said that it does not have the project, for the day when nobody can be asked. Only of names that another
   * index has, so that what is kept does not grow with those that nobody has. Absent where nothing is kept. Never rejects.
   */
  keepAbsence?(name: ProjectName): Promise<void>
}
