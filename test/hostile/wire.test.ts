import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/http/server.ts'
import { answer, openHostileUpstream, type Step } from '../support/hostile-upstream.ts'
import { startUnidex } from '../support/unidex.ts'
import { BYTES, CHANGED, FILE, siteWith } from './faults/file-transfers.ts'
import { rawAnswer } from './raw-answer.ts'

const HELD = { connection: 'close' }
const NO_LENGTH = { 'transfer-encoding': 'chunked' }

async function download(listed: object, script: Buffer | readonly Step[]): Promise<{ head: string; body: string }> {
  const upstream = await openHostileUpstream([{ site: { ...siteWith(listed), [`/files/${FILE}`]: script } }])
  onTestFinished(() => upstream.close())
  const { unidex, json } = await startUnidex({
    upstreams: { a: { url: `${upstream.url}simple/`, private: true } },
    indexes: { default: { upstreams: ['a'] } },
  })
  const server = await listen((request) => unidex.handle(request), { host: '127.0.0.1', port: 0 })
  onTestFinished(async () => void (await server.drain(0)))
  const [file] = (await json('/simple/acme/')).files
  const path = new URL(String(file?.['url']), `${server.origin}/simple/acme/`).pathname
  const whole = await rawAnswer(server.origin, path)
  const end = whole.indexOf('\r\n\r\n')
  return { head: whole.slice(0, end).toLowerCase(), body: whole.slice(end + 4) }
}

/** One chunk with these bytes, and the end. */
function chunks(bytes: Buffer): Step[] {
  const size = bytes.length.toString(16)
  return [{ send: answer(200, NO_LENGTH) }, { send: `${size}\r\n` }, { send: bytes }, { send: '\r\n0\r\n\r\n' }]
}

test('a wrong file of known size is cut on the wire, with its last 64 KiB unsent', async () => {
  const { head, body } = await download({}, answer(200, HELD, CHANGED))
  expect(head).toContain(`content-length: ${BYTES.length}`)
  expect(body.length).toBeLessThanOrEqual(BYTES.length - 64 * 1024)
})

test('a wrong file of unknown size is cut on the wire: its last chunk never comes', async () => {
  const { head, body } = await download({ size: undefined }, chunks(CHANGED))
  expect(head).toContain('transfer-encoding: chunked')
  expect(body.endsWith('0\r\n\r\n')).toBe(false)
})

test('a right file of unknown size ends as it should', async () => {
  const { body } = await download({ size: undefined }, chunks(BYTES))
  expect(body.endsWith('0\r\n\r\n')).toBe(true)
})
