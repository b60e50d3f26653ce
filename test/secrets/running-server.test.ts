/** A server as an operator runs it, with a secret in every place that takes one: each reaches its own upstream, and nothing else. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../journey/support/programs.ts'
import { serve, unidex, writeRules } from '../journey/support/server.ts'
import { type Canary, canary, formsOf, foundIn, textOfFolder } from './canary.ts'
import { type ListeningUpstream, PROJECTS, eavesdropper, listeningUpstream } from './listening-upstream.ts'

const SLOTS = {
  literal: canary('literal', 'user-literal'),
  username: canary('username'),
  env: canary('env', 'user-env'),
  file: canary('file', 'user-file'),
  exec: canary('exec', 'user-exec'),
  netrc: canary('netrc', 'user-netrc'),
  bearer: canary('bearer'),
  header: canary('header'),
  userinfo: canary('userinfo', 'user-info'),
  proxy: canary('proxy', 'user-proxy'),
} satisfies Record<string, Canary>

type Slot = keyof typeof SLOTS
const ALL = Object.values(SLOTS)

interface Place {
  readonly upstreams: Record<Exclude<Slot, 'proxy'>, ListeningUpstream>
  readonly elsewhere: ListeningUpstream
  readonly proxy: ListeningUpstream
  readonly folder: string
  readonly rules: Record<string, unknown>
  readonly environment: NodeJS.ProcessEnv
}

async function setUp(): Promise<Place> {
  const folder = temporaryFolder()
  const [elsewhere, proxy] = [await eavesdropper(), await eavesdropper()]
  const open = () => listeningUpstream({ elsewhere: elsewhere.url })
  const upstreams = {
    literal: await open(),
    username: await open(),
    env: await open(),
    file: await open(),
    exec: await open(),
    netrc: await open(),
    bearer: await open(),
    header: await open(),
    userinfo: await open(),
  }
  writeFileSync(join(folder, 'password'), `${SLOTS.file.value}\n`)
  writeFileSync(join(folder, 'print-password'), `#!/bin/sh\ncat ${join(folder, 'printed')}\n`)
  chmodSync(join(folder, 'print-password'), 0o700)
  writeFileSync(join(folder, 'printed'), `${SLOTS.exec.value}\n`)
  const quoted = SLOTS.netrc.value.replaceAll('"', '\\"')
  writeFileSync(join(folder, 'netrc'), `machine 127.0.0.1 login user-netrc password "${quoted}"\n`)

  const auth: Record<Exclude<Slot, 'proxy'>, Record<string, unknown>> = {
    literal: { auth: { username: 'user-literal', password: SLOTS.literal.value } },
    username: { auth: { username: { env: 'SLOT_USERNAME' }, password: '' } },
    env: { auth: { username: 'user-env', password: { env: 'SLOT_ENV' } } },
    file: { auth: { username: 'user-file', password: { file: join(folder, 'password') } } },
    exec: { auth: { username: 'user-exec', password: { exec: [join(folder, 'print-password')] } } },
    netrc: { auth: 'netrc' },
    bearer: { auth: { token: { env: 'SLOT_BEARER' } } },
    header: { headers: { 'X-Api-Key': SLOTS.header.value } },
    userinfo: {},
  }
  const rules = {
    upstreams: {
      ...Object.fromEntries(
        Object.entries(upstreams).map(([slot, { url }]) => [
          slot,
          {
            url: slot === 'userinfo' ? withUser(url, SLOTS.userinfo) : url,
            filesAt: [new URL('/files/', url).href, elsewhere.url],
            timeout: '1s',
            ...auth[slot as keyof typeof auth],
          },
        ]),
      ),
      proxied: { url: 'http://proxied.example/simple/', timeout: '1s' },
      'proxied-tls': { url: 'https://proxied.example/simple/', timeout: '1s' },
    },
    indexes: Object.fromEntries(
      ['default', ...Object.keys(upstreams), 'proxied', 'proxied-tls'].map((name) => [
        name,
        { upstreams: [name === 'default' ? 'literal' : name] },
      ]),
    ),
  }
  return {
    upstreams,
    elsewhere,
    proxy,
    folder,
    rules,
    environment: {
      SLOT_USERNAME: SLOTS.username.value,
      SLOT_ENV: SLOTS.env.value,
      SLOT_BEARER: SLOTS.bearer.value,
      NETRC: join(folder, 'netrc'),
      HTTP_PROXY: withUser(proxy.url, SLOTS.proxy),
      HTTPS_PROXY: withUser(proxy.url, SLOTS.proxy),
      http_proxy: undefined,
      https_proxy: undefined,
      no_proxy: undefined,
      UNIDEX_LOG_LEVEL: 'debug',
    },
  }
}

function withUser(url: string, { user = '', value }: Canary): string {
  return url.replace('://', `://${user}:${encodeURIComponent(value)}@`)
}

/** Everything that a client can see of an answer. */
async function seen(url: string, accept: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, { headers: { accept }, redirect: 'manual' })
  const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
  return {
    status: response.status,
    text: `${url} ${response.status} ${response.statusText}\n${head}\n${await response.text()}`,
  }
}

