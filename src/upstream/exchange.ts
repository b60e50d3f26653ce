/** One question to an upstream until the head of its answer is there: with credentials where they belong, redirects followed. */
import type { Dispatcher } from 'undici'
import { unlessAborted } from './deadline.ts'
import type { ReadCredentials } from './credentials.ts'
import { explained, type Fail } from './failures.ts'
import { type Fields, single } from './fields.ts'
import { type Hop, MAX_REDIRECTS } from './redirects.ts'

/** Where and as whom questions are asked. */
export interface Line {
  readonly dispatcher: Dispatcher
  /** The only origin that may see the credentials. */
  readonly origin: string
  readonly credentials: ReadCredentials
  readonly userAgent: string
  /** Statuses that mean "has no such project", so that 401 or 403 among them is no question of credentials. */
  readonly absentOn: readonly number[]
  /** Requests that may be under way or wait for a connection; whoever comes on top is told at once. */
  readonly maxUnderway: number
  /** What ends each request that is under way. */
  readonly underway: Set<AbortController>
}

export interface Question {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly fail: Fail
  /** How long the body may be silent, in ms. 0: no limit but the signal. */
  readonly silenceMs: number
  /** Where a redirect leads, or why it may not. */
  readonly follow: (from: URL, location: string | undefined) => Hop
}

/** An answer whose body was not read yet. It must be read, or given to `discard`. */
export interface Answer {
  /** The URL that answered. */
  readonly url: URL
  readonly status: number
  readonly fields: Fields
  readonly body: Dispatcher.ResponseData['body']
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** More announcements before one answer (`103 Early Hints`) are a nuisance. */
const MAX_INTERIM = 8

/** @throws UpstreamError where there is no answer, or a redirect that may not be followed */
export async function exchange(line: Line, question: Question): Promise<Answer> {
  let { url } = question
  for (let hops = 0; ; hops += 1) {
    const answer = await sendAsOurselves(line, question, url)
    if (!REDIRECTS.has(answer.status)) return answer
    discard(answer)
    if (hops === MAX_REDIRECTS) throw question.fail('redirect-refused', `redirects more than ${MAX_REDIRECTS} times`)
    const hop = question.follow(url, single(answer.fields, 'location'))
    if ('refusal' in hop)
      throw question.fail(hop.forwards ? 'forwarded' : 'redirect-refused', `redirects ${hop.refusal}`)
    url = hop.url
  }
}

/** A secret may have been changed since it was read: a denied question is asked once more with a new one, if there is one. */
async function sendAsOurselves(line: Line, question: Question, url: URL): Promise<Answer> {
  if (url.origin !== line.origin) return send(line, question, url, {})
  const shown = await unlessAborted(line.credentials(), question.signal)
  const shownAt = performance.now()
  const answer = await send(line, question, url, shown)
  const isDenied = (answer.status === 401 || answer.status === 403) && !line.absentOn.includes(answer.status)
  if (!isDenied || Object.keys(shown).length === 0) return answer
  const renewed = await unlessAborted(line.credentials(shownAt), question.signal).catch((error: unknown) => {
    discard(answer)
    throw error
  })
  if (Object.entries(renewed).every(([name, value]) => shown[name] === value)) return answer
  discard(answer)
  return send(line, question, url, renewed)
}

async function send(
  line: Line,
  question: Question,
  url: URL,
  shown: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { method, headers, signal, silenceMs, fail } = question
  if (line.underway.size >= line.maxUnderway)
    throw fail('busy', 'was not asked: too many questions are waiting already')
  const stop = new AbortController()
  const isOver = () => line.underway.delete(stop)
  line.underway.add(stop)
  let interim = 0
  try {
    const {
      statusCode,
      headers: fields,
      body,
    } = await line.dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { 'user-agent': line.userAgent, ...shown, ...headers },
      signal: AbortSignal.any([signal, stop.signal]),
      bodyTimeout: silenceMs,
      onInfo() {
        interim += 1
        if (interim > MAX_INTERIM) stop.abort(fail('protocol', 'was answered with announcements and no answer'))
      },
    })
    // An answer that nobody reads any more fails when its connection ends; that is no news to anybody.
    body.on('error', () => {}).on('close', isOver)
    return { url, status: statusCode, fields, body }
  } catch (error) {
    isOver()
    throw explained(error, 'head', fail)
  }
}

/** Enough for the pages that come with a 404, so that the connection can be used again. */
const MAX_DISCARDED_BYTES = 64 * 1024
const DISCARD_WITHIN_MS = 1000

/** Reads the rest of a small body, or ends the connection of a large one. Nobody waits for it. */
export function discard({ body }: Answer): void {
  body.dump({ limit: MAX_DISCARDED_BYTES, signal: AbortSignal.timeout(DISCARD_WITHIN_MS) }).catch(() => {})
}
