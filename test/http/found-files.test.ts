import { expect, it } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const FILENAME = 'acme-1.0.tar.gz'

async function setUp() {
  const pypi = await simpleUpstream({ acme: [upstreamFile(FILENAME)] })
  const rules = (more = {}) => ({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'], ...more } },
  })
  const unidex = await startUnidex(rules())
  const status = async () => (await unidex.get(`/files/pypi/${new URL(pypi.url).host}/files/${FILENAME}`)).status
  expect([await status(), await status()]).toEqual([200, 200])
  return { pypi, status, rules, ...unidex }
}

it('a file that was found before is not there any more when its page does not list it any more', async () => {
  const { pypi, status, clock } = await setUp()
  pypi.projects = { acme: [upstreamFile('acme-2.0.tar.gz')] }
  clock.forward(15 * 60_000)
  expect(await status()).toBe(404)
})

it('a file that was found before is withheld as soon as new rules hide it', async () => {
  const { status, rules, reload } = await setUp()
  reload(rules({ rules: [{ projects: ['acme'], versions: '>1' }] }))
  expect(await status()).toBe(403)
})
