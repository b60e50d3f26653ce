import { describe, expect, it } from 'vitest'
import { NO_FACTS } from '../../src/merge/facts.ts'
import { planFor } from '../../src/merge/plan.ts'
import { index, name, policy, rule, upstream } from '../support/build.ts'

const corp = upstream('corp', { private: true, owns: ['acme', 'acme-*'] })
const lab = upstream('lab', { private: true })
const torch = upstream('torch-cpu')
const pypi = upstream('pypi')
const all = [corp, lab, torch, pypi]

function plan(project: string, asked = index(['corp', 'lab', 'torch-cpu', 'pypi']), facts = NO_FACTS) {
  return planFor(policy(all, asked), asked, name(project), facts)
}

describe('who is asked', () => {
  it('behind each private upstream the others wait, and public ones are asked at once', () => {
    expect(plan('requests')).toMatchObject({
      kind: 'ask',
      strategy: 'first-index',
      waves: [['corp'], ['lab'], ['torch-cpu', 'pypi']],
    })
  })

  it('a name that an upstream owns by pattern is asked there and nowhere else', () => {
    expect(plan('acme-core')).toMatchObject({ waves: [['corp']], owner: { upstream: 'corp', by: 'pattern' } })
  })

  it('ownership by pattern outranks a rule that sends the name elsewhere', () => {
    const asked = index(['corp', 'pypi'], [rule({ projects: ['a*'], upstreams: ['pypi'] })])
    expect(plan('acme-core', asked)).toMatchObject({ waves: [['corp']] })
  })

  it('a name on a private project list is asked there and nowhere else', () => {
    expect(plan('tools', undefined, { listedBy: ['lab'], servedBy: [] })).toMatchObject({
      waves: [['lab']],
      owner: { by: 'list' },
    })
  })

  it('a name that a private upstream once served is its own from then on', () => {
    expect(plan('tools', undefined, { listedBy: [], servedBy: ['corp'] })).toMatchObject({
      waves: [['corp']],
      owner: { by: 'memory' },
    })
  })

  it('of two owners the one that the index ranks higher answers', () => {
    expect(plan('tools', undefined, { listedBy: ['lab'], servedBy: ['corp'] })).toMatchObject({ waves: [['corp']] })
  })

  it('what an operator wrote outranks what was seen', () => {
    expect(plan('acme', undefined, { listedBy: ['lab'], servedBy: ['lab'] })).toMatchObject({
      waves: [['corp']],
      owner: { by: 'pattern' },
    })
  })

  it('ownership holds in an index that does not list the owner: nobody is asked there', () => {
    expect(plan('acme-core', index(['pypi']))).toMatchObject({ kind: 'held', owner: { upstream: 'corp' } })
    expect(plan('tools', index(['pypi']), { listedBy: ['lab'], servedBy: [] })).toMatchObject({ kind: 'held' })
  })

  it('an upstream that left the rules keeps the names that it served', () => {
    expect(plan('tools', undefined, { listedBy: [], servedBy: ['gone'] })).toMatchObject({
      kind: 'held',
      owner: { upstream: 'gone' },
    })
  })

  it('a rule of literal names that shares them with a private upstream declares that nobody owns them', () => {
    const asked = index(
      ['corp', 'pypi'],
      [rule({ projects: ['torch'], upstreams: ['torch-cpu', 'lab'], strategy: 'by-file' })],
    )
    const decided = plan('torch', asked, { listedBy: ['lab'], servedBy: ['lab'] })
    expect(decided).toMatchObject({ kind: 'ask', strategy: 'by-file', waves: [['torch-cpu', 'lab']] })
    expect(decided).not.toHaveProperty('owner')
  })

  it('a rule that shares a name among public upstreams does not take it from its private owner', () => {
    const asked = index(
      ['lab', 'pypi'],
      [rule({ projects: ['torch'], upstreams: ['torch-cpu', 'pypi'], strategy: 'by-version' })],
    )
    expect(plan('torch', asked, { listedBy: ['lab'], servedBy: [] })).toMatchObject({ waves: [['lab']] })
  })

  it('a denied project is asked nowhere', () => {
    const asked = index(['pypi'], [rule({ projects: ['requestes'], deny: 'typosquat of requests' })])
    expect(plan('requestes', asked)).toMatchObject({ kind: 'denied', reason: 'typosquat of requests' })
  })

  it('an upstream that a rule leaves out never learns the name', () => {
    const asked = index(['lab', 'pypi'], [rule({ projects: ['numpy'], upstreams: ['pypi'] })])
    expect(plan('numpy', asked)).toMatchObject({ waves: [['pypi']] })
  })
})

describe('which rule decides', () => {
  it('for each setting the first rule that matches and names it', () => {
    const asked = index(
      ['pypi'],
      [
        rule({ projects: ['torch'], strategy: 'by-version' }),
        rule({ projects: ['*'], strategy: 'by-file', yanked: 'hide' }),
        rule({ projects: ['torch'], yanked: 'keep' }),
      ],
    )
    const { settings } = plan('torch', asked)
    expect([settings.strategy.value, settings.yanked.value]).toEqual(['by-version', 'hide'])
  })

  it('deny: false exempts a name from a later rule that denies it', () => {
    const asked = index(
      ['pypi'],
      [rule({ projects: ['good'], deny: false }), rule({ projects: ['*'], deny: 'closed' })],
    )
    expect(plan('good', asked).kind).toBe('ask')
    expect(plan('other', asked).kind).toBe('denied')
  })
})
