import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

const label = (url: string) => `${new URL(url).host}/simple`

async function setUp(upstream: (urls: { own: string; mirror: string; gone: string }) => object) {
  const projects = { pip: [upstreamFile('pip-1.0.tar.gz')] }
  const [own, mirror, gone] = [await simpleUpstream(projects), await simpleUpstream(projects), await simpleUpstream()]
  await gone.stop()
  mirror.instead = ({ url }, response) => url === '/last-modified' && Boolean(response.end('20200101T00:00:00'))
  const folder = mkdtempSync(join(tmpdir(), 'unidex-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const rules = join(folder, 'rules.json')
  const up = upstream({ own: own.url, mirror: mirror.url, gone: gone.url })
  writeFileSync(rules, JSON.stringify({ upstreams: { up }, indexes: { default: { upstreams: ['up'] } } }))
  const run = (...words: string[]) =>
    new Promise<{ code: number | null; output: string }>((resolve) => {
      const child = spawn(process.execPath, [
        MAIN,
        'mirrors',
        '--rules',
        rules,
        '--data',
        join(folder, 'data'),
        ...words,
      ])
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)))
      child.once('close', (code) => resolve({ code, output }))
    })
  return { own, mirror, gone, run }
}

it('says in which order the addresses of an upstream would be asked, and why', async () => {
  const { own, mirror, gone, run } = await setUp((urls) => ({ url: urls.own, mirrors: [urls.mirror, urls.gone] }))
  const { code, output } = await run()
  const [title, first, second, third] = output.split('\n')
  expect(title).toBe('Upstream up, asked for pip')
  expect(first).toMatch(new RegExp(`^   1  ${label(own.url)}  \\d+ ms, its own address$`))
  expect(second).toMatch(
    new RegExp(
      `^   2  ${label(mirror.url)}  \\d+ ms, behind: it was brought up to date \\d+ (hours|minutes|days) ago$`,
    ),
  )
  expect(third).toBe(`   –  ${label(gone.url)}  down: GET /simple/pip/ failed: no connection (ECONNREFUSED)`)
  expect(code).toBe(0)
})

it('says the same as JSON', async () => {
  const { own, run } = await setUp((urls) => ({ url: urls.own, mirrors: [urls.gone] }))
  const { output } = await run('--json')
  expect(JSON.parse(output)).toMatchObject({
    upstreams: [
      {
        upstream: 'up',
        project: 'pip',
        addresses: [{ label: label(own.url), isOwn: true, state: 'ready' }, { state: 'down' }],
      },
    ],
  })
})

it('fails where an upstream cannot be reached at any of its addresses', async () => {
  const { run } = await setUp((urls) => ({ url: urls.gone, mirrors: [urls.gone.replace('/simple/', '/other/')] }))
  expect((await run()).code).toBe(1)
})

it('has nothing to say where no upstream has mirrors', async () => {
  const { run } = await setUp((urls) => ({ url: urls.own }))
  expect(await run()).toEqual({ code: 0, output: 'No upstream has mirrors.\n' })
})