it.each(['text', 'json'])(
  'no secret is in an answer, the log (%s), the data folder or the list of processes, and each is shown to its upstream',
  { timeout: 90_000 },
  async (log) => {
    const { upstreams, elsewhere, proxy, folder, rules, environment } = await setUp()
    const server = await serve({ folder, rules, environment, words: ['--log', log] })
    onTestFinished(() => void server.process.kill('SIGKILL'))
    const answers: string[] = []
    async function ask(path: string, accept = 'application/vnd.pypi.simple.v1+json'): Promise<number> {
      const { status, text } = await seen(`${server.origin}${path}`, accept)
      answers.push(text)
      return status
    }

    async function askAll(slot: string, { url }: ListeningUpstream): Promise<void> {
      for (const [project, status] of Object.entries(PROJECTS)) {
        expect([slot, project, await ask(`/${slot}/simple/${project}/`)]).toEqual([slot, project, status])
        // An upstream that fails again and again is left alone: this shows that it is well.
        if (project !== 'slow') expect(await ask(`/${slot}/simple/no-${project}/`, 'text/html')).toBe(404)
      }
      const files = `/${slot}/files/${slot}/${new URL(url).host}/files`
      expect([slot, await ask(`${files}/fine-1.0.tar.gz`)]).toEqual([slot, 200])
      // It is redirected to a place where this upstream's files may lie.
      expect([slot, await ask(`${files}/fine-1.1.tar.gz`)]).toEqual([slot, 200])
      for (const other of ['fine-1.0.tar.gz.metadata', 'repeated-1.0.tar.gz', 'nobody-1.0.tar.gz'])
        await ask(`${files}/${other}`)
      await ask(`/${slot}/simple/`, 'text/html')
      await ask(`/${slot}/simple/fine/`, 'text/html')
    }

    await Promise.all(Object.entries(upstreams).map(([slot, upstream]) => askAll(slot, upstream)))
    // The proxy answers for the upstream, and opens no tunnel.
    expect(await ask('/proxied/simple/fine/')).toBe(404)
    expect(await ask('/proxied-tls/simple/fine/')).toBe(502)
    for (const path of ['/', '/healthz', '/readyz', '/metrics', '/projects/fine', '/nowhere', '/simple/fine'])
      await ask(path)

    const { pid } = server.process
    const processes = ['cmdline', 'comm', 'status']
      .map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'))
      .join('\n')
    const { code, output } = await server.end()
    expect(code).toBe(0)
    const left = textOfFolder(join(folder, 'data'))

    // The search is not blind.
    expect(answers.join('\n')).toContain('fine-1.0.tar.gz')
    expect(output).toContain('unauthorized')
    expect(left).toContain('"filename":"fine-1.0.tar.gz"')
    expect(processes).toContain('src/cli/main.ts')

    expect(foundIn(answers.join('\n'), ALL)).toEqual([])
    expect(foundIn(output, ALL)).toEqual([])
    expect(foundIn(left, ALL)).toEqual([])
    expect(foundIn(processes, ALL)).toEqual([])

    for (const [slot, { heard }] of Object.entries(upstreams)) {
      const own = SLOTS[slot as Slot]
      const others = ALL.filter((each) => each !== own)
      expect([slot, heard.filter((head) => formsOf(own).some((form) => head.includes(form))).length]).toEqual([
        slot,
        heard.length,
      ])
      expect([slot, foundIn(heard.join('\n'), others)]).toEqual([slot, []])
    }
    expect(elsewhere.heard.length).toBeGreaterThan(0)
    expect(foundIn(elsewhere.heard.join('\n'), ALL)).toEqual([])
    expect(proxy.heard.length).toBeGreaterThan(0)
    expect(foundIn(proxy.heard.join('\n'), [SLOTS.proxy])).not.toEqual([])
    expect(
      foundIn(
        proxy.heard.join('\n'),
        ALL.filter((each) => each !== SLOTS.proxy),
      ),
    ).toEqual([])
  },
)

