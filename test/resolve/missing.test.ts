/** What a finding says of what is missing: why, and what would have to change. */
import { describe, expect, it } from 'vitest'
import { NO_HASH } from '../../src/simple/model.ts'
import { readRules } from '../../src/config/read-rules.ts'
import { explain } from '../../src/resolve/explanation.ts'
import { type Wanted, findIn } from '../../src/resolve/missing.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { name } from '../support/build.ts'
import { type UpstreamFile, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

type Projects = Record<string, readonly UpstreamFile[]>

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
  readonly upstreams?: readonly string[]
}) {
  const [corp, pypi] = [await simpleUpstream(ofCorp), await simpleUpstream(ofPypi)]
  const rules = {
    upstreams: { corp: { url: corp.url, ...more.ofCorp }, pypi: { url: pypi.url, ...more.ofPypi } },
    indexes: {
      default: { upstreams: more.upstreams ?? ['corp', 'pypi'], rules: more.rules ?? [] },
      other: { upstreams: ['corp'] },
    },
  }
  const state = memoryState()
  const unidex = await startUnidex(rules, { state })
  const { policy } = readRules(JSON.stringify(rules, null, 2), { file: 'rules.json', strict: false })
  return {
    ...unidex,
    corp,
    pypi,
    state,
    async find(project: string, wanted: Wanted = {}, index = 'default') {
      const trace = await unidex.unidex.current().resolver.trace(index, name(project))
      const now = unidex.clock.now()
      return findIn(explain(trace, policy, now), wanted, now)
    },
  }
}

const six = (version: string, listed?: object) =>
  upstreamFile(`six-${version}.tar.gz`, version, listed as UpstreamFile['listed'])

describe('what is missing', () => {
  it('is looked for as PEP 440 reads a version', async () => {
    const { find } = await setUp({ pypi: { six: [six('1.0'), six('1.1+local')] } })
    expect((await find('six', { version: '1.0.0' })).served).toBe(true)
    expect((await find('six', { version: '1.1' })).served).toBe(true)
    expect((await find('six', { version: '1.0+local' })).served).toBe(false)
  })

  it('behind a rule: its place, and the rule that would let it through', async () => {
    const { find } = await setUp({
      pypi: { six: [six('1.0', { yanked: true }), six('2.0')] },
      rules: [{ projects: ['six'], yanked: 'hide', versions: '<2' }],
    })
    const { served, summary, reasons, newest } = await find('six')
    expect([served, summary, newest]).toEqual([false, 'six is not served: its 2 files are hidden', undefined])
    expect(reasons.map(({ change, files }) => [files, change])).toEqual([
      [['six-2.0.tar.gz'], expect.stringMatching(/^Change versions at merge-rules\.json:\d+$/)],
      [['six-1.0.tar.gz'], expect.stringContaining('{ "projects": ["six"], "yanked": "keep" } before it')],
    ])
  })

  it('since its hash has changed: the command that accepts it', async () => {
    const { find, state } = await setUp({ pypi: { six: [six('1.0')] } })
    state.served('pypi', name('six'), 'six-1.0.tar.gz', NO_HASH)
    expect((await find('six')).reasons).toMatchObject([
      { change: 'If the file is right as it is now: unidex accept six-1.0.tar.gz' },
    ])
  })

  it('since another upstream has the version: which, and the order that would change it', async () => {
    const { find } = await setUp({
      corp: { six: [six('1.0')] },
      pypi: { six: [upstreamFile('six-1.0.zip')] },
      rules: [{ projects: ['six'], strategy: 'by-version' }],
    })
    const { reasons, served } = await find('six', { filename: 'six-1.0.zip' })
    expect([served, reasons]).toMatchObject([
      false,
      [{ why: expect.stringContaining('corp, of higher priority'), change: 'Put "pypi" before "corp" in "upstreams"' }],
    ])
  })

  it('since an upstream of higher priority decides alone: the rule that would ask both', async () => {
    const { find } = await setUp({ corp: { six: [six('1.0')] }, pypi: { six: [six('2.0')] } })
    const { reasons } = await find('six', { version: '2.0' })
    expect(reasons.map(({ why }) => why)).toEqual([
      'corp has it, with 1 file, asked just now, but not version 2.0; the newest version there is 1.0',
      'pypi was not needed: corp, of higher priority, decides',
    ])
    expect(reasons[1]?.change).toContain('"upstreams": ["corp", "pypi"], "strategy": "by-version"')
  })

  it('in no case that a name be shared with a private upstream', async () => {
    const { find } = await setUp({
      pypi: { six: [six('2.0')] },
      ofCorp: { private: true },
      rules: [{ projects: ['six'], upstreams: ['pypi'] }],
    })
    expect((await find('six', { version: '3.0' })).reasons).toEqual([
      { why: expect.stringContaining('pypi has it') },
      { why: expect.stringMatching(/^corp was not asked: a rule asks pypi alone/) },
    ])
  })

  it('since the entry could not be read: why', async () => {
    const { find } = await setUp({
      pypi: { six: [six('1.0'), six('2.0', { url: 'ftp://example.com/six-2.0.tar.gz' })] },
    })
    expect((await find('six', { version: '2.0' })).reasons[1]?.why).toContain('could not use "')
  })

  it('since the answer is old: how to ask again', async () => {
    const { find, clock } = await setUp({
      pypi: { six: [six('1.0')] },
      ofPypi: { freshFor: '10m' },
      upstreams: ['pypi'],
    })
    expect((await find('six', { version: '2.0' })).reasons[0]?.change).toBeUndefined()
    clock.forward(60_000)
    expect((await find('six', { version: '2.0' })).reasons).toMatchObject([
      { why: expect.stringContaining('asked 60 seconds ago'), change: 'If it is there by now: unidex refresh six' },
    ])
  })

  it('since it is denied: the reason and the rule that would lift it', async () => {
    const { find } = await setUp({ rules: [{ projects: ['six'], deny: 'a typosquat' }] })
    expect((await find('six')).reasons).toMatchObject([
      { why: expect.stringContaining('a typosquat'), change: expect.stringContaining('"deny": false') },
    ])
  })

  it('since its owner is not asked here: which upstream the index lacks', async () => {
    const { find, pypi } = await setUp({
      pypi: { 'acme-core': [upstreamFile('acme_core-9.0.tar.gz')] },
      ofCorp: { private: true, owns: ['acme-*'] },
      upstreams: ['pypi'],
    })
    expect((await find('acme-core')).reasons).toMatchObject([
      { change: 'Add "corp" to "upstreams" of index "default"' },
      { why: 'pypi was not asked: the name belongs to corp alone' },
    ])
    expect(pypi.requests).not.toContain('GET /simple/acme-core/')
  })

  it('since an upstream cannot say: that nothing else may take its place', async () => {
    const { find, corp } = await setUp({ pypi: { six: [six('1.0')] } })
    corp.instead = (_request, response) => {
      response.writeHead(500).end()
      return true
    }
    const { served, reasons } = await find('six')
    expect([served, reasons]).toMatchObject([false, [{ why: expect.stringContaining('is not taken from elsewhere') }]])
  })
})

describe('the newest version', () => {
  it('is a pre-release only where there is nothing else', async () => {
    const { find } = await setUp({
      pypi: { six: [six('1.0'), six('2.0rc1'), six('1.5.post1')], pre: [upstreamFile('pre-1.0a1.tar.gz')] },
    })
    expect((await find('six')).newest).toEqual({ version: '1.5.post1', upstreams: ['pypi'] })
    expect((await find('pre')).newest?.version).toBe('1.0a1')
  })
})
