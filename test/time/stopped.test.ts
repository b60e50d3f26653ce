/** A process that stood still (a debugger, a lid that was closed): what came meanwhile counts, and nobody is blamed for the delay. */
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { content } from '../disk/product.ts'
import { serve } from '../journey/support/server.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { pageOf, sendJson, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

/** The shortest that an upstream can be given. */
const TIMEOUT_MS = 1000

async function setUp() {
  const files = Array.from({ length: 20 }, (_, i) => upstreamFile(`lib-1.${i}.tar.gz`, content(`lib ${i}`, 200_000)))
  const pypi = await simpleUpstream({ lib: files })
  const rules = {
    upstreams: { pypi: { url: pypi.url, timeout: `${TIMEOUT_MS / 1000}s` } },
    indexes: { default: { upstreams: ['pypi'] } },
  }
  const server = await serve({ folder: temporaryFolder(), rules })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  /** Longer than an upstream may take. Time is what is tested here. */
  const standStill = async () => {
    server.process.kill('SIGSTOP')
    await sleep(TIMEOUT_MS * 1.5)
    server.process.kill('SIGCONT')
  }
  return { pypi, files, server, standStill }
}

it('the page that an upstream sent while we stood still is served', async () => {
  const { pypi, files, server, standStill } = await setUp()
  let held: ServerResponse | undefined
  pypi.instead = (_request, response) => {
    held = response
    return true
  }
  const answer = fetch(`${server.origin}/simple/lib/`)
  await expect.poll(() => held, { timeout: 10_000 }).toBeDefined()
  const stopped = standStill()
  if (held !== undefined) sendJson(held, pageOf('lib', files))
  await stopped
  expect((await answer).status).toBe(200)
  expect((await server.end()).stderr).not.toContain('upstream_left_alone')
})

it('an upstream that sent nothing is still given up', async () => {
  const { pypi, server, standStill } = await setUp()
  let isAsked = false
  pypi.instead = () => (isAsked = true)
  const answer = fetch(`${server.origin}/simple/lib/`)
  await expect.poll(() => isAsked, { timeout: 10_000 }).toBe(true)
  await standStill()
  expect((await answer).status).toBe(503)
})

it('clients who wait meanwhile get everything whole', async () => {
  const { pypi, files, server, standStill } = await setUp()
  const host = new URL(pypi.url).host
  const answers = files.map(async ({ filename }) => {
    const response = await fetch(`${server.origin}/files/pypi/${host}/files/${filename}`)
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
  })
  await expect.poll(() => pypi.requests.length, { timeout: 10_000 }).toBeGreaterThan(0)
  await standStill()
  expect(await Promise.all(answers)).toEqual(files.map(({ bytes }) => ({ status: 200, bytes })))
})