it('no secret is in what the other commands print', { timeout: 60_000 }, async () => {
  const { folder, rules, environment } = await setUp()
  const file = writeRules(folder, rules)
  const data = ['--rules', file, '--data', join(folder, 'data')]
  const commands = [
    ['check', file],
    ['check', '--strict', file],
    ['serve', '--strict', '--port', '0', ...data],
    ['serve', '--host', '0.0.0.0', '--port', '0', ...data],
    ['accept', 'fine-1.0.tar.gz', ...data],
    ['explain', 'fine', ...data],
  ]
  for (const words of commands) {
    const { output } = await unidex(words, { environment: { ...environment, HOME: folder } })
    expect([words[0], output.length > 0, foundIn(output, ALL)]).toEqual([words[0], true, []])
  }
})

it.each(['HTTP_PROXY', 'HTTPS_PROXY'])('an address of a proxy (%s) that is none is not repeated', async (name) => {
  const { folder, rules, environment } = await setUp()
  const file = writeRules(folder, rules)
  const secret = SLOTS.proxy.value
  for (const wrong of [
    `http://user-proxy:${secret}@[bad`,
    `user-proxy:${secret}@:x`,
    `ftp://user-proxy:${encodeURIComponent(secret)}@host`,
  ]) {
    const { code, output } = await unidex(['serve', '--port', '0', '--rules', file, '--data', join(folder, 'data')], {
      environment: { ...environment, HOME: folder, [name]: wrong },
    })
    expect([wrong, code, foundIn(output, ALL)]).toEqual([wrong, 2, []])
  }
})

it('a secret that cannot be had is named by its place', { timeout: 60_000 }, async () => {
  const { folder, rules, environment } = await setUp()
  writeFileSync(
    join(folder, 'print-password'),
    `#!/bin/sh\necho ${SLOTS.exec.slot}; cat ${join(folder, 'printed')} >&2; exit 3\n`,
  )
  writeFileSync(join(folder, 'password'), '')
  const server = await serve({ folder, rules, environment: { ...environment, SLOT_ENV: '' } })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  for (const [slot, place] of [
    ['exec', 'print-password'],
    ['file', 'password'],
    ['env', 'SLOT_ENV'],
  ]) {
    const { status, text } = await seen(`${server.origin}/${slot}/simple/fine/`, 'text/html')
    expect([slot, status, foundIn(text, ALL)]).toEqual([slot, 502, []])
    expect(text).toContain(place)
  }
  const { output } = await server.end()
  expect(foundIn(output, ALL)).toEqual([])
})
