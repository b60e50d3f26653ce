/** What the tests of the upstream client share: servers and clients that are closed when their test ends. */
import { onTestFinished } from 'vitest'
import { silent } from '../../src/log/report.ts'
import { type ClientOptions, openClient } from '../../src/upstream/client.ts'
import type { PageRequest, UpstreamClient } from '../../src/upstream/contract.ts'
import { UpstreamError } from '../../src/upstream/error.ts'
import {
  type HostileOptions,
  type HostileUpstream,
  openHostileUpstream,
  type Scenario,
  type Step,
} from '../support/hostile-upstream.ts'

export const ACCEPT = 'application/vnd.pypi.simple.v1+json, text/html;q=0.1'
export const PAGE: PageRequest = { accept: ACCEPT, maxBytes: 1024 * 1024 }

/** A scripted server for the test that calls. */
export async function server(script: Scenario | readonly Step[], options?: HostileOptions): Promise<HostileUpstream> {
  const upstream = await openHostileUpstream(script, options)
  onTestFinished(() => upstream.close())
  return upstream
}

/** A client of the index at `{url}simple/`. */
export function client(url: string, options: Partial<ClientOptions> = {}): UpstreamClient {
  const opened = openClient({
    name: 'corp',
    url: `${url}simple/`,
    filesAt: [url],
    absentOn: [],
    headers: [],
    userAgent: 'unidex/test',
    report: silent,
    environment: {},
    closeWithinMs: 0,
    ...options,
  })
  onTestFinished(() => opened.close())
  return opened
}

/** How `promise` failed, as far as callers may rely on it. */
export async function failure(promise: Promise<unknown>): Promise<UpstreamError> {
  const error = await promise.then(
    (value) => new Error(`Expected a failure, got ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  if (error instanceof UpstreamError) return error
  throw error
}

/** Every byte of a body. */
export async function whole(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
