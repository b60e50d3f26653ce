/** `unidex explain` as people and programs run it: a process of its own, with upstreams that answer. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseName } from '../../src/simple/name.ts'
import { openState } from '../../src/store/sqlite-state.ts'
import { type UpstreamFile, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const DAY_MS = 24 * 60 * 60 * 1000

type Projects = Record<string, readonly UpstreamFile[]>

interface Told {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

async function setUp({
  corp: ofCorp = {},
  pypi: ofPypi = {},
  ...more
}: {
  readonly corp?: Projects
  readonly pypi?: Projects
  readonly ofCorp?: object
  readonly ofPypi?: object
  readonly rules?: readonly object[]
}) {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-explain-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [corp, pypi] = [await simpleUpstream(ofCorp), await simpleUpstream(ofPypi)]
  const rules = join(folder, 'rules.json')
  const write = (upstreams: object) =>
    writeFileSync(
      rules,
      JSON.stringify(
        { upstreams, indexes: { default: { upstreams: ['corp', 'pypi'], rules: more.rules ?? [] } } },
        null,
        2,
      ),
    )
  write({ corp: { url: corp.url, ...more.ofCorp }, pypi: { url: pypi.url, ...more.ofPypi } })
  const data = join(folder, 'data')
  const places = ['--rules', rules, '--data', data]
  const spawned = (words: readonly string[], uid?: number) =>
    new Promise<Told>((resolve) => {
      const child = spawn(process.execPath, [MAIN, 'explain', ...places, ...words], {
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(uid !== undefined && { uid, gid: uid }),
      })
      let [output, errors] = ['', '']
      child.stdout.on('data', (chunk) => (output += String(chunk)))
      child.stderr.on('data', (chunk) => (errors += String(chunk)))
      child.once('close', (code) => resolve({ code, output, errors }))
    })
  return {
    corp,
    pypi,
    folder,
    data,
    rules,
    explain: (...words: string[]) => spawned(words),
    spawned,
    async json(...words: string[]) {
      return JSON.parse((await spawned([...words, '--json'])).output) as Record<string, unknown>
    },
    async serve() {
      const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...places], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      onTestFinished(() => void child.kill())
      const ended = new Promise((resolve) => child.once('exit', resolve))
      const url = await new Promise<string>((resolve, reject) => {
        createInterface(child.stdout).once('line', (line) => resolve(line.replace('Unidex serves ', '')))
        child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
      })
      return { url, end: () => (child.kill(), ended) }
    },
  }
}

const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString()

describe('unidex explain', () => {
  it('says what is served and from where, leaves nothing behind, and exits with 0', async () => {
    const { explain, data } = await setUp({ pypi: { six: [upstreamFile('six-1.0.tar.gz')] } })
    const { code, output, errors } = await explain('Six')
    expect([code, errors]).toEqual([0, ''])
    expect(output.split('\n')[0]).toBe('six is served with 1 file from pypi')
    expect(output).toContain('corp: does not have it, asked just now')
    expect(output).toContain('served  six-1.0.tar.gz from pypi')
    expect(output).not.toMatch(/[^\P{Cc}\n]/u)
    expect(existsSync(data)).toBe(false)
  })

  it('of a version under a cooldown tells until when, and the rule that lets it through', async () => {
    const files = [
      upstreamFile('boto3-1.0.tar.gz', 'a', { 'upload-time': daysAgo(9) }),
      upstreamFile('boto3-1.1.tar.gz', 'b', { 'upload-time': daysAgo(1) }),
    ]
    const { explain, json } = await setUp({ pypi: { boto3: files }, ofPypi: { cooldown: '3d' } })
    const { code, output } = await explain('boto3==1.1')
    expect([code, output.split('\n')[0]]).toEqual([1, 'boto3 1.1 is not served: its only file is hidden'])
    expect(output).toContain('{ "projects": ["boto3"], "cooldown": "0d" } as the first rule of index "default"')
    const { served, newest, reasons } = await json('boto3==1.1')
    expect([served, newest]).toEqual([false, { version: '1.0', upstreams: ['pypi'] }])
    expect(reasons).toMatchObject([{ files: ['boto3-1.1.tar.gz'], until: expect.stringMatching(/^\d{4}-.*T.*Z$/) }])
    expect(await explain('boto3-1.0.tar.gz')).toMatchObject({ code: 0 })
    expect(await explain('boto3-1.1.tar.gz')).toMatchObject({ code: 1 })
  })

  it('the rule that it names lets the version through', async () => {
    const { explain } = await setUp({
      pypi: { boto3: [upstreamFile('boto3-1.1.tar.gz', 'b', { 'upload-time': daysAgo(1) })] },
      ofPypi: { cooldown: '3d' },
      rules: [{ projects: ['boto3'], cooldown: '0d' }],
    })
    expect(await explain('boto3==1.1')).toMatchObject({ code: 0 })
  })

  it('of a private name says whose it is, and nobody else hears it', async () => {
    const { explain, pypi } = await setUp({
      pypi: { 'acme-core': [upstreamFile('acme_core-99.0.tar.gz')] },
      ofCorp: { private: true, owns: ['acme-*'] },
    })
    const { code, output } = await explain('acme-core')
    expect(code).toBe(1)
    expect(output).toContain('acme-core belongs to upstream "corp", which does not have it')
    expect(output).toContain('pypi was not asked: the name belongs to corp alone')
    expect(pypi.requests).toEqual([])
  })

  it('a name that only the list of a private upstream has is asked of nobody else either', async () => {
    const { explain, corp, pypi } = await setUp({
      corp: { 'acme-core': [] },
      pypi: { 'acme-core': [upstreamFile('acme_core-99.0.tar.gz')] },
      ofCorp: { private: true },
    })
    corp.instead = (request, response) => {
      if (request.url !== '/simple/acme-core/') return false
      response.writeHead(404).end()
      return true
    }
    const { code, output } = await explain('acme-core')
    expect([code, output]).toEqual([1, expect.stringContaining('its own list of projects has it')])
    expect(pypi.requests).toEqual([])
  })

  it('of a version that nobody has names who was asked, and what is newest there', async () => {
    const { explain } = await setUp({
      pypi: { six: [upstreamFile('six-1.0.tar.gz'), upstreamFile('six-1.10.tar.gz')] },
    })
    const { code, output } = await explain('six==9')
    expect([code, output.split('\n')[0]]).toEqual([1, 'six 9 is not served'])
    expect(output).toContain('but not version 9; the newest version there is 1.10')
    expect(output).toContain('corp does not have it, asked just now')
  })

  it('says why a build of another index is taken', async () => {
    const { json } = await setUp({
      corp: { torch: [upstreamFile('torch-2.0+cpu-cp313-cp313-linux_x86_64.whl')] },
      pypi: { torch: [upstreamFile('torch-2.0-cp313-cp313-manylinux_2_28_x86_64.whl')] },
      rules: [{ projects: ['torch'], upstreams: ['corp', 'pypi'], strategy: 'by-version' }],
    })
    const { newest, settings, served } = await json('torch==2.0')
    expect([served, newest]).toMatchObject([true, { version: '2.0+cpu', upstreams: ['corp'] }])
    expect((newest as { why: string }).why).toContain('newer than 2.0 of pypi')
    expect(settings).toMatchObject([{ setting: 'upstreams', value: 'corp, pypi' }, { setting: 'strategy' }])
  })

  it('says the same beside a running server, offline, and changes no fact there', async () => {
    const { explain, serve, data, folder, corp, pypi, json } = await setUp({
      pypi: { six: [upstreamFile('six-1.0.tar.gz')] },
      rules: [{ projects: ['six'], upstreams: ['pypi'] }],
    })
    const { url } = await serve()
    expect((await fetch(`${url}six/`)).status).toBe(200)
    const asked = pypi.requests.length
    const { code, output } = await explain('six', '--offline')
    expect([code, output.split('\n')[0]]).toEqual([0, 'six is served with 1 file from pypi'])
    expect(pypi.requests.length).toBe(asked)
    // An experiment that calls PyPI private must not make names its own for the server.
    const trial = join(folder, 'trial.json')
    writeFileSync(
      trial,
      JSON.stringify({
        upstreams: { corp: { url: corp.url }, trial: { url: pypi.url, private: true } },
        indexes: { default: { upstreams: ['trial'] } },
      }),
    )
    expect(await json('six', '--rules', trial)).toMatchObject({ served: true })
    const state = openState(join(data, 'state'), { create: false })
    onTestFinished(() => state.close())
    const six = parseName('six')
    expect(six && [state.ownersOf(six), state.listed()]).toEqual([[], []])
  })

  it.each(['ended', 'runs'])('looks at a folder that may only be read, whose server %s', async (state) => {
    const { serve, spawned, data, folder, pypi } = await setUp({
      pypi: { six: [upstreamFile('six-1.0.tar.gz')] },
      rules: [{ projects: ['six'], upstreams: ['pypi'] }],
    })
    const { url, end } = await serve()
    expect((await fetch(`${url}six/`)).status).toBe(200)
    if (state === 'ended') await end()
    for (const path of [folder, data, join(data, 'state'), join(data, 'cache')]) {
      chmodSync(path, 0o555)
      onTestFinished(() => chmodSync(path, 0o755))
    }
    for (const which of ['state', 'cache']) {
      for (const name of readdirSync(join(data, which)))
        chmodSync(join(data, which, name), name === 'files' ? 0o555 : 0o444)
    }
    const asked = pypi.requests.length
    // Whoever may write everything is made somebody else.
    const { code, output, errors } = await spawned(['six', '--offline'], process.getuid?.() === 0 ? 65_534 : undefined)
    expect([code, errors, output.split('\n')[0]]).toEqual([0, '', 'six is served with 1 file from pypi'])
    expect(pypi.requests.length).toBe(asked)
  })

  it('shows the newest of many files, and all of them with --all', async () => {
    const files = Array.from({ length: 60 }, (_, i) => upstreamFile(`six-1.${i}.tar.gz`))
    const { explain } = await setUp({ pypi: { six: files } })
    const folded = (await explain('six')).output
    expect(folded).toContain('… and 48 older versions with 48 files')
    expect(folded.split('\n').length).toBeLessThan(30)
    expect((await explain('six', '--all')).output.match(/served {2}six-/g)).toHaveLength(60)
  })

  it('lets no text of an upstream reach the terminal as a command', async () => {
    const { explain } = await setUp({
      pypi: { six: [upstreamFile('six-1.0.tar.gz', 'x', { yanked: 'red \u001b[31m\u202ereverse' })] },
    })
    const { output } = await explain('six')
    expect(output).toContain('yanked: red')
    expect(output).not.toMatch(/\p{Cf}|[^\P{Cc}\n]/u)
  })

  it('gives programs every key, and moments as ISO 8601', async () => {
    const { json, rules } = await setUp({
      pypi: { six: [upstreamFile('six-1.0.tar.gz', 'x', { 'upload-time': daysAgo(1) })] },
      ofPypi: { cooldown: '3d' },
    })
    const said = await json('six==1.0', '--index', 'default@2030-01-01')
    expect(Object.keys(said)).toEqual(
      [
        'version',
        'served',
        'newest',
        'reasons',
        'rules',
        'project',
        'index',
        'asOf',
        'outcome',
        'summary',
        'until',
        'settings',
        'upstreams',
        'files',
      ].filter((key) => key !== 'newest'),
    )
    expect(said).toMatchObject({ version: '1.0', rules, asOf: '2030-01-02T00:00:00.000Z' })
    const numbers = JSON.stringify(said).match(/"(?:until|since|checkedAt|freshUntil)":\d/g)
    expect(numbers).toBeNull()
  })

  it.each([
    [['six', 'seven'], 'explain takes one project'],
    [['six=='], 'is no project'],
    [['torch[cuda]'], 'is no project'],
    [['six', '--index', 'nope'], 'There is no index "nope"'],
    [['six', '--index', 'default@yesterday'], 'Behind "@" stands a date'],
  ])('refuses %j', async (words, why) => {
    const { explain } = await setUp({})
    expect(await explain(...words)).toMatchObject({ code: 2, output: '', errors: expect.stringContaining(why) })
  })
})
