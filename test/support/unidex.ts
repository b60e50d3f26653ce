/** Unidex on the upstreams of a test, without a port: requests go to its handler. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Unidex, assemble } from '../../src/assemble.ts'
import { readRules } from '../../src/config/read-rules.ts'
import type { Field, Level } from '../../src/log/report.ts'
import { openMetrics } from '../../src/metrics/metrics.ts'
import { openDiskFileStore } from '../../src/store/disk-file-store.ts'
import type { FileStore } from '../../src/store/file-store.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import type { PageStore } from '../../src/store/page-store.ts'
import type { DownloadStats } from '../../src/stats/download-stats.ts'
import type { State } from '../../src/store/state.ts'
import { fakeClock } from './fake-index.ts'
import { memoryPageStore } from './memory-page-store.ts'

export interface TestUnidex {
  /** `path` may be a whole URL; without one it is asked at 127.0.0.1. */
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Response>
  json(path: string): Promise<{ name: string; files: Record<string, unknown>[]; [key: string]: unknown }>
  /** Filenames of a project's page. */
  files(project: string, index?: string): Promise<string[]>
  readonly events: { level: Level; event: string; fields: Readonly<Record<string, Field>> }[]
  readonly clock: ReturnType<typeof fakeClock>
  readonly unidex: Unidex
  readonly folder: string
  reload(rules: unknown): void
}

export interface TestOptions {
  readonly state?: State
  readonly stats?: DownloadStats
  readonly files?: FileStore
  readonly pages?: PageStore
  readonly environment?: Record<string, string>
  readonly offline?: boolean
  /** How host names become addresses. */
  readonly lookup?: LookupFunction
  /** Takes what is done at the end of the test: that of the test's context, where tests run at the same time. */
  readonly atEnd?: (cleanUp: () => Promise<void> | void) => void
}

export async function startUnidex(rules: unknown, options: TestOptions = {}): Promise<TestUnidex> {
  const { atEnd = onTestFinished } = options
  const folder = mkdtempSync(join(tmpdir(), 'unidex-test-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  const clock = fakeClock(Date.now())
  const events: TestUnidex['events'] = []
  const read = (text: unknown) => readRules(JSON.stringify(text), { file: 'merge-rules.json', strict: false })
  const metrics = openMetrics()
  const report = metrics.counting((level, event, fields = {}) => events.push({ level, event, fields }))
  const unidex = assemble({
    config: read(rules),
    pages: options.pages ?? memoryPageStore(),
    files: options.files ?? (await openDiskFileStore(join(folder, 'files'), { report: () => {} })),
    state: options.state ?? memoryState(),
    ...(options.stats && { stats: options.stats }),
    report,
    metrics,
    environment: options.environment ?? {},
    userAgent: 'unidex/test',
    offline: options.offline ?? false,
    loopbackOnly: true,
    ...(options.lookup && { lookup: options.lookup }),
    now: clock.now,
  })
  atEnd(() => unidex.close())

  const get: TestUnidex['get'] = async (path, headers = {}, method = 'GET') =>
    unidex.handle(
      new Request(new URL(path, 'http://127.0.0.1:8642/'), { method, headers: { host: '127.0.0.1:8642', ...headers } }),
    )
  const json: TestUnidex['json'] = async (path) => {
    const response = await get(path, { accept: 'application/vnd.pypi.simple.v1+json' })
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Awaited<ReturnType<TestUnidex['json']>>
  }
  return {
    get,
    json,
    files: async (project, index) =>
      (await json(`${index === undefined ? '' : `/${index}`}/simple/${project}/`)).files.map((each) =>
        String(each['filename']),
      ),
    events,
    clock,
    unidex,
    folder,
    reload: (text) => unidex.reload(read(text)),
  }
}
