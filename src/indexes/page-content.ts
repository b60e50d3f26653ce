/** What tells one page of a project from another without reading it: the same bytes from the same address are the same page. */
import { createHash } from 'node:crypto'
import type { Steps } from '../pace/steps.ts'

/** Bytes that are hashed in one step: less than a millisecond's work. */
const STEP_BYTES = 512 * 1024

export interface SentPage {
  readonly mediaType: string
  /** Its relative links are read from here. */
  readonly url: URL | string
  readonly body: Uint8Array
}

export function* contentOf({ mediaType, url, body }: SentPage): Steps<string> {
  const hash = createHash('sha256').update(`${mediaType}\n${String(url)}\n`)
  for (let at = 0; at < body.length; at += STEP_BYTES) {
    hash.update(body.subarray(at, at + STEP_BYTES))
    yield
  }
  return hash.digest('base64url').slice(0, 27)
}
