import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { answer, jsonAnswer, serve } from '../support/hostile-upstream.ts'
import { type Certificates, makeCertificates } from '../support/tls.ts'
import { client, failure, PAGE, server } from './open.ts'

let certificates: Certificates

beforeAll(async () => {
  certificates = await makeCertificates()
})
afterAll(() => certificates.remove())

/** A proxy that opens tunnels on this machine, or answers every CONNECT with `refusal`. */
async function proxy(refusal?: string): Promise<{ url: string; port: number; tunnels: IncomingMessage[] }> {
  const tunnels: IncomingMessage[] = []
  const proxyServer = createServer()
  proxyServer.on('connect', (request, socket) => {
    tunnels.push(request)
    socket.on('error', () => {})
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const target = connect(Number(new URL(`http://${request.url}`).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
    target.on('error', () => socket.destroy())
    socket.on('close', () => target.destroy())
  })
  proxyServer.listen(0, '127.0.0.1')
  await once(proxyServer, 'listening')
  onTestFinished(() => {
    proxyServer.closeAllConnections()
    proxyServer.close()
  })
  const address = proxyServer.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, port, tunnels }
}

const TOKEN = { kind: 'bearer', token: { kind: 'literal', value: 'canary-secret' } } as const

test.each(['HTTPS_PROXY', 'https_proxy'])(
  'an https upstream is reached through the tunnel of %s, which never sees the secret',
  async (name) => {
    const { url, tunnels } = await proxy()
    const upstream = await server(serve(jsonAnswer('acme')), { tls: certificates.good })
    const corp = client(upstream.url, { ca: certificates.caFile, auth: TOKEN, environment: { [name]: url } })
    expect(await corp.getPage(`${upstream.url}simple/acme/`, PAGE)).toMatchObject({ kind: 'page' })
    expect(upstream.requests[0]?.headers).toMatchObject({ authorization: 'Bearer canary-secret' })
    expect(tunnels.map((request) => [request.url, request.headers.authorization])).toEqual([
      [`127.0.0.1:${upstream.port}`, undefined],
    ])
  },
)

test('certificates are checked inside a tunnel too', async () => {
  const { url } = await proxy()
  const upstream = await server(serve(jsonAnswer('acme')), { tls: certificates.wrongHost })
  const corp = client(upstream.url, { ca: certificates.caFile, environment: { HTTPS_PROXY: url } })
  expect(await failure(corp.getPage(`${upstream.url}simple/acme/`, PAGE))).toMatchObject({ code: 'certificate' })
  expect(upstream.requests).toEqual([])
})

test('an http upstream is asked for through HTTP_PROXY', async () => {
  const forward = await server(serve(jsonAnswer('acme')))
  const url = 'http://upstream.example/'
  const corp = client(url, { environment: { HTTP_PROXY: `127.0.0.1:${forward.port}` } })
  expect(await corp.getPage(`${url}simple/acme/`, PAGE)).toMatchObject({ kind: 'page' })
  expect(forward.requests[0]).toMatchObject({
    path: 'http://upstream.example/simple/acme/',
    headers: { host: 'upstream.example' },
  })
})

test('hosts of NO_PROXY are reached without the proxy', async () => {
  const { url, tunnels } = await proxy()
  const upstream = await server(serve(jsonAnswer('acme')))
  const environment = { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: 'example.com, 127.0.0.1' }
  expect(await client(upstream.url, { environment }).getPage(`${upstream.url}simple/acme/`, PAGE)).toMatchObject({
    kind: 'page',
  })
  expect(tunnels).toEqual([])
})

test('a proxy that is down is a failure that may heal', async () => {
  const gone = await server([])
  await gone.close()
  for (const url of ['https://upstream.example/', 'http://upstream.example/']) {
    const corp = client(url, { environment: { HTTP_PROXY: gone.url, HTTPS_PROXY: gone.url } })
    expect(await failure(corp.getPage(`${url}simple/acme/`, PAGE))).toMatchObject({ code: 'connect', mayHeal: true })
  }
})

test.each([
  ['407 Proxy Authentication Required', 'denied', false],
  ['502 Bad Gateway', 'connect', true],
] as const)('a tunnel that is refused with "%s" is a failure of the kind "%s"', async (refusal, code, mayHeal) => {
  const { url } = await proxy(refusal)
  const https = 'https://upstream.example/'
  expect(
    await failure(client(https, { environment: { HTTPS_PROXY: url } }).getPage(`${https}simple/acme/`, PAGE)),
  ).toMatchObject({ code, mayHeal })
})

test('a proxy that asks for credentials for a plain request is a denial', async () => {
  const forward = await server(serve(answer(407, {}, 'who are you?')))
  const url = 'http://upstream.example/'
  const corp = client(url, { environment: { HTTP_PROXY: forward.url } })
  expect(await failure(corp.getPage(`${url}simple/acme/`, PAGE))).toMatchObject({ code: 'denied', mayHeal: false })
})

test('a proxy that is no URL stops the start, without a word of its password', () => {
  const environment = { HTTPS_PROXY: 'http://user:canary-secret@[' }
  const upstream = 'https://upstream.example/'
  expect(() => client(upstream, { environment })).toThrow('Cannot use HTTPS_PROXY: it is not a URL')
})
