/** Time travel: pip's and uv's own "as of" against PyPI resolves what our view of that moment gives to clients that know of none. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PROGRAMS, cleanEnvironment, describeWith, runWell, temporaryFolder } from './support/programs.ts'
import { type RunningServer, serve, unidex, writeRules } from './support/server.ts'

const PYPI = 'https://pypi.org/simple/'
const PROJECTS = ['boto3', 'rich', 'six']
/** As a view names it, and the same moment as the clients do: a day is part of its view to its end, in UTC. */
const MOMENTS = [
  ['2023-05-17', '2023-05-18T00:00:00Z'],
  ['2024-02-29T06:30:00Z', '2024-02-29T06:30:00Z'],
] as const

const PIP = [
  '-m',
  'pip',
  '--isolated',
  'install',
  '--dry-run',
  '--ignore-installed',
  '--no-cache-dir',
  '--disable-pip-version-check',
  '--quiet',
  '--report',
  '-',
]
const UV = ['pip', 'compile', '--no-config', '--no-cache', '--no-header', '--no-annotate', '--python', PROGRAMS.python]

describeWith(['uv', 'python'])('an index as it stood at a date', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await serve({ folder: temporaryFolder(afterAll) })
  })
  afterAll(async () => void (await server.end()))

  it.each(MOMENTS)('%s is what the newest pip resolves with --uploaded-prior-to', async (view, moment) => {
    const resolve = async (...words: string[]) => {
      const folder = temporaryFolder()
      const { stdout } = await runWell(PROGRAMS.python, [...PIP, ...words, ...PROJECTS], {
        environment: cleanEnvironment({ HOME: folder }),
      })
      const { install } = JSON.parse(stdout) as { install: { metadata: { name: string; version: string } }[] }
      return install.map(({ metadata }) => `${metadata.name}==${metadata.version}`).toSorted()
    }
    const ours = await resolve('--index-url', `${server.origin}/default@${view}/simple/`)
    expect(ours).toContain('six==1.16.0')
    expect(ours).toEqual(await resolve('--index-url', PYPI, '--uploaded-prior-to', moment))
  })

  it.each(MOMENTS)('%s is what uv resolves with --exclude-newer', async (view, moment) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'requirements.in'), PROJECTS.join('\n'))
    const resolve = async (...words: string[]) => {
      return (await runWell(PROGRAMS.uv, [...UV, ...words, 'requirements.in'], { folder })).stdout
    }
    const ours = await resolve('--default-index', `${server.origin}/default@${view}/simple/`)
    expect(ours).toContain('six==1.16.0')
    expect(ours).toBe(await resolve('--default-index', PYPI, '--exclude-newer', moment))
  })
})

describeWith(['uv', 'python'])('a cooldown', () => {
  it('gives uv what its own --exclude-newer of that moment gives, and explain names what it hides', async () => {
    const folder = temporaryFolder()
    const rules = { upstreams: { pypi: { url: PYPI, cooldown: '20d' } }, indexes: { default: { upstreams: ['pypi'] } } }
    const running = await serve({ folder, rules })
    try {
      writeFileSync(join(folder, 'requirements.in'), 'boto3')
      const resolve = async (...words: string[]) => {
        return (await runWell(PROGRAMS.uv, [...UV, ...words, 'requirements.in'], { folder })).stdout
      }
      const before = new Date(Date.now() - 20 * 24 * 60 * 60 * 1000).toISOString()
      const ours = await resolve('--default-index', running.indexUrl)
      expect(ours).toBe(await resolve('--default-index', PYPI, '--exclude-newer', before))

      const places = ['--rules', writeRules(folder, rules), '--data', join(folder, 'data'), '--json']
      const explained = JSON.parse((await unidex(['explain', 'boto3', ...places])).stdout) as {
        newest: { version: string }
        reasons: { change: string }[]
        files: { version: string; served: boolean }[]
      }
      expect(ours).toContain(`boto3==${explained.newest.version}\n`)
      const hidden = explained.files.find(({ served }) => !served)?.version
      const ofHidden = await unidex(['explain', `boto3==${hidden}`, ...places])
      expect([ofHidden.code, ofHidden.stdout]).toEqual([1, expect.stringContaining('\\"cooldown\\": \\"0d\\"')])
    } finally {
      await running.end()
    }
  })
})
