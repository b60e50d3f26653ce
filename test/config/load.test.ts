import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { builtInConfig } from '../../src/config/built-in.ts'
import { CheckError, type Config } from '../../src/config/config.ts'
import { dataFolders } from '../../src/config/directories.ts'
import { type LoadOptions, loadConfig } from '../../src/config/load.ts'

let home = ''

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'unidex-config-'))
})

afterEach(() => {
  rmSync(home, { recursive: true })
})

/** A valid rules file with one upstream of that name, whose folders are made too. */
function writeRules(file: string, upstream: string): string {
  const full = path.join(home, file)
  mkdirSync(path.dirname(full), { recursive: true })
  const rules = {
    upstreams: { [upstream]: { url: 'https://a.example' } },
    indexes: { default: { upstreams: [upstream] } },
  }
  writeFileSync(full, JSON.stringify(rules))
  return full
}

function load({ environment = {}, ...options }: Partial<LoadOptions> = {}): Promise<Config> {
  return loadConfig({ strict: false, environment: { HOME: home, ...environment }, ...options })
}

function upstreamsOf(config: Config): string[] {
  return [...config.upstreams.keys()]
}

async function messageOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act()
  } catch (error) {
    if (error instanceof CheckError) return error.message
    throw error
  }
  throw new Error('Nothing was refused')
}

test('a file of certificates that is not there is refused, with the upstream that it is for', async () => {
  const file = path.join(home, 'rules.json')
  const upstreams = { corp: { url: 'https://a.example', ca: 'no.pem' } }
  writeFileSync(file, JSON.stringify({ upstreams, indexes: { default: { upstreams: ['corp'] } } }))
  expect(await messageOf(() => load({ rules: file }))).toContain('("ca") of upstream "corp"')
})

describe('the rules file that is read', () => {
  test('is the one that was named, whatever else there is', async () => {
    const rules = writeRules('named.json', 'named')
    const other = writeRules('other.json', 'other')
    writeRules('.config/unidex/merge-rules.json', 'user')
    const config = await load({ rules, environment: { UNIDEX_RULES: other } })
    expect(upstreamsOf(config)).toEqual(['named'])
    expect(config.source).toBe(rules)
  })

  test('is else the one of UNIDEX_RULES', async () => {
    writeRules('.config/unidex/merge-rules.json', 'user')
    expect(upstreamsOf(await load({ environment: { UNIDEX_RULES: writeRules('other.json', 'other') } }))).toEqual([
      'other',
    ])
  })

  test('is else the one in the configuration folder of the user', async () => {
    writeRules('.config/unidex/merge-rules.json', 'user')
    expect(upstreamsOf(await load({ environment: { UNIDEX_RULES: '', XDG_CONFIG_HOME: '' } }))).toEqual(['user'])
  })

  test('is looked for where XDG_CONFIG_HOME says, which is ignored where it is not absolute', async () => {
    writeRules('.config/unidex/merge-rules.json', 'user')
    writeRules('xdg/unidex/merge-rules.json', 'xdg')
    expect(upstreamsOf(await load({ environment: { XDG_CONFIG_HOME: path.join(home, 'xdg') } }))).toEqual(['xdg'])
    expect(upstreamsOf(await load({ environment: { XDG_CONFIG_HOME: 'xdg' } }))).toEqual(['user'])
  })

  test('is never one that lies in the working directory', async () => {
    const before = process.cwd()
    writeRules('merge-rules.json', 'trap')
    writeRules('unidex/merge-rules.json', 'trap')
    process.chdir(home)
    try {
      expect(await load()).toEqual(builtInConfig())
    } finally {
      process.chdir(before)
    }
  })

  test('is not needed: PyPI is meant then, for a laptop', async () => {
    expect(await load()).toEqual({
      source: 'built-in',
      upstreams: new Map([['pypi', expect.objectContaining({ url: 'https://pypi.org/simple/', private: false })]]),
      policy: {
        upstreams: (await load()).upstreams,
        indexes: new Map([['default', { name: 'default', upstreams: ['pypi'], rules: [] }]]),
      },
      expectations: [],
      openIndexes: new Set(),
      hosts: [],
      peers: [],
      staleForMs: 30 * 86_400_000,
      warnings: [],
    })
    expect((await load()).upstreams.get('pypi')?.filesAt).toEqual([
      'https://pypi.org/',
      'https://files.pythonhosted.org/',
    ])
  })
})

describe('a rules file that cannot be read is refused, and nothing else is read instead', () => {
  test('where it does not exist', async () => {
    writeRules('.config/unidex/merge-rules.json', 'user')
    const rules = path.join(home, 'nowhere.json')
    expect(await messageOf(() => load({ rules }))).toMatch(
      /nowhere\.json: .*named by --rules, does not exist – name one/,
    )
    expect(await messageOf(() => load({ environment: { UNIDEX_RULES: rules } }))).toContain('named by UNIDEX_RULES')
    expect(await messageOf(() => load({ rules: '' }))).toContain('does not exist')
  })

  test('where it is a folder', async () => {
    expect(await messageOf(() => load({ rules: home }))).toContain('is a folder')
  })

  test("where the user's own is a link to nothing", async () => {
    mkdirSync(path.join(home, '.config/unidex'), { recursive: true })
    symlinkSync(path.join(home, 'gone.json'), path.join(home, '.config/unidex/merge-rules.json'))
    expect(await messageOf(() => load())).toContain('does not exist')
  })

  test.skipIf(process.getuid?.() === 0)('where permissions forbid it', async () => {
    const rules = writeRules('secret.json', 'a')
    chmodSync(rules, 0)
    expect(await messageOf(() => load({ rules }))).toContain('may not be read')
  })

  test('where it is not UTF-8', async () => {
    const rules = path.join(home, 'latin.json')
    writeFileSync(rules, Buffer.from([0x7b, 0xe4, 0x7d]))
    expect(await messageOf(() => load({ rules }))).toContain('is not UTF-8')
  })

  test('where it is too long', async () => {
    const rules = path.join(home, 'long.json')
    writeFileSync(rules, ' '.repeat(2 ** 21 + 1))
    expect(await messageOf(() => load({ rules }))).toContain('is too long')
  })

  test('where it is wrong, by the name under which it was named', async () => {
    const rules = path.join(home, 'wrong.json')
    writeFileSync(rules, '{\n}')
    expect(await messageOf(() => load({ rules }))).toContain(`${rules}:1:1: the file has no "upstreams"`)
  })
})

describe('what is kept', () => {
  test('lies in the folders of the user', () => {
    expect(dataFolders({ environment: { HOME: '/home/a' } })).toEqual({
      cache: '/home/a/.cache/unidex',
      state: '/home/a/.local/state/unidex',
    })
  })

  test('lies where XDG variables say, which are ignored where they are not absolute', () => {
    expect(dataFolders({ environment: { HOME: '/home/a', XDG_CACHE_HOME: '/c', XDG_STATE_HOME: 's' } })).toEqual({
      cache: '/c/unidex',
      state: '/home/a/.local/state/unidex',
    })
  })

  test('lies below one folder where one is named', () => {
    expect(dataFolders({ data: 'here', environment: { XDG_CACHE_HOME: '/c' } })).toEqual({
      cache: path.resolve('here/cache'),
      state: path.resolve('here/state'),
    })
  })
})
