/** `unidex check --against OLD`: what two rules files make of the same kept pages. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataFolders } from '../../src/config/directories.ts'
import { openSqlitePageStore } from '../../src/store/sqlite-page-store.ts'
import { openState } from '../../src/store/sqlite-state.ts'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

interface World {
  readonly folder: string
  readonly upstreams: Readonly<Record<'corp' | 'pypi', SimpleUpstream>>
  /** Runs `check NEW --against OLD` on what was kept. */
  compare(before: unknown, after: unknown, ...words: string[]): { readonly code: number | null; readonly text: string }
}

/** Two upstreams; what `ask` names was asked for under `rules`, and then both went away. */
async function kept(
  ask: readonly string[],
  rules: (of: Readonly<Record<'corp' | 'pypi', { url: string }>>) => unknown,
  projects: Readonly<Record<'corp' | 'pypi', SimpleUpstream['projects']>>,
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-against-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const upstreams = { corp: await simpleUpstream(projects.corp), pypi: await simpleUpstream(projects.pypi) }
  const data = join(folder, 'data')
  const folders = dataFolders({ environment: {}, data })
  for (const each of [folders.state, folders.cache]) mkdirSync(each, { recursive: true })
  const pages = openSqlitePageStore(folders.cache)
  const state = openState(folders.state, { create: true })
  const { files, unidex } = await startUnidex(rules(upstreams), { pages, state })
  await unidex.listsRead()
  for (const project of ask) await files(project)
  await unidex.close()
  await pages.close()
  state.close()
  for (const each of Object.values(upstreams)) each.requests.length = 0
  return {
    folder,
    upstreams,
    compare(before, after, ...words) {
      const [old, now] = [join(folder, 'old.json'), join(folder, 'new.json')]
      writeFileSync(old, JSON.stringify(before, null, 2))
      writeFileSync(now, JSON.stringify(after, null, 2))
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [MAIN, 'check', now, '--against', old, '--data', data, ...words],
        { encoding: 'utf8' },
      )
      return { code: status, text: `${stdout.slice(Math.max(0, stdout.indexOf('Compared')))}${stderr}` }
    },
  }
}

type Of = Readonly<Record<'corp' | 'pypi', { url: string }>>

const both =
  ({
    rules = [],
    ofCorp = {},
    order = ['corp', 'pypi'],
  }: { rules?: object[]; ofCorp?: object; order?: string[] } = {}) =>
  ({ corp, pypi }: Of) => ({
    upstreams: { corp: { url: corp.url, ...ofCorp }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: order, rules } },
  })

const SIX = { six: [upstreamFile('six-1.0.tar.gz'), upstreamFile('six-2.0.tar.gz')] }
const TORCH = [upstreamFile('torch-1.0.tar.gz')]

describe('unidex check --against', () => {
  it('says that nothing changes where rules are only written otherwise, and asks nobody', async () => {
    const { compare, upstreams } = await kept(['six'], both(), { corp: {}, pypi: SIX })
    const after = both({ rules: [{ projects: ['flask'], deny: 'not here' }] })
    const { code, text } = compare(both()(upstreams), after(upstreams))
    expect(code).toBe(0)
    expect(text).toMatch(/^Compared with \S+old\.json, for 1 project of which a page is kept: nothing changes\.\n$/)
    expect(Object.values(upstreams).flatMap(({ requests }) => requests)).toEqual([])
  })

  it('names the files that a new rule hides, and those that it lets through again', async () => {
    const { compare, upstreams } = await kept(['six'], both(), { corp: {}, pypi: SIX })
    const [plain, hiding] = [both(), both({ rules: [{ projects: ['six'], versions: '<2' }] })].map((make) =>
      make(upstreams),
    )
    const hidden = compare(plain, hiding)
    expect(hidden.code).toBe(0)
    expect(hidden.text).toContain('1 project changes.')
    expect(hidden.text).toContain(
      'is hidden now: six-2.0.tar.gz (six-2.0.tar.gz of upstream pypi is hidden by the rule',
    )
    expect(hidden.text).not.toContain('six-1.0.tar.gz')
    expect(compare(hiding, plain).text).toContain('is served now, from pypi: six-2.0.tar.gz')
  })

  it('of a file that comes from elsewhere says from where', async () => {
    const sharing = (first: string, second: string) =>
      both({ rules: [{ projects: ['torch'], upstreams: [first, second], strategy: 'by-file' }] })
    const { compare, upstreams } = await kept(['torch'], sharing('corp', 'pypi'), {
      corp: { torch: TORCH },
      pypi: { torch: TORCH },
    })
    const { text } = compare(sharing('corp', 'pypi')(upstreams), sharing('pypi', 'corp')(upstreams))
    expect(text).toContain('comes from pypi instead of corp: torch-1.0.tar.gz')
  })

  it('does not claim to know what an upstream has that was never asked', async () => {
    const only = both({ rules: [{ projects: ['six'], upstreams: ['pypi'] }] })
    const { compare, upstreams } = await kept(['six'], only, { corp: {}, pypi: SIX })
    const { code, text } = compare(only(upstreams), both()(upstreams))
    expect(code).toBe(0)
    expect(text).toContain('of 1 project what is kept does not tell')
    expect(text).toContain('whether corp has them is not known, since it was not asked (six)')
  })

  it('does not take pages that were read under other settings for those of an upstream', async () => {
    const { compare, upstreams } = await kept(['six'], both(), { corp: SIX, pypi: {} })
    const after = both({ ofCorp: { private: true } })(upstreams)
    const why = 'the pages of corp that are kept were read under other settings of it (six)'
    expect(compare(both()(upstreams), after).text).toContain(why)
    expect(compare(after, both()(upstreams)).text).toContain(why)
  })

  it('names a new owner, and a project that nobody gives any more', async () => {
    const { compare, upstreams } = await kept(['six'], both({ ofCorp: { private: true } }), { corp: {}, pypi: SIX })
    const after = both({ ofCorp: { private: true, owns: ['six'] } })(upstreams)
    const { text } = compare(both({ ofCorp: { private: true } })(upstreams), after)
    expect(text).toContain('belongs to corp now, and before to nobody')
    expect(text).toContain('is not served any more: six belongs to upstream "corp"')
  })

  it('leaves what is kept as it was', async () => {
    const { compare, upstreams } = await kept(['six'], both(), { corp: {}, pypi: SIX })
    const hiding = both({ rules: [{ projects: ['six'], versions: '<2' }] })(upstreams)
    const first = compare(both()(upstreams), hiding)
    expect(compare(both()(upstreams), hiding)).toEqual(first)
    expect(first.text).toContain('1 project changes')
  })

  it('says so where nothing is kept, and refuses an old file that is wrong', async () => {
    const { compare, upstreams } = await kept([], both(), { corp: {}, pypi: {} })
    const rules = both()(upstreams)
    expect(compare(rules, rules)).toMatchObject({ code: 0, text: expect.stringContaining('no page is kept') })
    expect(compare({}, rules)).toMatchObject({ code: 2, text: expect.stringContaining('old.json') })
  })
})
