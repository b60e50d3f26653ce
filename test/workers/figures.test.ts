/** `/metrics` of several workers: whoever is asked, the figures are those of all. */
import { expect, it } from 'vitest'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { ask, askAt, serveWithTwo, workersOf } from './several.ts'

it('a scrape has what each worker counted, told apart by a label', async () => {
  const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const rules = { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'] } } }
  const server = await serveWithTwo({ folder: temporaryFolder(), rules })
  const [one = 0, other = 0] = workersOf(server)
  for (const worker of [one, one, one, other]) await askAt(server, worker, '/simple/acme/')
  for (let scrape = 0; scrape < 4; scrape += 1) {
    const { body } = await ask(server, '/metrics')
    const counted = body.matchAll(/^unidex_requests_total\{worker="(\d)",route="page",status="200"\} (\d+)$/gm)
    expect([...counted].map(([, worker, value]) => `${worker}: ${value}`).toSorted()).toEqual(['1: 3', '2: 1'])
    expect(body.match(/^# TYPE unidex_requests_total counter$/gm)).toHaveLength(1)
  }
})
