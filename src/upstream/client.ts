/** The client of one upstream: pages, files and their sizes over HTTP, within limits, told apart as the contract says. */
import type { LookupFunction } from 'node:net'
import type { Report } from '../log/report.ts'
import type { FileReply, PageReply, PageRequest, UpstreamClient } from './contract.ts'
import { type Auth, type ExtraHeader, openCredentials } from './credentials.ts'
import { type Deadline, openDeadline } from './deadline.ts'
import { openDispatcher } from './dispatcher.ts'
import { type FailureCode, UpstreamError } from './error.ts'
import { type Answer, discard, exchange, type Line, type Question } from './exchange.ts'
import { type Fail, failing, questionName } from './failures.ts'
import { conditionOf, contentLength, isFieldValue, validatorOf } from './fields.ts'
import { readFileReply } from './file.ts'
import { rangeOf, readPartReply } from './part.ts'
import { type PageReading, readPage, type SentPage } from './page.ts'
import { bodyPieces, wholeBody } from './page-body.ts'
import { fileHop, isBelowBases, lastSegment, pageHop } from './redirects.ts'
import type { Environment } from './secrets.ts'
import { isAbsent, uselessAnswer } from './status.ts'

export interface ClientOptions {
  /** The upstream's name. */
  readonly name: string
  /** Base URL of its simple index, ending in `/`, without userinfo. */
  readonly url: string
  /** Base URLs of its files, each ending in `/`. Nothing else is fetched. */
  readonly filesAt: readonly string[]
  /** Statuses that mean "has no such project", beside 404 and 410. */
  readonly absentOn: readonly number[]
  /** Limit for the first byte and for a whole page, in ms. */
  readonly timeoutMs?: number
  readonly connectTimeoutMs?: number
  /** How long a file may be silent between two chunks, in ms. */
  readonly silenceMs?: number
  /** How long `close` waits for what is under way, in ms. */
  readonly closeWithinMs?: number
  readonly maxConnections?: number
  /** Requests that may wait for a connection: a flood of unknown names must not become a queue without end. */
  readonly maxWaiting?: number
  readonly auth?: Auth
  /** Further request headers; they go where the credentials go, and nowhere else. */
  readonly headers: readonly ExtraHeader[]
  /** File with certificates (PEM) to trust beside the default ones. */
  readonly ca?: string
  /** `User-Agent`. */
  readonly userAgent: string
  readonly report: Report
  /** For secrets, `NETRC` and the variables of proxies. */
  readonly environment: Environment
  /** Default: `$NETRC`, else `.netrc` in the home folder. */
  readonly netrcPath?: string
  /** How host names become addresses. Default: as the system does it. */
  readonly lookup?: LookupFunction
  /** Told the bytes of each piece of a body that comes, as it was sent. */
  readonly onBytes?: (bytes: number) => void
}

/** Failures of a connection that a second try on a new one may not meet, and that say nothing about the answer. */
const TRIED_AGAIN: ReadonlySet<FailureCode> = new Set(['reset', 'truncated'])

