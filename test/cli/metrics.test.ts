/** Figures that only a whole server has: of its connections, its folders and its process. */
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../journey/support/programs.ts'
import { serve } from '../journey/support/server.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const LARGE = Buffer.alloc(3_000_000)

it('a running server says what it sent and keeps, and how the process is', async () => {
  const pypi = await simpleUpstream({ big: [upstreamFile('big-1.0.tar.gz', LARGE)] })
  const rules = { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'] } } }
  const server = await serve({ folder: temporaryFolder(), rules })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  const text = async (path: string) => (await fetch(server.origin + path)).text()
  const figures = async () => {
    const lines = (await text('/metrics')).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(lines.map((line) => line.split(' ') as [string, string]))
  }
  const figure = async (name: string) => Number((await figures()).get(name))

  expect(await figure('unidex_sent_bytes_total')).toBeLessThan(LARGE.length)
  await text(`/files/pypi/${new URL(pypi.url).host}/files/big-1.0.tar.gz`)
  expect(await figure('unidex_sent_bytes_total')).toBeGreaterThan(LARGE.length)
  expect(await figure('unidex_fetched_bytes_total{upstream="pypi"}')).toBeGreaterThan(LARGE.length)
  // The files are counted behind the first one that is stored.
  await expect.poll(() => figure('unidex_kept_files_bytes'), { timeout: 10_000 }).toBe(LARGE.length)
  expect(await figure('unidex_kept_pages_bytes')).toBeGreaterThan(0)
  expect(await figure('unidex_state_bytes')).toBeGreaterThan(0)
  expect(await figure('unidex_connections')).toBeGreaterThan(0)
  expect(await figure('process_resident_memory_bytes')).toBeGreaterThan(20e6)
  expect(await figure('process_cpu_seconds_total')).toBeGreaterThan(0)
  const startedAgoS = Date.now() / 1000 - (await figure('process_start_time_seconds'))
  expect(startedAgoS).toBeGreaterThan(0)
  expect(startedAgoS).toBeLessThan(120)
  expect((await figures()).has('nodejs_eventloop_lag_max_seconds')).toBe(true)
})
