/** A long list in short parts: what is made of one part is one step. */

/** Few enough that what is made of them takes a millisecond or two. */
const BATCH_LENGTH = 512

/** `items` in order, none of the parts empty. */
export function* batches<T>(items: readonly T[], length = BATCH_LENGTH): Generator<readonly T[], void> {
  for (let start = 0; start < items.length; start += length) yield items.slice(start, start + length)
}
