import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, jsonAnswer, serve } from '../support/hostile-upstream.ts'
import { type Certificates, makeCertificates } from '../support/tls.ts'
import { client, failure, PAGE, server } from './open.ts'

let certificates: Certificates

beforeAll(async () => {
  certificates = await makeCertificates()
})
afterAll(() => certificates.remove())

test('an upstream whose authority the operator names is trusted', async () => {
  const { url } = await server(serve(jsonAnswer('acme')), { tls: certificates.good })
  expect(await client(url, { ca: certificates.caFile }).getPage(`${url}simple/acme/`, PAGE)).toMatchObject({
    kind: 'page',
  })
})

test.each([
  ['of an authority that nobody named', 'good', false],
  ['that signs itself', 'selfSigned', true],
  ['that is expired', 'expired', true],
  ['of another host', 'wrongHost', true],
] as const)('a certificate %s is refused, and nothing is sent', async (_, name, withAuthority) => {
  const upstream = await server(serve(jsonAnswer('acme')), { tls: certificates[name] })
  const corp = client(upstream.url, withAuthority ? { ca: certificates.caFile } : {})
  const error = await failure(corp.getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(error).toMatchObject({ code: 'certificate', mayHeal: false })
  expect(upstream.requests).toEqual([])
})

test('plain HTTP where TLS is expected is for the operator to mend', async () => {
  const { port } = await server([{ send: answer(400, {}, 'plain') }, { hang: true }])
  const url = `https://127.0.0.1:${port}/`
  expect(await failure(client(url).getPage(`${url}simple/acme/`, PAGE))).toMatchObject({ code: 'certificate' })
})

test('a handshake that stalls is a timeout', async () => {
  const { port } = await server([{ hang: true }])
  const url = `https://127.0.0.1:${port}/`
  expect(await failure(client(url, { timeoutMs: 100 }).getPage(`${url}simple/acme/`, PAGE))).toMatchObject({
    code: 'timeout',
  })
})

test('a file may not be redirected from https to http', async () => {
  const plain = await server(serve(answer(200, {}, 'the bytes')))
  const { url } = await server(serve(answer(302, { location: `${plain.url}files/a.whl` })), { tls: certificates.good })
  const corp = client(url, { ca: certificates.caFile, filesAt: [url, `${plain.url}files/`] })
  expect(await failure(corp.openFile(`${url}files/a.whl`))).toMatchObject({ code: 'redirect-refused' })
  expect(plain.connections()).toBe(0)
})

test('a file of certificates that is missing or holds none stops the start', () => {
  expect(() => client('https://127.0.0.1/', { ca: '/no/such/file' })).toThrow('ENOENT')
  expect(() => client('https://127.0.0.1/', { ca: import.meta.filename })).toThrow(import.meta.filename)
})
