/** A disk that turns read-only, or was so from the start: what is on it is given, what is not comes from the upstream. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StateError } from '../../src/store/state.ts'
import { makeReadOnly, mayMount, temporaryFolder } from '../store/temporary-folder.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import { mountDisk } from './mounts.ts'
import { type Product, type Upstreams, offered, openProduct, startUpstreams, storedFiles } from './product.ts'

async function setUp() {
  const data = temporaryFolder()
  mountDisk(join(data, 'cache'), {})
  const upstreams = await startUpstreams()
  const product = await openProduct(data, upstreams)
  expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz'])
  await product.download(upstreams.corp, 'acme-1.0.tar.gz')
  return { data, upstreams, product }
}

/** The file that is kept comes from the disk, one that is not from its upstream, and so do pages. */
async function expectService(product: Product, { corp, pypi }: Upstreams): Promise<void> {
  corp.requests.length = 0
  for (const [upstream, filename] of [
    [corp, 'acme-1.0.tar.gz'],
    [pypi, 'lib-1.0.tar.gz'],
  ] as const) {
    expect(await product.download(upstream, filename)).toEqual({
      status: 200,
      bytes: offered(upstream, filename).bytes,
    })
  }
  expect(corp.requests.filter((each) => each.includes('/files/'))).toEqual([])
  corp.projects['acme'] = [...(corp.projects['acme'] ?? []), upstreamFile('acme-1.1.tar.gz')]
  product.clock.forward(2001)
  expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz', 'acme-1.1.tar.gz'])
}

describe.skipIf(!mayMount())('a cache on a read-only disk', () => {
  it('costs no client anything when it turns so', async () => {
    const { data, upstreams, product } = await setUp()
    makeReadOnly(join(data, 'cache'))
    await expectService(product, upstreams)
    await product.end()
    expect(product.events.map(({ event }) => event)).toContain('store_failed')
    expect(storedFiles(data)).toMatchObject({ stored: [expect.any(String)], drafts: [] })
  })

  it('costs no client anything when it was so from the start, and is said then', async () => {
    const { data, upstreams, product } = await setUp()
    await product.end()
    makeReadOnly(join(data, 'cache'))
    const again = await openProduct(data, upstreams)
    expect(again.trouble).toContainEqual(expect.objectContaining({ level: 'error', event: 'cache_unavailable' }))
    await expectService(again, upstreams)
  })

  it('frees no name', async () => {
    const { data, upstreams, product } = await setUp()
    await product.end()
    makeReadOnly(join(data, 'cache'))
    upstreams.corp.projects = {}
    upstreams.pypi.requests.length = 0
    const again = await openProduct(data, upstreams)
    again.clock.forward(2001)
    expect((await again.get('/simple/acme/')).status).toBe(404)
    expect(upstreams.pypi.requests.filter((each) => each.includes('acme'))).toEqual([])
  })
})

describe.skipIf(!mayMount())('a state on a read-only disk', () => {
  it('is refused at the start: what cannot be remembered cannot be held', async () => {
    const data = temporaryFolder()
    mountDisk(join(data, 'state'), {})
    const upstreams = await startUpstreams()
    await (await openProduct(data, upstreams)).end()
    makeReadOnly(join(data, 'state'))
    await expect(openProduct(data, upstreams)).rejects.toBeInstanceOf(StateError)
  })

  it('that turns so frees no name', async () => {
    const data = temporaryFolder()
    mountDisk(join(data, 'state'), {})
    const upstreams = await startUpstreams()
    const product = await openProduct(data, upstreams)
    expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz'])
    makeReadOnly(join(data, 'state'))
    upstreams.corp.projects = { other: [upstreamFile('other-1.0.tar.gz')] }
    upstreams.pypi.projects['other'] = [upstreamFile('other-9.9.9.tar.gz')]
    expect(await product.files('other')).toEqual(['other-1.0.tar.gz'])
    upstreams.corp.projects = {}
    product.clock.forward(2001)
    expect((await product.get('/simple/acme/')).status).toBe(404)
    expect((await product.get('/simple/other/')).status).toBe(404)
  })
})
