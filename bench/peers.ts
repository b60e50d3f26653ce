/** Other proxies for Python package indexes, as `npm run bench:peers` installs them, each started as its manual says. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bench, type Running, freePort } from './harness.ts'

const INSTALLED = fileURLToPath(new URL('../node_modules/.bench/', import.meta.url))

export interface Peer {
  readonly name: string
  /** Whether it can put several upstreams behind one index. */
  readonly merges: boolean
  /** Where its program is. */
  readonly program: string
  /** Starts it on upstreams, the first one first. The address is its index's, and ends with a slash. */
  start(bench: Bench, upstreams: readonly string[]): Promise<Running>
}

export const UV = installed('uv', 'uv')
export const PYTHON = installed('uv', 'python')

const pypiron: Peer = {
  name: 'pypiron',
  merges: false,
  program: installed('pypiron', 'pypiron'),
  async start(bench, [upstream = '']) {
    const address = `127.0.0.1:${await freePort()}`
    // It adds "/simple/" itself. Its list of malware comes from the network, and is left out.
    const origin = new URL('..', upstream).href.replace(/\/$/, '')
    const running = await bench.start({
      name: this.name,
      command: [
        this.program,
        'serve',
        '--bind-addr',
        address,
        '--proxy-upstream',
        origin,
        '--allow-insecure-upstream',
        '--advisory-feed',
        '',
        '--malware-block',
        'false',
      ],
      environment: {
        PYPIRON_DATA_DIR: join(bench.folder, `pypiron-${address.replace(/.*:/, '')}`),
        // The others trust what the environment names; it wants to be told.
        ...(process.env['SSL_CERT_FILE'] !== undefined && { PYPIRON_UPSTREAM_CA_CERT: process.env['SSL_CERT_FILE'] }),
      },
      url: `http://${address}/health`,
    })
    return { ...running, url: `http://${address}/simple/` }
  },
}

const proxpi: Peer = {
  name: 'proxpi',
  merges: true,
  program: installed('proxpi', 'gunicorn'),
  async start(bench, [upstream = '', ...more]) {
    const address = `127.0.0.1:${await freePort()}`
    const running = await bench.start({
      name: this.name,
      // Two threads, as in its image.
      command: [this.program, '--bind', address, '--threads', '2', 'proxpi.server:app'],
      environment: {
        PROXPI_INDEX_URL: upstream,
        PROXPI_EXTRA_INDEX_URLS: more.join(','),
        // As long as its own default for the first index.
        PROXPI_EXTRA_INDEX_TTLS: more.map(() => '1800').join(','),
      },
      url: `http://${address}/health`,
    })
    return { ...running, url: `http://${address}/index/` }
  },
}

const devpi: Peer = {
  name: 'devpi',
  merges: true,
  program: installed('devpi', 'devpi-server'),
  async start(bench, upstreams) {
    const port = await freePort()
    const folder = join(bench.folder, `devpi-${port}`)
    const init = spawnSync(installed('devpi', 'devpi-init'), ['--serverdir', folder, '--no-root-pypi'], {
      encoding: 'utf8',
    })
    if (init.status !== 0) throw new Error(`devpi-init ended with ${init.status}:\n${init.stderr}`)
    const origin = `http://127.0.0.1:${port}`
    const running = await bench.start({
      name: this.name,
      command: [this.program, '--serverdir', folder, '--host', '127.0.0.1', '--port', String(port)],
      url: `${origin}/+api`,
    })
    const mirrors = await createDevpiIndexes(origin, upstreams)
    return { ...running, url: `${origin}/${mirrors}/+simple/` }
  },
}

/** One mirror for each upstream, and an index over them where there are several. Gives the index to ask. */
async function createDevpiIndexes(origin: string, upstreams: readonly string[]): Promise<string> {
  const ask = async (method: string, path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${origin}/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`devpi answers ${response.status} to ${path}: ${await response.text()}`)
    return (await response.json()) as { result: { password: string } }
  }
  const { result } = await ask('POST', '+login', { user: 'root', password: '' })
  const auth = { 'X-Devpi-Auth': Buffer.from(`root:${result.password}`).toString('base64') }
  const names = upstreams.map((_, i) => `root/mirror${i}`)
  for (const [i, url] of upstreams.entries())
    await ask('PUT', `root/mirror${i}`, { type: 'mirror', mirror_url: url }, auth)
  if (names.length === 1) return names[0] ?? ''
  await ask('PUT', 'root/all', { type: 'stage', bases: names }, auth)
  return 'root/all'
}

const simpleRepositoryServer: Peer = {
  name: 'simple-repository-server',
  merges: true,
  program: installed('simple-repository-server', 'simple-repository-server'),
  async start(bench, upstreams) {
    const port = await freePort()
    return bench.start({
      name: this.name,
      command: [this.program, '--host', '127.0.0.1', '--port', String(port), ...upstreams],
      url: `http://127.0.0.1:${port}/simple/`,
    })
  },
}

const ALL: readonly Peer[] = [pypiron, proxpi, devpi, simpleRepositoryServer]

/** The peers that are installed. */
export const PEERS = ALL.filter(({ program }) => existsSync(program))

/** The names of those that are not. */
export const ABSENT = ALL.filter((peer) => !PEERS.includes(peer)).map(({ name }) => name)

/** Which versions are installed, uv's too: "pypiron 0.0.29". */
export function versions(): string[] {
  return globSync('*/lib/python*/site-packages/*.dist-info', { cwd: INSTALLED }).flatMap((path) => {
    const [, environment, project = '', version] = /^([^/]+)\/.*\/(.+)-(.+)\.dist-info$/.exec(path) ?? []
    const name = project.replaceAll('_', '-').replace(/^devpi-server$/, 'devpi')
    return name === environment ? [`${name} ${version}`] : []
  })
}

function installed(environment: string, program: string): string {
  return join(INSTALLED, environment, 'bin', program)
}
