/** What the supervisor and its workers say to each other, over the channel that Node opens between them. */
import type { RulesText } from '../config/load.ts'
import type { Family } from '../metrics/exposition.ts'
import type { WorkerFigures } from '../metrics/side-by-side.ts'

/** To a worker. */
export type Order =
  /** Once, at first. `rules` are those to serve by, since their file may have changed; without them, the built-in ones. */
  | { readonly kind: 'start'; readonly port: number; readonly rules?: RulesText | undefined }
  /** Make these rules ready. Answered. */
  | { readonly kind: 'prepare'; readonly rules?: RulesText | undefined }
  /** Serve by those that were made ready. Answered. */
  | { readonly kind: 'use' }
  /** Forget those that were made ready. Answered. */
  | { readonly kind: 'drop' }
  /** Say what you count, with this number. */
  | { readonly kind: 'tell-figures'; readonly id: number }
  /** What all count: to the question of that number. */
  | { readonly kind: 'all-figures'; readonly id: number; readonly all: readonly WorkerFigures[] }
  /** Accept nothing more, let what is under way end, and go. */
  | { readonly kind: 'end' }

/** From a worker. */
export type Word =
  /** Requests are accepted. */
  | { readonly kind: 'ready'; readonly origin: string }
  /** It cannot start, through no fault of its own; the message for the operator. */
  | { readonly kind: 'refused'; readonly message: string }
  /** To the last order; `refusal` says why not, a line each reason. */
  | { readonly kind: 'answer'; readonly refusal?: string | undefined }
  /** What do all count? Answered with this number. */
  | { readonly kind: 'ask-figures'; readonly id: number }
  /** What it counts: to the order of that number. */
  | { readonly kind: 'figures'; readonly id: number; readonly families: readonly Family[] }
  /** A file of so many bytes was stored. */
  | { readonly kind: 'stored'; readonly bytes: number }
  /** The last word: so many answers were cut. */
  | { readonly kind: 'ended'; readonly cut: number }
