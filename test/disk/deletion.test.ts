/** Files that go away under a running server: by a sweep of another process, or by somebody who wanted the room. */
import { existsSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import { content, offered, openProduct, startUpstreams, storedFiles, wrongFiles } from './product.ts'

async function setUp() {
  const data = temporaryFolder()
  const upstreams = await startUpstreams()
  const product = await openProduct(data, upstreams)
  /** The answer, of which nothing was read yet. */
  const ask = (filename: string, range?: string) =>
    product.get(
      `/files/pypi/${new URL(upstreams.pypi.url).host}/files/${filename}`,
      range === undefined ? {} : { range },
    )
  return { data, ...upstreams, upstreams, product, ask }
}

const read = async (response: Response) => Buffer.from(await response.arrayBuffer())

describe('a stored file that', () => {
  it.each<[string, (path: string) => void]>([
    ['is removed', unlinkSync],
    ['is written over', (path) => writeFileSync(path, content('other', 600_000))],
    ['is cut', (path) => writeFileSync(path, content('other', 5))],
  ])('%s between the head and the body of an answer costs no client the file', async (_what, change) => {
    const { data, product, pypi, ask } = await setUp()
    await product.download(pypi, 'lib-1.1.tar.gz')
    const whole = await ask('lib-1.1.tar.gz')
    const range = await ask('lib-1.1.tar.gz', 'bytes=10-19')
    const [path = ''] = storedFiles(data).stored
    change(path)
    const { bytes } = offered(pypi, 'lib-1.1.tar.gz')
    expect(await read(whole)).toEqual(bytes)
    expect(await read(range)).toEqual(bytes.subarray(10, 20))
  })

  it('is removed while it is read is read to its end', async () => {
    const { data, product, pypi, ask } = await setUp()
    await product.download(pypi, 'lib-1.0.tar.gz')
    const reader = (await ask('lib-1.0.tar.gz')).body?.getReader()
    const chunks = [(await reader?.read())?.value ?? Buffer.alloc(0)]
    for (const path of storedFiles(data).stored) unlinkSync(path)
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) chunks.push(next.value)
    expect(Buffer.concat(chunks)).toEqual(offered(pypi, 'lib-1.0.tar.gz').bytes)
  })
})

describe('a cache that is deleted under a running server', () => {
  it('costs no client anything, and is filled again', async () => {
    const { data, product, corp, pypi } = await setUp()
    const all = async () => {
      expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz'])
      expect(await product.files('lib')).toEqual(['lib-1.0.tar.gz', 'lib-1.1.tar.gz'])
      for (const [upstream, filename] of [
        [corp, 'acme-1.0.tar.gz'],
        [pypi, 'lib-1.0.tar.gz'],
      ] as const) {
        const { bytes } = offered(upstream, filename)
        expect(await product.download(upstream, filename)).toEqual({ status: 200, bytes })
      }
    }
    await all()
    rmSync(join(data, 'cache'), { recursive: true })
    product.clock.forward(24 * 60 * 60_000)
    await all()
    expect(storedFiles(data)).toEqual({ stored: [expect.any(String), expect.any(String)], drafts: [] })
    expect(wrongFiles(data)).toEqual([])
  })

  it('frees no name, then or after the next start', async () => {
    const { data, product, corp, pypi, upstreams } = await setUp()
    expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz'])
    rmSync(join(data, 'cache'), { recursive: true })
    corp.projects = {}
    pypi.requests.length = 0
    product.clock.forward(2001)
    expect((await product.get('/simple/acme/')).status).toBe(404)
    await product.end()
    rmSync(join(data, 'cache'), { recursive: true, force: true })
    const again = await openProduct(data, upstreams)
    expect((await again.get('/simple/acme/')).status).toBe(404)
    expect(pypi.requests.filter((each) => each.includes('acme'))).toEqual([])
    expect(existsSync(join(data, 'cache', 'pages.sqlite'))).toBe(true)
  })

  it('in the middle of a transfer costs no client the file', async () => {
    const { data, product, pypi, ask } = await setUp()
    const large = upstreamFile('large-1.0.tar.gz', content('large', 2_000_000))
    pypi.projects['large'] = [large]
    let finish = () => {}
    pypi.instead = (request, response) => {
      if (request.url !== `/files/${large.filename}`) return false
      response.writeHead(200, { 'Content-Length': large.bytes.length }).write(large.bytes.subarray(0, 1_000_000))
      finish = () => void response.end(large.bytes.subarray(1_000_000))
      return true
    }
    const answers = [await ask(large.filename), await ask(large.filename)]
    await expect.poll(() => storedFiles(data).drafts).toHaveLength(1)
    rmSync(join(data, 'cache'), { recursive: true })
    pypi.instead = undefined
    finish()
    for (const answer of answers) expect(await read(answer)).toEqual(large.bytes)
    await product.end()
    expect(storedFiles(data)).toEqual({ stored: [], drafts: [] })
  })
})
