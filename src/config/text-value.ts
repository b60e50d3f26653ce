/** Texts of a rules file that mean something: each kind has a reader, which gives a value or says what is wrong. */
import * as z from 'zod'

/** Both parts of a fault; its place is known where the text stands. */
export interface Wrong {
  readonly wrong: string
  readonly right: string
}

export type Reading<T> = { readonly value: T } | Wrong

/** A part of the schema: a text that `read` understands. */
export function text<T>(read: (text: string) => Reading<T>, about: { pattern?: string; examples?: string[] } = {}) {
  return z
    .string()
    .meta(about)
    .transform((text, context): T => {
      const reading = read(text)
      if ('value' in reading) return reading.value
      addFault(context, reading)
      return z.NEVER
    })
}

/** Adds a fault that zod knows nothing of; `path` leads on from what is being read. */
export function addFault(context: z.RefinementCtx, { wrong, right }: Wrong, path: (string | number)[] = []): void {
  context.addIssue({ code: 'custom', message: wrong, params: { right }, path })
}
