/** Declaring a name shared, where the reader of rules files is not there to refuse what is too wide. */
import { expect, it } from 'vitest'
import { planFor } from '../../src/merge/plan.ts'
import { index, name, policy, rule, upstream } from '../support/build.ts'

it('a pattern never declares names shared: what was seen of a private upstream stays its own', () => {
  const corp = upstream('corp', { private: true })
  const wide = rule({ projects: ['pk*'], upstreams: ['corp', 'pypi'], strategy: 'by-file' })
  const asked = index(['corp', 'pypi'], [wide])
  const plan = planFor(policy([corp, upstream('pypi')], asked), asked, name('pkg'), {
    listedBy: [],
    servedBy: ['corp'],
  })
  expect(plan).toMatchObject({ kind: 'ask', waves: [['corp']], owner: { upstream: 'corp', by: 'memory' } })
})
