import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Auth, SecretSource } from '../../src/upstream/credentials.ts'
import { answer, type HostileUpstream, jsonAnswer, serve } from '../support/hostile-upstream.ts'
import { client, failure, PAGE, server, whole } from './open.ts'

const SECRET = 'canary-secret'

function literal(value: string): SecretSource {
  return { kind: 'literal', value }
}

function bearer(token: SecretSource): Auth {
  return { kind: 'bearer', token }
}

/** Everything that a server heard, in all the ways in which the secret could have been written. */
function heardSecret({ requests }: HostileUpstream): boolean {
  const all = requests.map(({ raw }) => raw).join('\n')
  const forms = [
    SECRET,
    Buffer.from(SECRET).toString('base64'),
    Buffer.from(`ci:${SECRET}`).toString('base64'),
    'x-canary',
  ]
  return forms.some((form) => all.includes(form))
}

function shown({ requests }: HostileUpstream): (string | undefined)[] {
  return requests.map(({ headers }) => headers.authorization)
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'unidex-secrets-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

test('a user and a password are shown as Basic, in UTF-8', async () => {
  const upstream = await server(serve(jsonAnswer('acme')))
  const auth: Auth = { kind: 'basic', username: literal('ci'), password: literal('pässword') }
  await client(upstream.url, { auth }).getPage(`${upstream.url}simple/acme/`, PAGE)
  expect(shown(upstream)).toEqual([`Basic ${Buffer.from('ci:pässword').toString('base64')}`])
})

test('a token is shown as Bearer, and further headers go with it', async () => {
  const upstream = await server(serve(jsonAnswer('acme')))
  const headers = [{ name: 'X-Job', value: { kind: 'env', name: 'JOB' } as const }]
  await client(upstream.url, { auth: bearer(literal(SECRET)), headers, environment: { JOB: '42' } }).getPage(
    `${upstream.url}simple/acme/`,
    PAGE,
  )
  expect(upstream.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'x-job': '42' })
})

test('the environment is read at each question', async () => {
  const upstream = await server(serve(jsonAnswer('acme')))
  const environment: Record<string, string> = { TOKEN: 'one' }
  const corp = client(upstream.url, { auth: bearer({ kind: 'env', name: 'TOKEN' }), environment })
  await corp.getPage(`${upstream.url}simple/acme/`, PAGE)
  environment.TOKEN = 'two'
  await corp.getPage(`${upstream.url}simple/acme/`, PAGE)
  expect(shown(upstream)).toEqual(['Bearer one', 'Bearer two'])
})

test('a secret in a file is trimmed and follows the file', async () => {
  const path = join(await folder(), 'token')
  const upstream = await server(serve(jsonAnswer('acme')))
  const corp = client(upstream.url, { auth: bearer({ kind: 'file', path }) })
  await writeFile(path, ' one\n')
  await corp.getPage(`${upstream.url}simple/acme/`, PAGE)
  await writeFile(path, 'two\n')
  await corp.getPage(`${upstream.url}simple/acme/`, PAGE)
  expect(shown(upstream)).toEqual(['Bearer one', 'Bearer two'])
})

/** A command that prints `PREFIX-N` at its n-th run. */
async function counter(prefix = 'token'): Promise<SecretSource> {
  const path = join(await folder(), 'runs')
  const script = `const fs = require('node:fs'); fs.appendFileSync(${JSON.stringify(path)}, '.'); console.log('${prefix}-' + fs.statSync(${JSON.stringify(path)}).size + '\\nsecond line')`
  return { kind: 'exec', command: [process.execPath, '-e', script] }
}

test('a command is run once for many questions, and its first line is the secret', async () => {
  const upstream = await server(serve(jsonAnswer('acme')))
  const corp = client(upstream.url, { auth: bearer(await counter()) })
  await Promise.all([1, 2, 3].map(() => corp.getPage(`${upstream.url}simple/acme/`, PAGE)))
  await corp.getPage(`${upstream.url}simple/acme/`, PAGE)
  expect(shown(upstream)).toEqual(Array(4).fill('Bearer token-1'))
})

test.each([401, 403])('after %i the command is run again and the question is repeated once', async (status) => {
  const upstream = await server({ connections: [serve(answer(status), jsonAnswer('acme'))], afterwards: 'repeat-last' })
  const corp = client(upstream.url, { auth: bearer(await counter()), maxConnections: 1 })
  expect(await corp.getPage(`${upstream.url}simple/acme/`, PAGE)).toMatchObject({ kind: 'page' })
  expect(shown(upstream)).toEqual(['Bearer token-1', 'Bearer token-2'])
})

test('a denial that stays is told after the second try', async () => {
  const upstream = await server(serve(answer(401)))
  const error = await failure(
    client(upstream.url, { auth: bearer(await counter(SECRET)) }).getPage(`${upstream.url}simple/acme/`, PAGE),
  )
  expect(error).toMatchObject({ code: 'denied', status: 401, mayHeal: false })
  expect(upstream.requests).toHaveLength(2)
  expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET)
})

