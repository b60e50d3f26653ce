/** The published package: installed as a user installs it, without a checkout, on the oldest Node that we promise. */
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { CHECKOUT, PROGRAMS, describeWith, run, runWell, start, temporaryFolder } from './support/programs.ts'
import { writeRules } from './support/server.ts'

describeWith(['node24'])('the published package', () => {
  let packed: { filename: string; files: { path: string }[] }
  let installed: string
  /** Node 24 comes before any other. */
  let environment: NodeJS.ProcessEnv

  beforeAll(async () => {
    const folder = temporaryFolder(afterAll)
    const { stdout } = await runWell('npm', ['pack', '--json', '--pack-destination', folder], { folder: CHECKOUT })
    packed = readPacked(stdout)
    installed = join(folder, 'installed')
    mkdirSync(installed)
    writeFileSync(join(installed, 'package.json'), '{ "private": true }')
    environment = { PATH: `${dirname(realpathSync(PROGRAMS.node24))}${delimiter}${process.env['PATH']}` }
    await runWell('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', join(folder, packed.filename)], {
      folder: installed,
      environment,
    })
  })

  const bin = () => join(installed, 'node_modules/.bin/unidex')

  it('holds what runs and what is read, and nothing else', () => {
    const top = new Set(packed.files.map(({ path }) => path.split('/')[0]))
    expect([...top].toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
      'LICENSE',
      'README.md',
      'dist',
      'merge-rules.example.json',
      'merge-rules.schema.json',
      'package.json',
    ])
    expect(packed.files.filter(({ path }) => path.startsWith('dist/') && !path.endsWith('.js'))).toEqual([])
  })

  it('brings no Node of its own', async () => {
    const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { folder: installed })
    expect(stdout).toContain('/hono')
    expect(stdout).not.toMatch(/\/node-(?:bin|linux|win|darwin)-/)
  })

  it('says its version', async () => {
    const { stdout } = await runWell(bin(), ['--version'], { environment })
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('serves a page by the rules of a file', async () => {
    const upstream = await simpleUpstream({ 'acme-core': [upstreamFile('acme_core-1.0-py3-none-any.whl')] })
    const folder = temporaryFolder()
    const rules = writeRules(folder, {
      upstreams: { corp: { url: upstream.url, private: true } },
      indexes: { default: { upstreams: ['corp'] } },
    })
    const running = start(bin(), ['serve', '--port', '0', '--data', join(folder, 'data'), '--rules', rules], {
      environment,
    })
    onTestFinished(async () => void (await running.end()))
    const [, indexUrl = ''] = await running.says(/^Unidex serves (\S+)$/m)
    const page = await fetch(`${indexUrl}acme-core/`)
    expect([page.status, page.headers.get('x-unidex-sources')]).toEqual([200, 'corp;fresh'])
    expect(await page.text()).toContain('acme_core-1.0-py3-none-any.whl')
    expect((await running.end()).code).toBe(0)
  })
})

/** What `npm pack --json` says; npm 12 gives an object by name where npm 11 gives a list. */
function readPacked(stdout: string) {
  // Scripts that npm runs before may have written lines of their own.
  const all: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))
  return (Array.isArray(all) ? all[0] : Object.values(all as object)[0]) as {
    filename: string
    files: { path: string }[]
  }
}
