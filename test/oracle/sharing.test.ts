/** Names that are declared shared: nobody owns them, and no wider rule does the same by accident. */
import { expect, it } from 'vitest'
import { planFor } from '../../src/merge/plan.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { index, name, policy, rule, upstream } from '../support/build.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

it('a pattern never declares names shared, even where nobody refused the rule: what was seen stays its own', () => {
  const corp = upstream('corp', { private: true })
  const wide = rule({ projects: ['pk*'], upstreams: ['corp', 'pypi'], strategy: 'by-file' })
  const asked = index(['corp', 'pypi'], [wide])
  const facts = { listedBy: [], servedBy: ['corp'] }
  expect(planFor(policy([corp, upstream('pypi')], asked), asked, name('pkg'), facts)).toMatchObject({
    kind: 'ask',
    waves: [['corp']],
    owner: { upstream: 'corp', by: 'memory' },
  })
})

it('a private upstream that serves its part of a shared page is not remembered as the owner of the name', async () => {
  const corp = await simpleUpstream({ tools: [upstreamFile('tools-1.0.tar.gz')] })
  const pypi = await simpleUpstream({ tools: [upstreamFile('tools-9.0.tar.gz')] })
  const state = memoryState()
  const unidex = await startUnidex(
    {
      upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
      indexes: {
        default: {
          upstreams: ['corp', 'pypi'],
          rules: [{ projects: ['tools'], upstreams: ['corp', 'pypi'], strategy: 'by-file' }],
        },
      },
    },
    { state },
  )
  expect(await unidex.files('tools')).toEqual(['tools-1.0.tar.gz', 'tools-9.0.tar.gz'])
  expect(state.ownersOf(name('tools'))).toEqual([])
})
