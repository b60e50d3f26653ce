/** Turns the answer to a question for a part of a file into that part, whole (RFC 9110, 14). */
import type { Part, PartReply } from './contract.ts'
import { type Answer, discard } from './exchange.ts'
import type { Fail } from './failures.ts'
import { contentRange } from './fields.ts'
import { chunks } from './file.ts'
import { isAbsent, uselessAnswer } from './status.ts'

/** Servers that know no parts, or not those that count from the end, say so in many ways. */
const WHOLE_ONLY: ReadonlySet<number> = new Set([200, 400, 405, 416, 501])

/** `Range`. */
export function rangeOf(part: Part): string {
  return 'last' in part ? `bytes=-${part.last}` : `bytes=${part.start}-${part.end - 1}`
}

/** @throws UpstreamError where the answer is neither the part nor a word about the file */
export async function readPartReply(
  answer: Answer,
  { fail, absentOn, part }: { readonly fail: Fail; readonly absentOn: readonly number[]; readonly part: Part },
): Promise<PartReply> {
  const { status, fields } = answer
  if (isAbsent(status, absentOn)) {
    discard(answer)
    return { kind: 'absent', status }
  }
  if (status !== 206 && !WHOLE_ONLY.has(status)) throw uselessAnswer(answer, fail)
  const range = status === 206 ? contentRange(fields) : undefined
  if (range?.size === undefined || !isAsked(range.first, range.last + 1, range.size, part)) {
    discard(answer)
    return { kind: 'whole' }
  }
  const length = range.last + 1 - range.first
  const pieces: Buffer[] = []
  // Copied, since each is good until the next only.
  for await (const chunk of chunks(answer, length, fail)) pieces.push(Buffer.from(chunk))
  return { kind: 'part', bytes: Buffer.concat(pieces, length), size: range.size }
}

function isAsked(first: number, end: number, size: number, part: Part): boolean {
  if ('last' in part) return end === size && first === Math.max(0, size - part.last)
  return first === part.start && end === part.end
}
