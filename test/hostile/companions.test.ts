import { describe, expect, onTestFinished, test } from 'vitest'
import { answer, openHostileUpstream, type Step } from '../support/hostile-upstream.ts'
import { startUnidex } from '../support/unidex.ts'
import { entry, GOOD, GOOD_BYTES, page, pageAnswer, sha256 } from './world.ts'

const METADATA = Buffer.from('Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n')
const PATH = `/files/${GOOD}.metadata`

async function setUp(coreMetadata: unknown, script: Buffer | readonly Step[]) {
  const site = { '/simple/acme/': pageAnswer(page([entry(GOOD, GOOD_BYTES, { 'core-metadata': coreMetadata })])) }
  const upstream = await openHostileUpstream([{ site: { ...site, [PATH]: script } }])
  const unidex = await startUnidex({
    upstreams: { a: { url: `${upstream.url}simple/`, timeout: '1s' } },
    indexes: { default: { upstreams: ['a'] } },
  })
  onTestFinished(() => upstream.close())
  const heal = () => upstream.become([{ site: { ...site, [PATH]: answer(200, { connection: 'close' }, METADATA) } }])
  const path = `/files/a/${new URL(upstream.url).host}${PATH}`
  return { ...unidex, heal, path }
}

const HELD = { connection: 'close' }

describe('metadata beside a wheel', () => {
  test.each<[string, number, Buffer | readonly Step[]]>([
    ['that are others than the page says', 503, answer(200, HELD, 'Name: evil')],
    ['that lack a byte', 503, answer(200, HELD, METADATA.subarray(1))],
    ['that are cut off', 503, [{ send: answer(200, { 'content-length': '500' }, METADATA) }, { close: 'fin' }]],
    [
      'that have no length and are cut off',
      503,
      [{ send: answer(200, { ...HELD, 'content-length': undefined }, METADATA.subarray(0, 20)) }, { close: 'fin' }],
    ],
    [
      'that are larger than any',
      503,
      [
        { send: answer(200, { 'transfer-encoding': 'chunked' }) },
        { repeat: 'forever', steps: [{ send: `100000\r\n${' '.repeat(1024 * 1024)}\r\n` }] },
      ],
    ],
    ['that never begin', 503, [{ hang: true }]],
    ['whose server fails', 503, answer(500, HELD)],
    ['that we may not have', 502, answer(403, HELD)],
    ['that lie elsewhere', 502, answer(302, { ...HELD, location: 'http://169.254.169.254/' })],
    ['that are not there although the page says so', 404, answer(404, HELD)],
    ['that are a page for people', 503, answer(200, { ...HELD, 'content-type': 'text/html' }, '<html>Sign in</html>')],
  ])('%s are an error (%i), are not kept, and come when all is well again', async (_, status, script) => {
    const { get, path, heal, clock } = await setUp({ sha256: sha256(METADATA) }, script)
    for (const round of [1, 2]) {
      const response = await get(path)
      expect([round, response.status]).toEqual([round, status])
      expect(await response.text()).not.toContain('evil')
    }
    heal()
    clock.forward(5000)
    expect(await (await get(path)).text()).toBe(METADATA.toString())
  })

  test('that come byte by byte, or stop coming, are an error before clients give up', { timeout: 15_000 }, async () => {
    const scripts: readonly (readonly Step[])[] = [
      [
        { send: answer(200, { 'content-length': '100000' }) },
        { drip: Buffer.alloc(100_000, ' '), bytes: 1, everyMs: 100 },
      ],
      [{ send: answer(200, { 'content-length': '100000' }, 'Metadata') }, { hang: true }],
    ]
    const worlds = await Promise.all(scripts.map((script) => setUp(true, script)))
    const startedAt = performance.now()
    const answers = await Promise.all(worlds.map(({ get, path }) => get(path)))
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
})
