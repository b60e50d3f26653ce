/** Index servers as people run them: how each is started, and how a file gets there. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { UpstreamFile } from '../../support/simple-upstream.ts'
import { CHECKOUT, PROGRAMS, type Running, freePort, runWell, start } from './programs.ts'

export interface IndexServer {
  /** Address of its simple index. */
  readonly url: string
  publish(files: readonly PublishedFile[]): Promise<void>
  /** Ends it. */
  stop(): Promise<unknown>
  /** Starts it again, with what was published. */
  again(): Promise<void>
}

export interface PublishedFile extends UpstreamFile {
  /** In the form of filenames. */
  readonly project: string
  readonly version: string
  readonly sha256: string
  readonly requiresPython?: string
  readonly yanked?: string
}

export interface ServerKind {
  /** What it needs, for `describeWith`. */
  readonly programs: readonly string[]
  /** It can say that a file is yanked. */
  readonly knowsYanks?: boolean
  /** What its pages say of files. */
  readonly gives: { readonly hashes: boolean }
  start(folder: string): Promise<IndexServer>
}

export const SERVER_KINDS = {
  'devpi-server': {
    programs: [installed('devpi', 'devpi-server')],
    gives: { hashes: true },
    async start(folder) {
      await runWell(installed('devpi', 'devpi-init'), ['--serverdir', folder, '--no-root-pypi'])
      const at = await address()
      const server = await launch(
        installed('devpi', 'devpi-server'),
        ['--serverdir', folder, '--host', '127.0.0.1', '--port', at.port],
        `${at.origin}/+api`,
      )
      const auth = await devpiIndex(at.origin, 'private', { type: 'stage', bases: [] })
      const publish = (files: readonly PublishedFile[]) => uploadAll(`${at.origin}/root/private/`, files, auth)
      return { ...server, url: `${at.origin}/root/private/+simple/`, publish }
    },
  },
  'pypiserver, sending whoever asks to PyPI': {
    programs: [PROGRAMS.python],
    gives: { hashes: true },
    async start(folder) {
      return { ...(await pypiServerOn(folder)), publish: async (files) => write(folder, files) }
    },
  },
  'simple-repository-server': {
    programs: [installed('simple-repository-server', 'simple-repository-server')],
    gives: { hashes: false },
    async start(folder) {
      const at = await address()
      const words = ['--host', '127.0.0.1', '--port', at.port, folder]
      const program = installed('simple-repository-server', 'simple-repository-server')
      const server = await launch(program, words, `${at.origin}/simple/`)
      return { ...server, url: `${at.origin}/simple/`, publish: async (files) => writeByProject(folder, files) }
    },
  },
  pypiron: {
    programs: [installed('pypiron', 'pypiron')],
    knowsYanks: true,
    gives: { hashes: true },
    async start(folder) {
      const at = await address()
      const environment = {
        PYPIRON_DATA_DIR: folder,
        PYPIRON_ADMIN_PASS: 'hunter-2',
        PYPIRON_WAIT_ON_UPLOAD: 'true',
        PYPIRON_BIND_ADDR: `127.0.0.1:${at.port}`,
        // Its list of malware comes from the network.
        PYPIRON_ADVISORY_FEED: '',
        PYPIRON_MALWARE_BLOCK: 'false',
      }
      const server = await launch(installed('pypiron', 'pypiron'), ['serve'], `${at.origin}/health`, environment)
      const auth = { Authorization: `Basic ${btoa('admin:hunter-2')}` }
      const publish = async (files: readonly PublishedFile[]) => {
        await uploadAll(`${at.origin}/legacy/`, files, auth)
        for (const { project, filename, yanked } of files) {
          if (yanked === undefined) continue
          const file = `${at.origin}/files/${project.replaceAll('_', '-')}/${filename}/yank`
          await well(await fetch(file, { method: 'POST', headers: auth, body: yanked }))
        }
      }
      return { ...server, url: `${at.origin}/simple/`, publish }
    },
  },
  'nginx autoindex': {
    programs: [PROGRAMS.nginx],
    gives: { hashes: false },
    async start(folder) {
      const at = await address()
      const files = join(folder, 'files')
      mkdirSync(files)
      // Its workers are another user where it was started as root.
      for (const each of [folder, files]) chmodSync(each, 0o755)
      writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(folder, at.port))
      const words = ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')]
      const server = await launch(PROGRAMS.nginx, words, `${at.origin}/`)
      return { ...server, url: `${at.origin}/`, publish: async (all) => writeByProject(files, all) }
    },
  },
  'python -m http.server': {
    programs: [PROGRAMS.python],
    gives: { hashes: false },
    start: async (folder) => {
      const server = await webServer(folder)
      return { ...server, publish: async (files) => writeByProject(folder, files) }
    },
  },
  'dumb-pypi': {
    programs: [installed('generators', 'dumb-pypi')],
    knowsYanks: true,
    gives: { hashes: true },
    async start(folder) {
      const server = await webServer(folder)
      mkdirSync(join(folder, 'packages'))
      const publish = async (files: readonly PublishedFile[]) => {
        write(join(folder, 'packages'), files)
        const listed = files.map(({ filename, sha256, yanked }) =>
          JSON.stringify({
            filename,
            hash: `sha256=${sha256}`,
            ...(yanked !== undefined && { yanked_reason: yanked }),
          }),
        )
        writeFileSync(join(folder, 'list.json'), listed.join('\n'))
        const words = ['--package-list-json', 'list.json', '--packages-url', '../../packages/', '--output-dir', '.']
        await runWell(installed('generators', 'dumb-pypi'), words, { folder })
      }
      return { ...server, url: `${server.url}simple/`, publish }
    },
  },
  pip2pi: {
    programs: [installed('generators', 'dir2pi')],
    gives: { hashes: false },
    async start(folder) {
      const server = await webServer(folder)
      const publish = async (files: readonly PublishedFile[]) => {
        write(folder, files)
        await runWell(installed('generators', 'dir2pi'), ['--normalize-package-names', folder])
      }
      return { ...server, url: `${server.url}simple/`, publish }
    },
  },
  'proxpi in front of pypiserver': {
    programs: [installed('proxpi', 'gunicorn'), PROGRAMS.python],
    gives: { hashes: true },
    async start(folder) {
      const behind = await pypiServerOn(folder, '--disable-fallback')
      const server = await proxpiOver(behind.url)
      return {
        ...server,
        publish: async (files) => write(folder, files),
        stop: () => Promise.all([server.stop(), behind.stop()]),
        again: async () => void (await Promise.all([server.again(), behind.again()])),
      }
    },
  },
} satisfies Readonly<Record<string, ServerKind>>