test('a secret that did not change is not shown again to an upstream that denied it', async () => {
  const upstream = await server(serve(answer(401)))
  await failure(client(upstream.url, { auth: bearer(literal(SECRET)) }).getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(upstream.requests).toHaveLength(1)
})

test('a status in absentOn is no reason to run the command again', async () => {
  const upstream = await server(serve(answer(403)))
  const corp = client(upstream.url, { auth: bearer(await counter()), absentOn: [403] })
  expect(await corp.getPage(`${upstream.url}simple/acme/`, PAGE)).toEqual({ kind: 'absent', status: 403 })
  expect(upstream.requests).toHaveLength(1)
})

test.each<[string, SecretSource, string]>([
  ['an environment variable that is not set', { kind: 'env', name: 'NO_SUCH' }, 'NO_SUCH'],
  ['a file that is not there', { kind: 'file', path: '/no/such/file' }, '/no/such/file: ENOENT'],
  ['a command that is not there', { kind: 'exec', command: ['/no/such/command'] }, '/no/such/command'],
  [
    'a command that fails',
    {
      kind: 'exec',
      command: [process.execPath, '-e', `console.log('${SECRET}'); console.error('${SECRET}'); process.exit(3)`],
    },
    'exit code 3',
  ],
  ['a command that prints nothing', { kind: 'exec', command: [process.execPath, '-e', ''] }, 'printed nothing'],
  ['a secret that would break the header', literal(`${SECRET}\r\nx-evil: 1`), '"authorization"'],
])('%s is a failure that names the place and not the value, and nobody is asked', async (_, token, place) => {
  const upstream = await server(serve(jsonAnswer('acme')))
  const error = await failure(
    client(upstream.url, { auth: bearer(token) }).getPage(`${upstream.url}simple/acme/`, PAGE),
  )
  expect(error).toMatchObject({ code: 'secret-unavailable', mayHeal: false })
  expect(error.message).toContain(place)
  expect(`${error.message} ${error.stack} ${JSON.stringify(error.cause)}`).not.toContain(SECRET)
  expect(upstream.connections()).toBe(0)
})

test('a command that takes its time does not hold a question beyond its limit', async () => {
  const upstream = await server(serve(jsonAnswer('acme')))
  const auth = bearer({ kind: 'exec', command: [process.execPath, '-e', 'setTimeout(() => {}, 1000)'] })
  expect(
    await failure(client(upstream.url, { auth, timeoutMs: 100 }).getPage(`${upstream.url}simple/acme/`, PAGE)),
  ).toMatchObject({ code: 'timeout' })
})

test("netrc gives the user and password of the upstream's host", async () => {
  const netrcPath = join(await folder(), 'netrc')
  await writeFile(
    netrcPath,
    `machine other.example login x password y\nmachine 127.0.0.1 login ci password ${SECRET}\n`,
  )
  const upstream = await server(serve(jsonAnswer('acme')))
  await client(upstream.url, { auth: { kind: 'netrc' }, netrcPath }).getPage(`${upstream.url}simple/acme/`, PAGE)
  await client(upstream.url, { auth: { kind: 'netrc' }, environment: { NETRC: netrcPath } }).getPage(
    `${upstream.url}simple/acme/`,
    PAGE,
  )
  expect(shown(upstream)).toEqual(Array(2).fill(`Basic ${Buffer.from(`ci:${SECRET}`).toString('base64')}`))
})

test('a netrc without the host, and no netrc at all, are failures that an operator must mend', async () => {
  const netrcPath = join(await folder(), 'netrc')
  const upstream = await server(serve(jsonAnswer('acme')))
  const corp = client(upstream.url, { auth: { kind: 'netrc' }, netrcPath })
  const missing = await failure(corp.getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(missing).toMatchObject({ code: 'secret-unavailable', message: `Cannot read ${netrcPath}` })
  await writeFile(netrcPath, `machine other.example login x password ${SECRET}`)
  const other = await failure(corp.getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(other).toMatchObject({
    code: 'secret-unavailable',
    message: `${netrcPath} has no entry with a password for "127.0.0.1"`,
  })
  expect(upstream.connections()).toBe(0)
})

test('no secret reaches another origin: not by a redirect of a page, not by a file, not by a redirect of a file', async () => {
  const other = await server(serve(answer(200, {}, 'the bytes')))
  const upstream = await server(
    serve(
      answer(302, { location: `${other.url}simple/acme/` }),
      answer(302, { location: `${other.url}files/a.whl` }),
      answer(302, { location: `http://localhost:${new URL(other.url).port}/files/a.whl` }),
      answer(302, { location: '/files/b.whl' }),
      answer(200, {}, 'own'),
    ),
  )
  const corp = client(upstream.url, {
    auth: { kind: 'basic', username: literal('ci'), password: literal(SECRET) },
    headers: [{ name: 'X-Canary', value: literal(SECRET) }],
    filesAt: [`${upstream.url}files/`, `${other.url}files/`],
    maxConnections: 1,
  })
  const read = async (url: string) => {
    const reply = await corp.openFile(url)
    return reply.kind === 'file' ? whole(reply.body) : reply.kind
  }
  await failure(corp.getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(await read(`${other.url}files/a.whl`)).toBe('the bytes')
  expect(await read(`${upstream.url}files/a.whl`)).toBe('the bytes')
  await failure(corp.openFile(`${upstream.url}files/a.whl`))
  expect(await read(`${upstream.url}files/a.whl`)).toBe('own')

  expect(other.requests).toHaveLength(2)
  expect(heardSecret(other)).toBe(false)
  expect(
    upstream.requests.every(({ headers }) => headers.authorization !== undefined && headers['x-canary'] === SECRET),
  ).toBe(true)
})

test("two upstreams on one server each show their own secret and never the other's", async () => {
  const both = await server(serve(jsonAnswer('acme')))
  const one = client(both.url, { name: 'one', auth: bearer(literal('secret-one')) })
  const two = client(both.url, { name: 'two', auth: bearer(literal('secret-two')) })
  await one.getPage(`${both.url}simple/acme/`, PAGE)
  await two.getPage(`${both.url}simple/acme/`, PAGE)
  expect(both.requests.map(({ headers, connection }) => [headers.authorization, connection])).toEqual([
    ['Bearer secret-one', 0],
    ['Bearer secret-two', 1],
  ])
})
