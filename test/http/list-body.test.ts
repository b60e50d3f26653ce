import { expect, it } from 'vitest'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { listBodies } from '../../src/http/list-body.ts'
import { nameList } from '../../src/simple/name-list.ts'
import { name } from '../support/build.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const LONG = nameList(Array.from({ length: 20_000 }, (_, i) => name(`project-${i}`)))

it.each(['json', 'html', 'text'] as const)('a list as %s is the same in every coding', async (representation) => {
  const body = await listBodies()(LONG, representation)
  const plain = await buffer(body.stream())
  expect(plain.length).toBeGreaterThan(LONG.bytes.length)
  expect(gunzipSync(await body.coded('gzip')).equals(plain)).toBe(true)
  expect(zstdDecompressSync(await body.coded('zstd')).equals(plain)).toBe(true)
})

it('is compressed once, whoever asks at the same time, and once for both names of HTML', async () => {
  const bodies = listBodies()
  const coded = async (representation: 'html' | 'text') => (await bodies(LONG, representation)).coded('gzip')
  const [one, other, text] = await Promise.all([coded('html'), coded('html'), coded('text')])
  expect(other).toBe(one)
  expect(text).toBe(one)
})

it('has a tag of its own for each representation, and another when a name is added', async () => {
  const bodies = listBodies()
  const tags = new Set<string>()
  for (const list of [LONG, nameList([name('a')])]) {
    for (const representation of ['json', 'html', 'text'] as const) tags.add((await bodies(list, representation)).etag)
  }
  expect(tags.size).toBe(6)
})

it('the list of an index is merged once, whoever asks at the same time and whatever is reloaded', async () => {
  const file = (project: string) => [upstreamFile(`${project}-1.tar.gz`)]
  const [corp, pypi] = [await simpleUpstream({ acme: file('acme') }), await simpleUpstream({ zeta: file('zeta') })]
  const rules = {
    upstreams: { corp: { url: corp.url }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  }
  const { unidex, reload } = await startUnidex(rules)
  const list = async () => (await unidex.current().resolver.list('default')).names
  const [one, other] = await Promise.all([list(), list()])
  reload(rules)
  expect(one.bytes.toString()).toBe('acme\nzeta\n')
  expect(other).toBe(one)
  expect(await list()).toBe(one)
  expect([corp.requests, pypi.requests]).toEqual([['GET /simple/'], ['GET /simple/']])
})