export function installed(environment: string, program: string): string {
  return join(CHECKOUT, 'node_modules/.journey/servers', environment, 'bin', program)
}

export async function address(): Promise<{ readonly port: string; readonly origin: string }> {
  const port = String(await freePort())
  return { port, origin: `http://127.0.0.1:${port}` }
}

/** Waits until `readyUrl` is answered, whatever it says. */
export async function launch(
  program: string,
  words: readonly string[],
  readyUrl: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Omit<IndexServer, 'url' | 'publish'>> {
  let running: Running | undefined
  async function again(): Promise<void> {
    const started = start(program, words, { environment })
    running = started
    let hasEnded = false
    void started.ended.then(
      () => (hasEnded = true),
      () => (hasEnded = true),
    )
    await vi.waitFor(
      async () => {
        if (hasEnded) throw new Error(`${program} ended:\n${started.stderr()}`)
        await fetch(readyUrl)
      },
      { timeout: 60_000, interval: 100 },
    )
  }
  await again()
  return { again, stop: async () => running?.end() }
}

export async function webServer(folder: string): Promise<Omit<IndexServer, 'publish'>> {
  const { port, origin } = await address()
  const words = ['-m', 'http.server', port, '--bind', '127.0.0.1', '--directory', folder]
  return { ...(await launch(PROGRAMS.python, words, `${origin}/`)), url: `${origin}/` }
}

/** pypiserver on a flat folder. */
export async function pypiServerOn(folder: string, ...more: string[]): Promise<Omit<IndexServer, 'publish'>> {
  const { port, origin } = await address()
  const words = ['-m', 'pypiserver', 'run', '--interface', '127.0.0.1', '--port', port, ...more, folder]
  return { ...(await launch(PROGRAMS.python, words, `${origin}/simple/`)), url: `${origin}/simple/` }
}

/** Asks again each time, so that what was just published is there. */
export async function proxpiOver(url: string): Promise<Omit<IndexServer, 'publish'>> {
  const { port, origin } = await address()
  const words = ['--bind', `127.0.0.1:${port}`, '--threads', '2', 'proxpi.server:app']
  const environment = { PROXPI_INDEX_URL: url, PROXPI_INDEX_TTL: '0' }
  const server = await launch(installed('proxpi', 'gunicorn'), words, `${origin}/health`, environment)
  return { ...server, url: `${origin}/index/` }
}

function write(folder: string, files: readonly PublishedFile[]): void {
  for (const { filename, bytes } of files) writeFileSync(join(folder, filename), bytes)
}

function writeByProject(folder: string, files: readonly PublishedFile[]): void {
  for (const file of files) {
    const ofProject = join(folder, file.project.replaceAll('_', '-'))
    mkdirSync(ofProject, { recursive: true })
    write(ofProject, [file])
  }
}

/** The form that twine sends (the upload API of PyPI's predecessors). */
async function uploadAll(
  url: string,
  files: readonly PublishedFile[],
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  for (const { project, version, filename, bytes, sha256, requiresPython } of files) {
    const form = new FormData()
    const fields = {
      ':action': 'file_upload',
      protocol_version: '1',
      metadata_version: '2.1',
      name: project.replaceAll('_', '-'),
      version,
      filetype: filename.endsWith('.whl') ? 'bdist_wheel' : 'sdist',
      pyversion: filename.endsWith('.whl') ? 'py3' : 'source',
      sha256_digest: sha256,
      ...(requiresPython !== undefined && { requires_python: requiresPython }),
    }
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('content', new Blob([Uint8Array.from(bytes)]), filename)
    await well(await fetch(url, { method: 'POST', headers, body: form }))
  }
}

/** Makes the index `root/NAME`. Gives what it takes to publish there. */
export async function devpiIndex(
  origin: string,
  name: string,
  settings: object,
): Promise<Readonly<Record<string, string>>> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
  const login = JSON.stringify({ user: 'root', password: '' })
  const answer = await well(await fetch(`${origin}/+login`, { method: 'POST', headers, body: login }))
  const { result } = (await answer.json()) as { result: { password: string } }
  const auth = { 'X-Devpi-Auth': btoa(`root:${result.password}`) }
  const body = JSON.stringify(settings)
  await well(await fetch(`${origin}/root/${name}`, { method: 'PUT', headers: { ...headers, ...auth }, body }))
  return auth
}

async function well(response: Response): Promise<Response> {
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}: ${await response.text()}`)
  return response
}

function nginxConfiguration(folder: string, port: string): string {
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  )
  return `
daemon off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${kept.join(' ')}
  server {
    listen 127.0.0.1:${port};
    root ${folder}/files;
    autoindex on;
  }
}
`
}
