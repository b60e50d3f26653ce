/** A disk that takes no more: clients get everything all the same, and no name changes its owner. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { start } from '../journey/support/programs.ts'
import { MAIN, writeRules } from '../journey/support/server.ts'
import { mayMount, temporaryFolder } from '../store/temporary-folder.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import { fillDisk, mountDisk, useUpInodes } from './mounts.ts'
import { content, offered, openProduct, startUpstreams, storedFiles, wrongFiles } from './product.ts'

describe.skipIf(!mayMount()).each([
  ['without a free byte', { bytes: 2_000_000 }, fillDisk],
  ['without a free inode', { inodes: 400 }, useUpInodes],
])('a cache on a disk %s', (_what, disk, fill) => {
  async function setUp() {
    const data = temporaryFolder()
    mountDisk(join(data, 'cache'), disk)
    const upstreams = await startUpstreams()
    return { data, product: await openProduct(data, upstreams), makeRoom: fill(join(data, 'cache')), ...upstreams }
  }

  it('costs no client its page or file, and leaves nothing half', async () => {
    const { data, product, corp, pypi } = await setUp()
    expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz'])
    expect(await product.files('lib')).toEqual(['lib-1.0.tar.gz', 'lib-1.1.tar.gz'])
    for (const [upstream, filename] of [
      [corp, 'acme-1.0.tar.gz'],
      [pypi, 'lib-1.0.tar.gz'],
      [pypi, 'lib-1.1.tar.gz'],
    ] as const) {
      expect(await product.download(upstream, filename)).toEqual({
        status: 200,
        bytes: offered(upstream, filename).bytes,
      })
    }
    expect(product.events.map(({ event }) => event)).toContain('store_failed')
    await product.end()
    expect(storedFiles(data)).toEqual({ stored: [], drafts: [] })
  })

  it('keeps what comes as soon as there is room again', async () => {
    const { data, product, pypi, makeRoom } = await setUp()
    expect((await product.download(pypi, 'lib-1.0.tar.gz')).status).toBe(200)
    makeRoom()
    expect((await product.download(pypi, 'lib-1.0.tar.gz')).status).toBe(200)
    await product.end()
    expect(storedFiles(data)).toEqual({ stored: [expect.any(String)], drafts: [] })
    expect(wrongFiles(data)).toEqual([])
  })
})

it.skipIf(!mayMount())('a disk that fills up in the middle of a file costs no client its file', async () => {
  const data = temporaryFolder()
  mountDisk(join(data, 'cache'), { bytes: 1_500_000 })
  const upstreams = await startUpstreams()
  const product = await openProduct(data, upstreams)
  const large = upstreamFile('large-1.0.tar.gz', content('large', 4_000_000))
  upstreams.pypi.projects['large'] = [large]
  const downloads = [1, 2, 3].map(() => product.download(upstreams.pypi, large.filename))
  for (const each of await Promise.all(downloads)) expect(each).toEqual({ status: 200, bytes: large.bytes })
  expect(product.events.filter(({ event }) => event === 'store_failed')).not.toEqual([])
  await product.end()
  expect(storedFiles(data)).toEqual({ stored: [], drafts: [] })
})

describe.skipIf(!mayMount())('a state on a full disk', () => {
  async function setUp() {
    const data = temporaryFolder()
    mountDisk(join(data, 'state'), { bytes: 2_000_000 })
    const upstreams = await startUpstreams()
    // No list, so that only what was served makes an owner.
    upstreams.corp.instead = (request, response) =>
      request.url === '/simple/' ? Boolean(response.writeHead(404).end()) : false
    return { data, upstreams, product: await openProduct(data, upstreams), makeRoom: fillDisk(join(data, 'state')) }
  }

  it('frees no name: what was served as private stays private', async () => {
    const { upstreams, product } = await setUp()
    expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz'])
    expect(product.events).toContainEqual(expect.objectContaining({ level: 'error', event: 'state_write_failed' }))
    upstreams.corp.projects = {}
    product.clock.forward(2001)
    expect((await product.get('/simple/acme/')).status).toBe(404)
    expect(upstreams.pypi.requests.filter((each) => each.includes('acme'))).toEqual([])
  })

  it('forgets no delivery: a file that changes afterwards is withheld', async () => {
    const { upstreams, product } = await setUp()
    const { corp } = upstreams
    expect((await product.download(corp, 'acme-1.0.tar.gz')).status).toBe(200)
    corp.projects['acme'] = [upstreamFile('acme-1.0.tar.gz', 'other content')]
    product.clock.forward(2001)
    expect(await product.files('acme')).toEqual([])
    expect((await product.download(corp, 'acme-1.0.tar.gz')).status).toBe(403)
  })

  it('writes down what it learned as soon as there is room again, whatever is asked for next', async () => {
    const { data, upstreams, product, makeRoom } = await setUp()
    const { corp } = upstreams
    corp.projects['shared'] = [upstreamFile('shared-1.0.tar.gz')]
    expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz'])
    expect((await product.download(corp, 'shared-1.0.tar.gz')).status).toBe(200)
    makeRoom()
    corp.projects = {
      other: [upstreamFile('other-1.0.tar.gz')],
      shared: [upstreamFile('shared-1.0.tar.gz', 'changed')],
    }
    expect(await product.files('other')).toEqual(['other-1.0.tar.gz'])
    await product.end()

    const again = await openProduct(data, upstreams)
    again.clock.forward(2001)
    expect((await again.get('/simple/acme/')).status).toBe(404)
    expect(await again.files('shared')).toEqual([])
  })
})

it.skipIf(process.platform !== 'linux')(
  'a limit on the size of files costs no client its file, and leaves nothing half',
  async () => {
    const data = temporaryFolder()
    const { pypi, rules } = await startUpstreams()
    const file = writeRules(data, rules)
    const words = ['--fsize=300000', process.execPath, MAIN, 'serve', '--port', '0', '--rules', file, '--data', data]
    const running = start('prlimit', words)
    onTestFinished(() => void running.process.kill('SIGKILL'))
    const [, origin = ''] = await running.says(/^Unidex serves (http:\/\/\S+)\/simple\/$/m)
    for (const filename of ['lib-1.0.tar.gz', 'lib-1.1.tar.gz']) {
      const response = await fetch(`${origin}/files/pypi/${new URL(pypi.url).host}/files/${filename}`)
      expect(response.status).toBe(200)
      expect(Buffer.from(await response.arrayBuffer()).equals(offered(pypi, filename).bytes)).toBe(true)
    }
    expect(await running.end('SIGTERM')).toMatchObject({ code: 0, stderr: expect.stringContaining('EFBIG') })
    expect(storedFiles(data)).toEqual({ stored: [expect.any(String)], drafts: [] })
    expect(wrongFiles(data)).toEqual([])
  },
)
