/** The commands about counts, as a user runs them. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dayAfter, dayOf } from '../../src/stats/day.ts'
import { openState } from '../../src/store/sqlite-state.ts'
import { sqliteStats } from '../../src/store/sqlite-stats.ts'
import { name } from '../support/build.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const TODAY = dayOf(Date.now())
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'stats', ...words, '--data', data], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    })
    return { status, stdout, stderr }
  }
  const json = (...words: string[]) => JSON.parse(run(...words, '--json').stdout)
  const count = (day: string, filename: string, client: string, count: number) => {
    const stats = sqliteStats(join(data, 'state'), { busyMs: 1000 })
    const [project = ''] = filename.split('-')
    const file = { project: name(project), filename, upstream: 'pypi', isPrivate: false }
    stats.add([{ day, file, client, count }])
    stats.close()
  }
  return { folder, data, run, json, count }
}

describe('stats', () => {
  it('shows who is on top, and a project by version, client and upstream', () => {
    const { run, count } = setUp()
    count(dayAfter(TODAY, -1), 'tool-1.0.tar.gz', 'pip/26.3', 1)
    count(TODAY, 'tool-2.0.tar.gz', 'uv/0.13.9', 1999)
    count(TODAY, 'other-2.0.tar.gz', 'uv/0.13.9', 5)
    expect(run('--days', '3').stdout).toBe(`2,005 downloads of 2 projects in 3 days

   ▁█
  ${dayAfter(TODAY, -2)} to ${TODAY}, at most 2,004 on ${TODAY}

  tool   2,000   ▁█
  other      5    █
`)
    expect(run('Tool', '--days', '2').stdout).toBe(`tool: 2,000 downloads in 2 days

  ▁█
  ${dayAfter(TODAY, -1)} to ${TODAY}, at most 1,999 on ${TODAY}

By version
  2.0  1,999  ████████████████████████
  1.0      1

By client
  uv/0.13.9  1,999  ████████████████████████
  pip/26.3       1

From upstream
  pypi  2,000  ████████████████████████
`)
  })

  it('gives the same as JSON', () => {
    const { json, count } = setUp()
    count(TODAY, 'tool-2.0.tar.gz', 'uv/0.13.9', 3)
    expect(json('tool', '--days', '1')).toEqual({
      first: TODAY,
      last: TODAY,
      project: 'tool',
      total: 3,
      days: [{ day: TODAY, count: 3 }],
      versions: [{ name: '2.0', count: 3, days: [3] }],
      clients: [{ name: 'uv/0.13.9', count: 3, days: [3] }],
      upstreams: [{ name: 'pypi', count: 3, days: [3] }],
    })
  })

  it('makes nothing where nothing was counted', () => {
    const { run, folder } = setUp()
    expect(run()).toMatchObject({ status: 0, stdout: 'Nothing was counted yet.\n' })
    expect(readdirSync(folder)).toEqual([])
  })

  it('says how it is used', () => {
    const { run } = setUp()
    expect(run('--days', '0')).toMatchObject({ status: 2 })
    expect(run('not a name')).toMatchObject({ status: 2 })
    expect(run('export')).toMatchObject({ status: 2 })
  })

  it('exports a folder for any web server, and touches only what has changed', () => {
    const { run, count, folder } = setUp()
    const out = join(folder, 'www', 'local-stats')
    count(dayAfter(TODAY, -1), 'tool-1.0.tar.gz', 'pip/26.3', 1)
    run('export', out)
    const yesterday = join(out, 'days', `${dayAfter(TODAY, -1)}.bz2`)
    expect(execFileSync('bzip2', ['-dc', yesterday], { encoding: 'utf8' })).toBe(
      '# package,filename,useragent,count\ntool,tool-1.0.tar.gz,pip/26.3,1\n',
    )
    const before = statSync(yesterday).ino
    count(TODAY, 'tool-1.0.tar.gz', 'pip/26.3', 7)
    expect(run('export', out).stdout).toMatch(/; [4-6] of them are new or changed/)
    expect(statSync(yesterday).ino).toBe(before)
    expect(readFileSync(join(out, 'days', `${TODAY}.csv`), 'utf8')).toContain(',7\n')
  })
})

describe('a server that is killed', () => {
  it('has counted what it wrote down before', async () => {
    const { folder, data, json } = setUp()
    const pypi = await simpleUpstream({ tool: [upstreamFile('tool-1.0.tar.gz')] })
    const rules = join(folder, 'rules.json')
    const indexes = { default: { upstreams: ['pypi'] } }
    writeFileSync(rules, JSON.stringify({ upstreams: { pypi: { url: pypi.url } }, indexes }))
    const words = ['serve', '--port', '0', '--rules', rules, '--data', data, '--workers', '2']
    const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [said] = await new Promise<string[]>((resolve) =>
      createInterface(child.stdout).once('line', (...lines) => resolve(lines)),
    )
    const origin = String(said).replace('Unidex serves ', '').replace('/simple/', '')
    const path = `/files/pypi/${new URL(pypi.url).host}/files/tool-1.0.tar.gz`
    // Each on a connection of its own, so that several workers count.
    for (let i = 0; i < 10; i += 1)
      await (await fetch(origin + path, { headers: { connection: 'close', 'user-agent': 'pip/26.3' } })).arrayBuffer()
    await expect.poll(() => json('tool').total, { timeout: 15_000, interval: 500 }).toBe(10)
    child.kill('SIGKILL')
    expect(json('tool')).toMatchObject({ total: 10, clients: [{ name: 'pip/26.3', count: 10 }] })
  })
})

describe('stats import', () => {
  const line = (filename: string, more = '') =>
    `10.0.0.1 - - [${TODAY.slice(8)}/${MONTHS[Number(TODAY.slice(5, 7)) - 1]}/${TODAY.slice(0, 4)}:00:00:01 +0000] "GET ${filename} HTTP/1.1" 200 9000 "-" "pip/26.3${more}"\n`

  it('counts downloads of a mirror, of a plain log as well as of a packed one, once', () => {
    const { run, json, folder } = setUp()
    const [log, packed] = [join(folder, 'access.log'), join(folder, 'access.log.2.gz')]
    const text = line('/packages/aa/tool-1.0.tar.gz') + line('/simple/tool/') + line('/packages/bb/tool-2.0.tar.gz')
    writeFileSync(log, `${text}nonsense \u001b[31m\n`)
    writeFileSync(packed, gzipSync(`${text}nonsense \u001b[31m\n`))
    expect(run('import', log)).toMatchObject({
      status: 0,
      stdout: `${log}: 2 downloads in 4 lines; 1 line that cannot be read\n  cannot be read: nonsense \\u001b[31m\n`,
    })
    expect(run('import', packed, log).stdout).toBe(
      `${packed}: all of it was counted before, as "${log}"\n${log}: all of it was counted before, as "${log}"\n`,
    )
    appendFileSync(log, line('/packages/aa/tool-1.0.tar.gz'))
    expect(run('import', log).stdout).toContain('1 download in 1 line, behind what was counted before')
    expect(json('tool')).toMatchObject({ total: 3, clients: [{ name: 'pip/26.3', count: 3 }] })
  })

  it('counts nothing of a log that is damaged or not there, and goes on with the others', () => {
    const { run, json, folder } = setUp()
    const [cut, log] = [join(folder, 'cut.gz'), join(folder, 'access.log')]
    writeFileSync(cut, gzipSync(line('/packages/aa/tool-1.0.tar.gz').repeat(1000)).subarray(0, -20))
    writeFileSync(log, line('/packages/aa/tool-1.0.tar.gz'))
    const { status, stderr } = run('import', cut, join(folder, 'missing.log'), log)
    expect(status).toBe(1)
    expect(stderr.match(/nothing of it is counted/g)).toHaveLength(2)
    expect(json('tool').total).toBe(1)
  })

  it('does not publish names that are owned, by the rules or by what is remembered, whichever server had the log', () => {
    const { run, json, folder, data } = setUp()
    const [log, rules] = [join(folder, 'access.log'), join(folder, 'rules.json')]
    const state = openState(join(data, 'state'), { create: true })
    state.own('corp', name('remembered'))
    state.close()
    const corp = { url: 'https://corp.example/simple/', private: true, owns: ['acme-*'] }
    writeFileSync(rules, JSON.stringify({ upstreams: { corp }, indexes: { default: { upstreams: ['corp'] } } }))
    writeFileSync(log, ['acme_core', 'remembered', 'tool'].map((each) => line(`/packages/${each}-1.0.tar.gz`)).join(''))
    run('import', log, '--rules', rules)
    run('export', join(folder, 'out'))
    expect(json('acme-core').total).toBe(1)
    const published = readFileSync(join(folder, 'out', 'days', `${TODAY}.csv`), 'utf8')
    expect(published).toBe('package,filename,useragent,count\ntool,tool-1.0.tar.gz,pip/26.3,1\n')
  })

  it('does not publish what an upstream gave that the rules do not know', () => {
    const { run, json, folder } = setUp()
    const log = join(folder, 'access.log')
    writeFileSync(
      log,
      line('/files/pypi/files.pythonhosted.org/packages/tool-1.0.tar.gz') + line('/files/corp/host/acme-1.0.tar.gz'),
    )
    run('import', log)
    expect(json('acme').total).toBe(1)
    run('export', join(folder, 'out'))
    const published = readFileSync(join(folder, 'out', 'days', `${TODAY}.csv`), 'utf8')
    expect(published).toBe('package,filename,useragent,count\ntool,tool-1.0.tar.gz,pip/26.3,1\n')
  })
})
