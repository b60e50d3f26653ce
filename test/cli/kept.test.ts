import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [corp, pypi] = [
    await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] }),
    await simpleUpstream({ acme: [upstreamFile('acme-99.0.tar.gz')] }),
  ]
  const rules = join(folder, 'rules.json')
  writeFileSync(
    rules,
    JSON.stringify({
      upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
      indexes: { default: { upstreams: ['corp', 'pypi'] } },
    }),
  )
  const places = ['--rules', rules, '--data', join(folder, 'data')]
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...places], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill())
  const origin = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) =>
      resolve(line.replace('Unidex serves ', '').replace('/simple/', '')),
    )
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const accept = { accept: 'application/vnd.pypi.simple.v1+json', 'cache-control': 'no-cache' }
  return {
    corp,
    pypi,
    get: (path: string) => fetch(new URL(path, origin), { headers: accept }),
    /** Filenames, or the status. */
    async files() {
      const response = await fetch(`${origin}/simple/acme/`, { headers: accept })
      if (response.status !== 200) return response.status
      return ((await response.json()) as { files: { filename: string; url: string }[] }).files
    },
    /** Does not block this process, whose servers the command may ask. */
    run: (...words: string[]) =>
      new Promise<{ code: number | null; output: string }>((resolve) => {
        const command = spawn(process.execPath, [MAIN, ...words, ...places], { stdio: ['ignore', 'pipe', 'inherit'] })
        let output = ''
        command.stdout.on('data', (chunk) => (output += String(chunk)))
        command.once('close', (code) => resolve({ code, output }))
      }),
  }
}

const names = (files: unknown) =>
  Array.isArray(files) ? files.map(({ filename }: { filename: string }) => filename) : files

it('a running server notices that a name was let go', async () => {
  const { files, corp, run } = await setUp()
  expect(names(await files())).toEqual(['acme-1.0.tar.gz'])
  corp.projects = {}
  await expect.poll(async () => files(), { timeout: 10_000 }).toBe(404)
  expect(await run('forget', 'Acme')).toEqual({
    code: 0,
    output: expect.stringContaining('acme is let go; it was held by corp'),
  })
  await expect.poll(async () => names(await files()), { timeout: 10_000 }).toEqual(['acme-99.0.tar.gz'])
})

it('a file that changed after it was delivered is withheld until it is accepted', async () => {
  const { files, get, corp, run } = await setUp()
  const [file] = (await files()) as { url: string }[]
  const path = new URL(file?.url ?? '', 'http://x/simple/acme/').pathname
  expect((await get(path)).status).toBe(200)
  corp.projects = { acme: [upstreamFile('acme-1.0.tar.gz', 'other content')] }
  await expect.poll(async () => names(await files()), { timeout: 10_000 }).toEqual([])
  const refused = await get(path)
  expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('hash has changed')])
  expect(await run('accept', 'acme-2.0.tar.gz')).toMatchObject({ code: 1 })
  expect(await run('accept', 'acme-1.0.tar.gz')).toEqual({
    code: 0,
    output: expect.stringContaining('is accepted with sha256'),
  })
  await expect.poll(async () => names(await files()), { timeout: 10_000 }).toEqual(['acme-1.0.tar.gz'])
  expect(await (await get(path)).text()).toBe('other content')
})

it('a command on a folder without a state makes none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const words of [
    ['forget', 'acme'],
    ['refresh', 'acme'],
    ['accept', 'acme-1.0.tar.gz'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words, '--data', join(folder, 'data')], {
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([2, expect.stringContaining('There is no state at')])
  }
})
