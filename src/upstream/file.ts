/** Turns an answer into a file, or the rest of one, that is read as it comes. */
import type { FileReply } from './contract.ts'
import { type Answer, discard } from './exchange.ts'
import { explained, type Fail } from './failures.ts'
import { contentLength, contentRange, transferCodings, validatorOf } from './fields.ts'
import { isAbsent, uselessAnswer } from './status.ts'

export interface FileReading {
  readonly fail: Fail
  readonly absentOn: readonly number[]
  /** First byte that was asked for; undefined where the whole file was. */
  readonly rangeStart?: number | undefined
}

/** @throws UpstreamError where the answer is neither the file nor an absence, nor the part of the file that was asked for */
export function readFileReply(answer: Answer, reading: FileReading): FileReply {
  const { status, fields, body } = answer
  const { fail } = reading
  if (isAbsent(status, reading.absentOn)) {
    discard(answer)
    return { kind: 'absent', status }
  }
  const part = status === 206 ? partOf(answer, reading) : undefined
  if (status !== 200 && part === undefined) throw uselessAnswer(answer, fail)
  const length = contentLength(fields)
  const size = part === undefined ? length : part.size
  const validator = validatorOf(fields)
  return {
    kind: 'file',
    start: part?.first ?? 0,
    delimited: part !== undefined || length !== undefined || transferCodings(fields).length > 0,
    ...(size !== undefined && { size }),
    ...(validator && { validator }),
    body: chunks(answer, part === undefined ? length : part.last - part.first + 1, fail),
    cancel: () => body.destroy(),
  }
}

/** A part must begin where it was asked to and go on to the end; what else came would be put in the wrong place. */
function partOf(
  answer: Answer,
  { rangeStart, fail }: FileReading,
): { readonly first: number; readonly last: number; readonly size?: number } {
  const range = contentRange(answer.fields)
  const isWanted =
    rangeStart !== undefined &&
    range?.first === rangeStart &&
    (range.size === undefined || range.last === range.size - 1)
  if (isWanted) return range
  discard(answer)
  throw fail('protocol', 'answered with another part of the file than was asked for', { status: answer.status })
}

/** The body as it comes; fails where it is longer or shorter than `expected`. */
export async function* chunks(
  answer: Answer,
  expected: number | undefined,
  fail: Fail,
): AsyncGenerator<Buffer, void, void> {
  let size = 0
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (expected !== undefined && size > expected)
        throw fail('protocol', `sends more than the ${expected} bytes that it announced`)
      yield chunk
      giveBack(chunk)
    }
  } catch (error) {
    throw explained(error, 'body', fail)
  }
  if (expected !== undefined && size < expected)
    throw fail('truncated', `was cut off after ${size} of ${expected} bytes`)
}

/**
 * Frees the memory of a chunk. It lies outside the heap, which V8 would collect whole every 50 MB for it; that is half of
 * what a download costs. A chunk with a part of the memory may not be the only one that has some of it, and is left alone.
 */
function giveBack({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}