/** @throws Error where the file of certificates cannot be read, or the URL of a proxy is none */
export function openClient(options: ClientOptions): UpstreamClient {
  const { name, absentOn, report } = options
  const {
    timeoutMs = 8000,
    connectTimeoutMs = 3000,
    silenceMs = 30_000,
    closeWithinMs = 30_000,
    maxConnections = 32,
    maxWaiting = 1000,
  } = options
  const index = new URL(options.url)
  const fileBases = options.filesAt.map((base) => new URL(base).href)
  const dispatcher = openDispatcher({ ...options, upstream: name, connectTimeoutMs, maxConnections })
  const line: Line = {
    dispatcher,
    origin: index.origin,
    credentials: openCredentials({ ...options, upstream: name, host: index.hostname }),
    userAgent: options.userAgent,
    absentOn,
    maxUnderway: maxConnections + maxWaiting,
    underway: new Set(),
  }
  let closing: Promise<void> | undefined

  /** Asks, and once more on a new connection if the first one failed early: a server may close it just as we use it. */
  async function asked<T>(question: string, limitMs: number, ask: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      return await ask()
    } catch (error) {
      const isWorthwhile = error instanceof UpstreamError && TRIED_AGAIN.has(error.code)
      if (!isWorthwhile || performance.now() - startedAt >= limitMs / 2) throw error
      report('debug', 'upstream_retry', { upstream: name, what: question, code: error.code })
      return ask()
    }
  }

  /** The head of an answer, within the limit for the first byte. */
  async function answerTo(question: Omit<Question, 'signal'>, deadline: Deadline): Promise<Answer> {
    const lift = deadline.limit(timeoutMs, () => question.fail('timeout', `was not answered within ${timeoutMs} ms`))
    try {
      return await exchange(line, { ...question, signal: deadline.signal })
    } finally {
      lift()
    }
  }

  /** The head of an answer to a question about a file. */
  function fileAnswer(
    method: 'GET' | 'HEAD',
    url: string,
    more: Readonly<Record<string, string>>,
    deadline = openDeadline(),
  ): Promise<{ answer: Answer; fail: Fail }> {
    const target = new URL(url)
    const question = questionName(method, target)
    const fail = failing(name, question)
    if (!isBelowBases(target, fileBases)) {
      throw fail(
        'address-refused',
        `leads to ${target.origin}/, where no files of this upstream are expected: add its base URL to "filesAt"`,
      )
    }
    return asked(question, timeoutMs, async () => {
      const answer = await answerTo(
        {
          method,
          url: target,
          headers: { 'accept-encoding': 'identity', ...more },
          fail,
          silenceMs,
          follow: (from, location) => fileHop(from, location, fileBases),
        },
        deadline,
      )
      return { answer, fail }
    })
  }

  /** A page, its body read by `read`, within the limit for all of it. */
  async function askPage<Body>(
    url: string,
    request: PageRequest,
    read: (sent: SentPage, reading: PageReading) => Promise<Body>,
  ): Promise<PageReply<Body>> {
    const target = new URL(url)
    const question = questionName('GET', target)
    const fail = failing(name, question)
    const condition = conditionOf(request.validator)
    const project = target.href === index.href ? undefined : lastSegment(target)
    const totalMs = request.totalMs ?? timeoutMs
    const deadline = openDeadline()
    deadline.limit(totalMs, () => fail('timeout', `was not answered whole within ${totalMs} ms`))
    const ask = async () => {
      const answer = await answerTo(
        {
          method: 'GET',
          url: target,
          headers: { accept: request.accept, 'accept-encoding': 'gzip', ...condition },
          fail,
          silenceMs: 0,
          follow: (from, location) => pageHop(from, location, project),
        },
        deadline,
      )
      const conditional = Object.keys(condition).length > 0
      const { maxBytes, behind = false } = request
      const reading = { fail, absentOn, maxBytes, behind, conditional }
      return readPage(answer, reading, (sent) => read(sent, reading))
    }
    return asked(question, totalMs, ask).finally(() => deadline.clear())
  }

  /** Waits for what is under way, then breaks it off: undici's own `destroy` does nothing more once it is closing. */
  async function drained(withinMs: number): Promise<void> {
    const breakOff = () => {
      for (const stop of line.underway)
        stop.abort(new UpstreamError(name, 'connect', 'Broken off: the client was closed'))
    }
    const timer = withinMs === Infinity ? undefined : setTimeout(breakOff, withinMs)
    closing ??= dispatcher.close()
    await closing
    clearTimeout(timer)
  }

  return {
    getPage: (url, request) => askPage(url, request, wholeBody),
    streamPage: (url, request, read) =>
      askPage(url, request, (sent, reading) => read(sent.head, bodyPieces(sent, reading))),

    async openFile(url, { rangeStart, ifRange } = {}): Promise<FileReply> {
      const isRange = rangeStart !== undefined && rangeStart > 0
      const { answer, fail } = await fileAnswer('GET', url, {
        ...(isRange && { range: `bytes=${rangeStart}-` }),
        ...(isRange && ifRange !== undefined && isFieldValue(ifRange) && { 'if-range': ifRange }),
      })
      return readFileReply(answer, { fail, absentOn, rangeStart: isRange ? rangeStart : undefined })
    },

    async readPart(url, part) {
      const deadline = openDeadline()
      deadline.limit(
        timeoutMs,
        () => new UpstreamError(name, 'timeout', `A part of a file did not come in ${timeoutMs} ms`),
      )
      try {
        const { answer, fail } = await fileAnswer('GET', url, { range: rangeOf(part) }, deadline)
        return await readPartReply(answer, { fail, absentOn, part })
      } finally {
        deadline.clear()
      }
    },

    async headFile(url) {
      const { answer, fail } = await fileAnswer('HEAD', url, {})
      const { status, fields } = answer
      if (status !== 200 && !isAbsent(status, absentOn)) throw uselessAnswer(answer, fail)
      discard(answer)
      if (status !== 200) return undefined
      const size = contentLength(fields)
      const validator = validatorOf(fields)
      return { ...(size !== undefined && { size }), ...(validator && { validator }) }
    },

    close: (withinMs = closeWithinMs) => drained(withinMs),
  }
}
