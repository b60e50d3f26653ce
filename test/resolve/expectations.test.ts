/** What the rules expect of their upstreams, asked of real ones. */
import { expect, it } from 'vitest'
import { readRules } from '../../src/config/read-rules.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { name } from '../support/build.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

async function setUp(expected: Record<string, string>, more: { readonly corp?: object } = {}) {
  const corp = await simpleUpstream({ tool: [upstreamFile('tool-1.0.tar.gz')] })
  const pypi = await simpleUpstream({ six: [upstreamFile('six-1.0.tar.gz')], tool: [upstreamFile('tool-9.0.tar.gz')] })
  const rules = {
    upstreams: { corp: { url: corp.url, ...more.corp }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'], expect: expected } },
  }
  const state = memoryState()
  const served = { pypi: rules.upstreams.pypi }
  const { unidex } = await startUnidex({ upstreams: served, indexes: { default: { upstreams: ['pypi'] } } }, { state })
  const judge = () => unidex.judge(readRules(JSON.stringify(rules), { file: 'rules.json', strict: false }))
  return { corp, pypi, state, judge }
}

it('an expectation that upstreams fulfil is neither broken nor unsure', async () => {
  const { judge } = await setUp({ six: 'pypi', tool: 'corp' })
  expect(await judge()).toEqual({ broken: [], unsure: [] })
})

it('one that they do not is named with its line, and with who would answer', async () => {
  const { judge } = await setUp({ tool: 'pypi', 'zlib-ng': 'pypi' })
  const { broken } = await judge()
  expect(broken.toSorted()).toEqual([
    expect.stringMatching(/^rules\.json:1:\d+: "tool" is expected from "pypi", and "corp" would give it$/),
    expect.stringMatching(/^rules\.json:1:\d+: "zlib-ng" is expected from "pypi", and nobody gives it: No upstream/),
  ])
})

it('one about which an upstream cannot say is unsure, and breaks nothing', async () => {
  const { judge, corp } = await setUp({ six: 'pypi' })
  await corp.stop()
  expect(await judge()).toEqual({ broken: [], unsure: [expect.stringContaining('upstream "corp" cannot say')] })
})

it('rules that are only judged leave no fact behind', async () => {
  const { judge, state } = await setUp({ tool: 'corp' }, { corp: { private: true } })
  expect((await judge()).broken).toEqual([])
  expect([state.ownersOf(name('tool')), state.listed()]).toEqual([[], []])
})
