/** Unidex behind a real port of 127.0.0.1, for tests of what comes over the wire. */
import { onTestFinished } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { type ServerLimits, listen } from '../../src/http/server.ts'
import { type TestOptions, type TestUnidex, startUnidex } from './unidex.ts'

export interface Serving extends TestUnidex {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  drain(deadlineMs?: number): Promise<number>
}

export interface ServingOptions extends TestOptions {
  readonly limits?: Partial<ServerLimits>
  /** Answers to whichever `Host`, as a server does that others may reach. */
  readonly open?: boolean
}

/** Started for one test, and ended after it. */
export async function serveUnidex(
  rules: unknown,
  { limits = {}, open = false, ...options }: ServingOptions = {},
): Promise<Serving> {
  const started = await startUnidex(rules, options)
  const { unidex, events, clock } = started
  const report = (level: (typeof events)[number]['level'], event: string, fields = {}) =>
    void events.push({ level, event, fields })
  const { handle, atHand } = open
    ? createApp({ current: unidex.current, report, now: clock.now, loopbackOnly: false })
    : unidex
  const server = await listen(handle, { host: '127.0.0.1', port: 0, limits, atHand, report })
  onTestFinished(() => void server.drain(0))
  return { ...started, origin: server.origin, drain: (deadlineMs = 0) => server.drain(deadlineMs) }
}
