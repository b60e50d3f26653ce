/** Bits that flip on the disk: never wrong bytes with success, and everything right again while the upstream is up. */
import { randomInt } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/temporary-folder.ts'
import {
  type Product,
  type Upstreams,
  offered,
  openProduct,
  startUpstreams,
  storedFiles,
  wrongFiles,
} from './product.ts'

/** Each flips a bit of every file, or one of the database, and starts the product on it. */
const ROUNDS = 15
/** Of a test that starts it so often, on a machine that is busy, in ms. */
const LONG = 60_000

/** A data folder in which every page and file is kept, after an orderly end. */
async function keepAll() {
  const data = temporaryFolder()
  const upstreams = await startUpstreams()
  const product = await openProduct(data, upstreams)
  await expectAll(product, upstreams)
  await product.end()
  return { data, upstreams, pages: join(data, 'cache', 'pages.sqlite') }
}

/** Every page and file is right. */
async function expectAll(product: Product, { corp, pypi }: Upstreams): Promise<void> {
  expect(await product.files('acme')).toEqual(['acme-1.0.tar.gz'])
  expect(await product.files('lib')).toEqual(['lib-1.0.tar.gz', 'lib-1.1.tar.gz'])
  for (const upstream of [corp, pypi]) {
    for (const { filename, bytes } of upstream.projects[upstream === corp ? 'acme' : 'lib'] ?? [])
      expect(await product.download(upstream, filename)).toEqual({ status: 200, bytes })
  }
}

/** Whatever is answered with success is right: with the upstreams down, an error is as good. */
async function expectNothingWrong(product: Product, { corp, pypi }: Upstreams): Promise<void> {
  for (const [project, right] of [
    ['acme', 'acme-1.0.tar.gz'],
    ['lib', 'lib-1.0.tar.gz'],
  ] as const) {
    const response = await product.get(`/simple/${project}/`, { accept: 'application/vnd.pypi.simple.v1+json' })
    if (response.status !== 200) expect(response.status).toBe(503)
    else
      expect(await response.json()).toMatchObject({
        files: expect.arrayContaining([expect.objectContaining({ filename: right })]),
      })
  }
  for (const [upstream, filename] of [
    [corp, 'acme-1.0.tar.gz'],
    [pypi, 'lib-1.0.tar.gz'],
  ] as const) {
    const answer = await product.download(upstream, filename).catch(() => undefined)
    if (answer?.status === 200) expect(answer.bytes).toEqual(offered(upstream, filename).bytes)
    else if (answer !== undefined) expect(answer.status).toBe(503)
  }
}

function setDown({ corp, pypi }: Upstreams, isDown: boolean): void {
  for (const upstream of [corp, pypi])
    upstream.instead = isDown ? (_request, response) => Boolean(response.destroy()) : undefined
}

/** Flips one bit somewhere in the file, as a disk does it: its time of change stays as it was. Where it was, for the message. */
function flipBit(path: string, from = 0, to = statSync(path).size): string {
  const { atime, mtime } = statSync(path)
  const at = randomInt(from, to)
  const bit = randomInt(8)
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ (1 << bit)
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
  utimesSync(path, atime, mtime)
  return `bit ${bit} of byte ${at} in ${path}`
}

describe('a stored file with a flipped bit', () => {
  it(
    `anywhere is never given with success, and is whole again after one request (${ROUNDS} times)`,
    async () => {
      const { data, upstreams } = await keepAll()
      for (let round = 0; round < ROUNDS; round += 1) {
        const { stored } = storedFiles(data)
        expect(stored).toHaveLength(3)
        const where = stored.map((path) => flipBit(path)).join(', ')
        const product = await openProduct(data, upstreams)
        await expectAll(product, upstreams)
        await product.end()
        expect([where, wrongFiles(data)]).toEqual([where, []])
        expect(product.trouble.filter(({ event }) => event === 'store_corrupt')).toHaveLength(3)
      }
    },
    LONG,
  )

  it('is an error while its upstream is down, however often it is asked for', async () => {
    const { data, upstreams } = await keepAll()
    for (const path of storedFiles(data).stored) flipBit(path)
    setDown(upstreams, true)
    const product = await openProduct(data, upstreams)
    for (let i = 0; i < 3; i += 1) {
      await expectNothingWrong(product, upstreams)
      expect((await product.download(upstreams.corp, 'acme-1.0.tar.gz')).status).toBe(503)
    }
    setDown(upstreams, false)
    product.clock.forward(5000)
    await expectAll(product, upstreams)
  })

  it('under a running server costs no client the file', async () => {
    const { data, upstreams } = await keepAll()
    const product = await openProduct(data, upstreams)
    await expectAll(product, upstreams)
    for (const path of storedFiles(data).stored) {
      const bytes = readFileSync(path)
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      writeFileSync(path, bytes)
    }
    await expectAll(product, upstreams)
    await product.end()
    expect(wrongFiles(data)).toEqual([])
  })

  it('that was cut is whole again after one request', async () => {
    const { data, upstreams } = await keepAll()
    for (const path of storedFiles(data).stored) truncateSync(path, 500)
    const product = await openProduct(data, upstreams)
    await expectAll(product, upstreams)
    await product.end()
    expect(wrongFiles(data)).toEqual([])
  })
})

