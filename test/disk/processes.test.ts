/** Two servers on one data folder: both serve, and what one learned the other knows. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RunningServer, serve } from '../journey/support/server.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import { type Upstreams, content, offered, startUpstreams, storedFiles } from './product.ts'

/** What the product promises is a second; the rest is for a machine that is busy. */
const SOON = { timeout: 10_000, interval: 50 }

async function setUp() {
  const upstreams = await startUpstreams()
  // No list, so that only what was served makes an owner.
  upstreams.corp.instead = (request, response) =>
    request.url === '/simple/' ? Boolean(response.writeHead(404).end()) : false
  const folder = temporaryFolder()
  const start = async () => {
    const server = await serve({ folder, rules: upstreams.rules })
    onTestFinished(() => void server.process.kill('SIGKILL'))
    return server
  }
  const [one, other] = await Promise.all([start(), start()])
  return { ...upstreams, data: join(folder, 'data'), one, other }
}

const JSON_PAGE = { accept: 'application/vnd.pypi.simple.v1+json' }

/** Filenames, or the status. */
async function files({ origin }: RunningServer, project: string): Promise<string[] | number> {
  const response = await fetch(`${origin}/simple/${project}/`, { headers: JSON_PAGE })
  if (response.status !== 200) return response.status
  return ((await response.json()) as { files: { filename: string }[] }).files.map(({ filename }) => filename)
}

async function download({ origin }: RunningServer, upstream: Upstreams['corp'], name: 'corp' | 'pypi', file: string) {
  const response = await fetch(`${origin}/files/${name}/${new URL(upstream.url).host}/files/${file}`)
  return response.status === 200 ? Buffer.from(await response.arrayBuffer()) : response.status
}

describe('of two servers on one data folder', () => {
  it('one holds a name that the other was given', async () => {
    const { corp, pypi, one, other } = await setUp()
    expect(await files(one, 'acme')).toEqual(['acme-1.0.tar.gz'])
    corp.projects = {}
    await expect.poll(() => files(other, 'acme'), SOON).toBe(404)
    expect(await files(one, 'acme')).toBe(404)
    expect(pypi.requests.filter((each) => each.includes('acme'))).toEqual([])
  })

  it('one withholds a file that has changed since the other delivered it', async () => {
    const { corp, one, other } = await setUp()
    expect(await download(one, corp, 'corp', 'acme-1.0.tar.gz')).toEqual(offered(corp, 'acme-1.0.tar.gz').bytes)
    expect(await files(other, 'acme')).toEqual(['acme-1.0.tar.gz'])
    corp.projects['acme'] = [upstreamFile('acme-1.0.tar.gz', 'other content')]
    await expect.poll(() => files(other, 'acme'), SOON).toEqual([])
    await expect.poll(() => files(one, 'acme'), SOON).toEqual([])
  })

  it('one gives the file that the other has kept', async () => {
    const { data, pypi, one, other } = await setUp()
    const { bytes } = offered(pypi, 'lib-1.0.tar.gz')
    expect(await download(one, pypi, 'pypi', 'lib-1.0.tar.gz')).toEqual(bytes)
    await expect.poll(() => storedFiles(data), SOON).toMatchObject({ stored: [expect.any(String)], drafts: [] })
    expect(await download(other, pypi, 'pypi', 'lib-1.0.tar.gz')).toEqual(bytes)
    expect(pypi.requests.filter((each) => each.includes('/files/'))).toEqual(['GET /files/lib-1.0.tar.gz'])
  })

  it('both give every client every file while they fetch the same ones', async () => {
    const { pypi, one, other } = await setUp()
    const projects = Array.from({ length: 20 }, (_, i) => `many-${i}`)
    for (const project of projects) {
      const filename = `${project.replace('-', '_')}-1.0.tar.gz`
      pypi.projects[project] = [upstreamFile(filename, content(project, 300_000))]
    }
    const asked = projects.flatMap((project) => {
      const [file = upstreamFile('')] = pypi.projects[project] ?? []
      return [one, other].map(async (server) => {
        expect(await files(server, project)).toEqual([file.filename])
        expect(await download(server, pypi, 'pypi', file.filename)).toEqual(file.bytes)
      })
    })
    await Promise.all(asked)
    for (const server of [one, other]) {
      const { code, stderr } = await server.end()
      expect(code).toBe(0)
      expect(stderr).not.toMatch(/store_failed|store_corrupt|state_write_failed|bug/)
    }
  })

  it('one goes on when the other is killed, and so does the next', async () => {
    const { corp, one, other } = await setUp()
    expect(await files(one, 'acme')).toEqual(['acme-1.0.tar.gz'])
    await one.end('SIGKILL')
    corp.projects['acme'] = [upstreamFile('acme-1.1.tar.gz')]
    await expect.poll(() => files(other, 'acme'), SOON).toEqual(['acme-1.1.tar.gz'])
    expect(await download(other, corp, 'corp', 'acme-1.1.tar.gz')).toEqual(offered(corp, 'acme-1.1.tar.gz').bytes)
    expect(await other.end()).toMatchObject({ code: 0 })
  })
})
