/** What cannot work is refused at once: with the exit code that tells a script what happened, and words that tell a person what to change. */
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from './support/programs.ts'
import { serve, unidex, writeRules } from './support/server.ts'

const RULES = {
  upstreams: { pypi: { url: 'https://pypi.org/simple/' } },
  indexes: { default: { upstreams: ['pypi'] } },
}

/** A command with a data folder and a home of its own. */
async function refused(words: readonly string[]) {
  const { code, stdout, stderr } = await unidex(words, { environment: { HOME: temporaryFolder() } })
  // Nobody who waits for this line may be told that it serves.
  expect(stdout).not.toContain('serves')
  return { code, stderr }
}

describe('what is refused at start', () => {
  it('a wrong rules file, with the line and what would be right', async () => {
    const folder = temporaryFolder()
    const file = writeRules(
      folder,
      '{\n  "upstreams": { "pypi": { "url": "https://pypi.org/simple/" } },\n  "indexes": { "default": { "upstream": ["pypi"] } }\n}',
    )
    const { code, stderr } = await refused(['serve', '--port', '0', '--data', join(folder, 'data'), '--rules', file])
    expect(code).toBe(2)
    expect(stderr).toContain(`${file}:3:29: unknown key "upstream" – did you mean "upstreams"?`)
  })

  it('a rules file that is not there', async () => {
    const folder = temporaryFolder()
    const { code, stderr } = await refused([
      'serve',
      '--port',
      '0',
      '--data',
      folder,
      '--rules',
      join(folder, 'none.json'),
    ])
    expect(code).toBe(2)
    expect(stderr).toContain('none.json: this rules file, named by --rules, does not exist')
  })

  it('a port that is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const address = other.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const { code, stderr } = await refused(['serve', '--port', port, '--data', temporaryFolder()])
    expect(code).toBe(2)
    expect(stderr).toContain(`Port ${port} of 127.0.0.1 is taken by another program: choose another with --port`)
  })

  it('a data folder that cannot be written', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await refused(['serve', '--port', '0', '--data', join(file, 'data')])
    expect(code).toBe(2)
    expect(stderr).toContain(join(file, 'data'))
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('a cache whose state is gone', async () => {
    const folder = temporaryFolder()
    const first = await serve({ folder, rules: RULES })
    await first.end()
    rmSync(join(folder, 'data/state'), { recursive: true })
    const { code, stderr } = await refused(['serve', '--port', '0', '--data', join(folder, 'data')])
    expect(code).toBe(2)
    expect(stderr).toContain('--new-state')
  })

  it.each([
    [['frobnicate'], 'There is no command "frobnicate"'],
    [['serve', '--prot', '1'], "Unknown option '--prot'"],
    [['serve', '--port', 'http'], '--port is "http", expected a number'],
    [['--log', 'xml'], '--log is "xml", expected text or json'],
    [['check', 'a', 'b'], 'check takes one file'],
  ])('a wrong command line: %j', async (words, message) => {
    const { code, stderr } = await refused(words)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).toContain('unidex serve [--rules FILE]')
  })
})

describe('what is well', () => {
  it('check says what a rules file means and ends with 0', async () => {
    const { code, stdout } = await unidex(['check', writeRules(temporaryFolder(), RULES)])
    expect(code).toBe(0)
    expect(stdout).toContain('pypi')
  })

  it('--version and --help end with 0', async () => {
    expect(await unidex(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    expect(await unidex(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('unidex check [FILE]') })
  })
})
