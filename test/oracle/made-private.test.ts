/** An upstream that is declared private while Unidex runs: what was kept before is not used unasked any longer than a private answer. */
import { expect, it } from 'vitest'
import { readRules } from '../../src/config/read-rules.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

async function setUp() {
  const corp = await simpleUpstream()
  const pypi = await simpleUpstream({ tools: [upstreamFile('tools-9.0.tar.gz')] })
  const rules = (isPrivate: boolean) => ({
    upstreams: { corp: { url: corp.url, private: isPrivate }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  })
  const unidex = await startUnidex(rules(false))
  const config = () => readRules(JSON.stringify(rules(true)), { file: 'merge-rules.json', strict: false })
  return { corp, unidex, makePrivate: () => unidex.reload(rules(true)), prepare: () => unidex.unidex.prepare(config()) }
}

it('a name that was just published there does not come from another upstream because it was absent before', async () => {
  const { corp, unidex, makePrivate } = await setUp()
  expect(await unidex.files('tools')).toEqual(['tools-9.0.tar.gz'])
  makePrivate()
  corp.projects = { tools: [upstreamFile('tools-1.0.tar.gz')] }
  unidex.clock.forward(2001)
  expect(await unidex.files('tools')).toEqual(['tools-1.0.tar.gz'])
})

it('a page that was fresh for a minute is asked for again', async () => {
  const { corp, unidex, makePrivate } = await setUp()
  corp.projects = { tools: [upstreamFile('tools-1.0.tar.gz')] }
  expect(await unidex.files('tools')).toEqual(['tools-1.0.tar.gz'])
  makePrivate()
  corp.projects = { tools: [upstreamFile('tools-1.1.tar.gz')] }
  unidex.clock.forward(2001)
  expect(await unidex.files('tools')).toEqual(['tools-1.1.tar.gz'])
})

it('rules that are made ready and then refused read no list, which would be a fact for good', async () => {
  const { corp, unidex, prepare } = await setUp()
  corp.projects = { tools: [upstreamFile('tools-1.0.tar.gz')] }
  const prepared = prepare()
  // Time enough for a question that was begun to arrive.
  expect(await unidex.files('tools')).toEqual(['tools-1.0.tar.gz'])
  expect(corp.requests).not.toContain('GET /simple/')
  prepared.drop()
})