describe('a kept page', () => {
  /** What a record may have become, from its bytes and those of another. */
  const DAMAGES: readonly [string, (record: Buffer, other: Buffer) => Buffer][] = [
    ['with a flipped bit', (record) => Buffer.from(record.map((byte, i) => (i === 40 ? byte ^ 1 : byte)))],
    ['that was cut', (record) => record.subarray(0, record.length / 2)],
    ['that is empty', () => Buffer.alloc(0)],
    ['that is all zeros', (record) => Buffer.alloc(record.length)],
    ['of an older version', (record) => Buffer.concat([Buffer.of(0), record.subarray(1)])],
    ['of a newer version', (record) => Buffer.concat([Buffer.of(2), record.subarray(1)])],
    ['that is the record of another page', (_record, other) => other],
  ]

  function damage(path: string, change: (record: Buffer, other: Buffer) => Buffer): void {
    const database = new DatabaseSync(path)
    const rows = database.prepare('select id, value from pages_1').all() as { id: number; value: Uint8Array }[]
    const put = database.prepare('update pages_1 set value = ? where id = ?')
    for (const [i, { id, value }] of rows.entries())
      put.run(change(Buffer.from(value), Buffer.from(rows[(i + 1) % rows.length]?.value ?? [])), id)
    database.close()
  }

  it.each(DAMAGES)('%s is asked for again, and no page at all while the upstream is down', async (_what, change) => {
    const { data, upstreams, pages } = await keepAll()
    damage(pages, change)
    setDown(upstreams, true)
    const down = await openProduct(data, upstreams)
    for (const project of ['acme', 'lib']) expect((await down.get(`/simple/${project}/`)).status).toBe(503)
    expect(down.trouble.filter(({ event }) => event === 'store_corrupt')).not.toEqual([])
    await down.end()

    setDown(upstreams, false)
    await expectAll(await openProduct(data, upstreams), upstreams)
  })

  it(
    `with a flipped bit anywhere is never believed (${ROUNDS} times)`,
    async () => {
      const { data, upstreams, pages } = await keepAll()
      const intact = temporaryFolder()
      copyFileSync(pages, join(intact, 'pages.sqlite'))
      setDown(upstreams, true)
      for (let round = 0; round < ROUNDS; round += 1) {
        copyFileSync(join(intact, 'pages.sqlite'), pages)
        damage(pages, (record) => {
          const changed = Buffer.from(record)
          const at = randomInt(changed.length)
          changed[at] = (changed[at] ?? 0) ^ (1 << randomInt(8))
          return changed
        })
        const product = await openProduct(data, upstreams)
        for (const project of ['acme', 'lib']) expect((await product.get(`/simple/${project}/`)).status).toBe(503)
        await product.end()
      }
    },
    LONG,
  )
})

describe('a database of pages', () => {
  it.each<[string, (path: string) => void]>([
    ['that is none', (path) => writeFileSync(path, 'this is no database'.repeat(1000))],
    ['that is empty', (path) => truncateSync(path, 0)],
    ['that was cut', (path) => truncateSync(path, 20_000)],
    [
      'whose first page is zeros',
      (path) => writeFileSync(path, Buffer.concat([Buffer.alloc(16_384), readFileSync(path).subarray(16_384)])),
    ],
    [
      'of another program',
      (path) => {
        truncateSync(path, 0)
        const database = new DatabaseSync(path)
        database.exec('create table pages_1 (a text); insert into pages_1 values (1)')
        database.close()
      },
    ],
  ])('%s costs no client a page, and frees no name', async (_what, damage) => {
    const { data, upstreams, pages } = await keepAll()
    damage(pages)
    const product = await openProduct(data, upstreams)
    await expectAll(product, upstreams)
    upstreams.corp.projects = {}
    product.clock.forward(2001)
    expect((await product.get('/simple/acme/')).status).toBe(404)
  })

  it(
    `with a flipped bit anywhere never gives a wrong page (${ROUNDS} times)`,
    async () => {
      const { data, upstreams, pages } = await keepAll()
      const intact = temporaryFolder()
      copyFileSync(pages, join(intact, 'pages.sqlite'))
      for (let round = 0; round < ROUNDS; round += 1) {
        copyFileSync(join(intact, 'pages.sqlite'), pages)
        flipBit(pages)
        setDown(upstreams, true)
        const down = await openProduct(data, upstreams)
        await expectNothingWrong(down, upstreams)
        await down.end()
        setDown(upstreams, false)
        const up = await openProduct(data, upstreams)
        await expectAll(up, upstreams)
        await up.end()
      }
    },
    LONG,
  )

  it('that is damaged under a running server costs no client a page', async () => {
    const { data, upstreams, pages } = await keepAll()
    const product = await openProduct(data, upstreams)
    await expectAll(product, upstreams)
    for (const suffix of ['', '-wal']) writeFileSync(pages + suffix, Buffer.alloc(100_000, 'x'))
    product.clock.forward(24 * 60 * 60_000)
    await expectAll(product, upstreams)
  })
})

it('a cache with a file where a folder belongs, and a folder where a file does, costs no client anything', async () => {
  const { data, upstreams, pages } = await keepAll()
  rmSync(join(data, 'cache'), { recursive: true })
  mkdirSync(pages, { recursive: true })
  writeFileSync(join(data, 'cache', 'files'), '')
  const product = await openProduct(data, upstreams)
  await expectAll(product, upstreams)
  expect(product.trouble.filter(({ event }) => event === 'cache_unavailable')).toHaveLength(2)
})
