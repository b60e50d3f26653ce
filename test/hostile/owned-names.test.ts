import { expect, test, vi } from 'vitest'
import { sendJson, type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { startUnidex } from '../support/unidex.ts'
import { seeded } from './seeded.ts'

/** Owned by a pattern, by the list of the private upstream, and because it once served them. */
const OWNED = ['acme', 'acme-core', 'acme-secret-tool', 'listed-tool', 'served-tool'] as const

/** How the private upstream answers for a name, one after the other. */
const MOODS: readonly SimpleUpstream['instead'][] = [
  undefined,
  (_, response) => (response.writeHead(404).end(), true),
  (_, response) => (response.writeHead(503).end(), true),
  (_, response) => (response.writeHead(401).end(), true),
  (request) => (request.socket.destroy(), true),
  (request, response) => (sendJson(response, { name: request.url?.split('/').at(-2), files: [] }), true),
]

test('the public upstream never hears an owned name, in whatever spelling it is asked for and however its owner fails', async () => {
  const random = seeded(20_261_124)
  const [corp, pypi] = await Promise.all([
    simpleUpstream({
      'listed-tool': [],
      'served-tool': [upstreamFile('served_tool-1.0.tar.gz')],
    }),
    simpleUpstream({ control: [upstreamFile('control-1.0.tar.gz')] }),
  ])
  const { get, files, clock, events } = await startUnidex({
    upstreams: {
      corp: { url: corp.url, private: true, owns: ['acme', 'Acme_*'] },
      pypi: { url: pypi.url },
    },
    indexes: {
      default: { upstreams: ['corp', 'pypi'] },
      // Facts hold in every index, whether it lists the owner or not.
      public: { upstreams: ['pypi'] },
    },
  })
  await vi.waitFor(() => expect(events.some(({ fields }) => fields['answer'] === 'list')).toBe(true))
  await files('served-tool')

  const host = new URL(pypi.url).host
  let asked = 0
  for (const mood of MOODS) {
    corp.instead = mood
    clock.forward(6000)
    for (let round = 0; round < 120; round += 1) {
      for (const owned of OWNED) {
        const name = spelled(owned, random)
        const distribution = spelled(owned, random).replaceAll('-', '_')
        const index = random(2) === 0 ? '' : '/public'
        const paths = [
          `${index}/simple/${name}/`,
          `${index}/simple/${name}`,
          `${index}/simple/${encoded(name, random)}/?format=application/vnd.pypi.simple.v1%2Bjson`,
          `${index}/files/pypi/${host}/files/${distribution}-9.9.9-py3-none-any.whl`,
          `${index}/files/pypi/${host}/files/${name}-9.9.9.tar.gz.metadata`,
        ]
        for (const path of paths) {
          const response = await follow(get, path)
          asked += 1
          expect(response.status === 200 && (await response.text()).includes('9.9.9')).toBe(false)
        }
      }
    }
  }
  expect(asked).toBe(MOODS.length * 120 * OWNED.length * 5)
  // It was there to hear: other names reach it.
  expect((await get('/public/simple/control/')).status).toBe(200)
  const heard = pypi.requests.map((each) =>
    decodeURIComponent(each)
      .toLowerCase()
      .replaceAll(/[-_.]+/g, '-'),
  )
  expect(heard).toContain('get /simple/control/')
  expect(heard.filter((each) => /acme|listed|served/.test(each))).toEqual([])
}, 60_000)

test.each([
  '<html><body><a href="/accept">Accept</a></body></html>',
  '<html><body><a href="https://hotel.example/login">login</a></body></html>',
  '<html><body><a href="terms.html">terms</a> <a href="help">help</a></body></html>',
  '<html><body><a href="status/">Status of our services</a></body></html>',
])('a page that stands before the network is no list of a private upstream: %s', async (portal) => {
  const [corp, pypi] = await Promise.all([
    simpleUpstream({ 'listed-tool': [] }),
    simpleUpstream({
      'listed-tool': [upstreamFile('listed_tool-9.9.9.tar.gz')],
      'new-tool': [upstreamFile('new_tool-9.9.9.tar.gz')],
    }),
  ])
  const rules = {
    upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  }
  const state = memoryState()
  const before = await startUnidex(rules, { state })
  await vi.waitFor(() => expect(state.listOf('corp')?.names.count).toBe(1))
  await before.unidex.close()

  corp.instead = (_, response) => (response.writeHead(200, { 'content-type': 'text/html' }).end(portal), true)
  const after = await startUnidex(rules, { state })
  // The list that is remembered has grown too old to show an absence, and none came in its place.
  after.clock.forward(2 * 3_600_000)
  await vi.waitFor(() => expect(after.events.some(({ fields }) => fields['what'] === 'project list')).toBe(true))
  expect((await after.get('/simple/listed-tool/')).status).toBe(503)
  expect((await after.get('/simple/new-tool/')).status).toBe(503)
  expect(pypi.requests.filter((each) => each.includes('tool'))).toEqual([])
})

/** Capitals, and any run of separators for each hyphen. */
function spelled(name: string, random: (below: number) => number): string {
  return Array.from(name)
    .map((sign) => {
      if (sign === '-') return Array.from({ length: 1 + random(3) }, () => '-_.'[random(3)]).join('')
      return random(2) === 0 ? sign : sign.toUpperCase()
    })
    .join('')
}

function encoded(name: string, random: (below: number) => number): string {
  return Array.from(name)
    .map((sign) => (random(3) === 0 ? `%${sign.charCodeAt(0).toString(16)}` : sign))
    .join('')
}

async function follow(get: (path: string) => Promise<Response>, path: string): Promise<Response> {
  const response = await get(path)
  const location = response.headers.get('location')
  return response.status === 307 && location !== null
    ? get(new URL(location, `http://127.0.0.1:8642${path}`).href)
    : response
}
