/** How much of a body was taken: what was asked for after it, since a chunk is given back when the next one is wanted. */
import type { BodyChunks } from './streamed.ts'

/**
 * `chunks`, and when they are over or left, once, how many of their bytes were taken, and whether they came to their end. `bytes`: how
 * many there are, where that is known.
 */
export function watched(
  chunks: BodyChunks,
  bytes: number | undefined,
  onOver: (taken: number, isEnd: boolean) => void,
): BodyChunks {
  let [taken, given] = [0, 0]
  let isOver = false

  function over(isEnd: boolean): void {
    if (isOver) return
    isOver = true
    onOver(taken, isEnd)
  }

  return {
    next() {
      taken = given
      // What is cleared up behind the last bytes is nobody's business who counts.
      if (taken === bytes) over(true)
      return chunks.next().then(
        (piece) => {
          if (piece.done === true) over(true)
          else given += piece.value.length
          return piece
        },
        (error: unknown) => {
          over(false)
          throw error
        },
      )
    },
    return() {
      over(false)
      return chunks.return?.() ?? Promise.resolve({ done: true, value: undefined })
    },
  }
}
