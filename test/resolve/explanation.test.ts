/** What is explained is what is served, with its reasons. */
import { describe, expect, it } from 'vitest'
import { explain } from '../../src/resolve/explanation.ts'
import { readRules } from '../../src/config/read-rules.ts'
import { name } from '../support/build.ts'
import { type UpstreamFile, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

async function setUp(
  projects: { corp?: Record<string, readonly UpstreamFile[]>; pypi?: Record<string, readonly UpstreamFile[]> },
  more: { corp?: object; pypi?: object; rules?: readonly object[]; upstreams?: readonly string[] } = {},
) {
  const corp = await simpleUpstream(projects.corp ?? {})
  const pypi = await simpleUpstream(projects.pypi ?? {})
  const rules = {
    upstreams: { corp: { url: corp.url, ...more.corp }, pypi: { url: pypi.url, ...more.pypi } },
    indexes: { default: { upstreams: more.upstreams ?? ['corp', 'pypi'], rules: more.rules ?? [] } },
  }
  const unidex = await startUnidex(rules)
  const { policy } = readRules(JSON.stringify(rules), { file: 'merge-rules.json', strict: false })
  const explained = async (project: string, index = 'default') =>
    explain(await unidex.unidex.current().resolver.trace(index, name(project)), policy, unidex.clock.now())
  return { corp, pypi, explained, ...unidex }
}

describe('an explanation', () => {
  it('names every file with its origin, and the rule that hides it', async () => {
    const { explained, files } = await setUp(
      { pypi: { acme: [upstreamFile('acme-1.0.tar.gz'), upstreamFile('acme-2.0.tar.gz')] } },
      { rules: [{ projects: ['acme'], versions: '<2' }] },
    )
    const { outcome, summary, settings, upstreams, files: explainedFiles } = await explained('acme')
    expect([outcome, summary]).toEqual(['served', 'acme is served with 1 file from pypi; 1 file is hidden'])
    expect(settings.map(({ setting, value, place }) => [setting, value, place.file])).toEqual([
      ['versions', '<2', 'merge-rules.json'],
    ])
    expect(upstreams.map(({ upstream, said }) => [upstream, said])).toEqual([
      ['corp', 'absent'],
      ['pypi', 'page'],
    ])
    expect(explainedFiles.map(({ filename, served, reason }) => [filename, served, reason])).toEqual([
      ['acme-1.0.tar.gz', true, undefined],
      ['acme-2.0.tar.gz', false, expect.stringContaining('hidden by the rule versions: <2 (merge-rules.json:1)')],
    ])
    expect(await files('acme')).toEqual(explainedFiles.filter(({ served }) => served).map(({ filename }) => filename))
  })

  it('says who owns a name, and that nobody else was asked', async () => {
    const { explained, pypi } = await setUp(
      { pypi: { 'acme-core': [upstreamFile('acme_core-9.0.tar.gz')] } },
      { corp: { private: true, owns: ['acme-*'] } },
    )
    const { outcome, summary, owner, upstreams } = await explained('acme-core')
    expect([outcome, owner?.upstream, owner?.by]).toEqual(['absent', 'corp', 'pattern'])
    expect(summary).toContain('belongs to upstream "corp"')
    expect(upstreams[1]).toEqual({
      upstream: 'pypi',
      said: 'not-asked',
      why: 'not asked: the name belongs to corp alone',
    })
    expect(pypi.requests).not.toContain('GET /simple/acme-core/')
  })

  it('says which upstream decided, and which failed', async () => {
    const { explained, corp } = await setUp({
      corp: { acme: [upstreamFile('acme-1.0.tar.gz')] },
      pypi: { acme: [upstreamFile('acme-2.0.tar.gz')], other: [upstreamFile('other-1.0.tar.gz')] },
    })
    expect((await explained('acme')).upstreams.map(({ said, why }) => [said, why])).toEqual([
      ['page', 'has it, with 1 file, asked just now'],
      ['not-needed', 'not needed: corp, of higher priority, decides'],
    ])
    corp.instead = (_request, response) => {
      response.writeHead(500).end()
      return true
    }
    const failed = await explained('other')
    expect([failed.outcome, failed.upstreams[0]?.said, failed.upstreams[1]?.said]).toEqual([
      'failed',
      'failed',
      'not-needed',
    ])
    expect(failed.summary).toMatch(/^Upstream "corp" cannot say/)
  })

  it('tells from when and until when', async () => {
    const { explained, clock } = await setUp(
      { pypi: { acme: [upstreamFile('acme-1.0.tar.gz', 'x', { 'upload-time': new Date().toISOString() })] } },
      { pypi: { cooldown: '3d' } },
    )
    const { until, files, asOf } = await explained('acme')
    expect(asOf).toBeUndefined()
    expect(until).toBe(clock.now() + 60_000)
    expect(files[0]?.verdict).toMatchObject({ kind: 'cooldown', isUploadTime: true })
    expect((await explained('acme', 'default@2026-01-31')).files[0]?.verdict?.kind).toBe('newer')
  })

  it('of a denied project gives the reason and asks nobody', async () => {
    const { explained, pypi } = await setUp({}, { rules: [{ projects: ['bad'], deny: 'a typosquat' }] })
    const { outcome, summary, upstreams } = await explained('bad')
    expect([outcome, summary]).toEqual(['denied', 'bad is withheld: a typosquat'])
    expect(upstreams.map(({ said }) => said)).toEqual(['not-asked', 'not-asked'])
    expect(pypi.requests).toEqual([])
  })
})
