/** Pieces of bytes as one, in steps: a copy of 64 MiB at once is a stop that everybody feels. */
import type { Steps } from './steps.ts'

/** Takes `pieces` apart, so that their memory can go while the whole grows. */
export function* joined(pieces: Buffer[]): Steps<Buffer> {
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return only
  // Not from Node's pool, which a small piece would keep whole.
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const [i, piece] of pieces.entries()) {
    at += piece.copy(whole, at)
    pieces[i] = NOTHING
    yield
  }
  return whole
}

const NOTHING = Buffer.alloc(0)
