/** A folder behind a plain web server, with no metadata, no hashes and no ranges: clients resolve without one wheel. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { CLIENT_PROGRAMS } from './support/clients.ts'
import {
  PROGRAMS,
  cleanEnvironment,
  describeWith,
  freePort,
  runWell,
  start,
  temporaryFolder,
} from './support/programs.ts'
import { serve } from './support/server.ts'
import { wheel } from './support/wheel.ts'

const BALLAST = Buffer.alloc(500_000, 'wheels are large. ')
const PARTS = 5

async function bareServer(): Promise<string> {
  const folder = temporaryFolder()
  for (let part = 0; part < PARTS; part += 1) {
    const requires = part + 1 < PARTS ? [`part-${part + 1}>=1`] : []
    mkdirSync(join(folder, `part-${part}`))
    for (const version of ['1.0', '1.1']) {
      const { filename, bytes } = wheel(`part_${part}`, version, { requires, ballast: BALLAST })
      writeFileSync(join(folder, `part-${part}`, filename), bytes)
    }
  }
  const port = await freePort()
  const words = ['-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', folder]
  const running = start(PROGRAMS.python, words)
  onTestFinished(async () => void (await running.end()))
  const url = `http://127.0.0.1:${port}/`
  await vi.waitFor(async () => fetch(url), { timeout: 30_000, interval: 100 })
  return url
}

describeWith(CLIENT_PROGRAMS)('a bare folder', () => {
  it.each(['uv', 'pip'])('%s resolves from it without a wheel', async (client) => {
    const url = await bareServer()
    const folder = temporaryFolder()
    const rules = { upstreams: { bare: { url } }, indexes: { default: { upstreams: ['bare'] } } }
    const { indexUrl, stderr, end } = await serve({ folder, rules })
    onTestFinished(async () => void (await end()))
    const [program, words] =
      client === 'uv'
        ? [PROGRAMS.uv, ['pip', 'install', '--dry-run', '--no-config', '--no-cache', '--default-index', indexUrl]]
        : [PROGRAMS.python, ['-m', 'pip', '--isolated', 'install', '--dry-run', '--no-cache-dir', '-i', indexUrl]]
    const python = client === 'uv' ? ['--python', PROGRAMS.python] : []
    const { output } = await runWell(program, [...words, ...python, 'part-0'], { environment: cleanEnvironment() })
    for (let part = 0; part < PARTS; part += 1) expect(output).toMatch(new RegExp(`part[-_]${part}(?:==|-)1\\.1`))
    // The log is written behind the answers.
    await end()
    const asked = stderr().match(/\/files\/\S+?\.whl(?:\.metadata)?\b(?!\.)/g) ?? []
    expect(asked.filter((path) => path.endsWith('-1.1-py3-none-any.whl.metadata'))).toHaveLength(PARTS)
    expect(asked.filter((path) => path.endsWith('.whl'))).toEqual([])
  })
})
