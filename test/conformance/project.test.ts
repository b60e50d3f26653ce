/** Cases 83 to 93 of the simple repository API: what is said of a project as a whole. */
import { describe, expect, it } from 'vitest'
import { group } from '../mirrors/group.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import { HTML_TYPE, JSON_TYPE, SDIST, WHEEL, detail, entry, header, links, merged } from './two-upstreams.ts'

const QUARANTINED = { 'project-status': { status: 'quarantined', reason: 'malware' } }

describe('versions', () => {
  it('83: A and B are complete and 1.4: so is the page, with the versions of both', async () => {
    const { page } = await merged({
      a: detail([entry(SDIST)], { versions: ['1.0'] }),
      b: detail([entry('foo-2.0.tar.gz')], { versions: ['2.0'] }),
    })
    expect(await page()).toMatchObject({ meta: { 'api-version': '1.4' }, versions: ['1.0', '2.0'] })
  })

  // Versions are those of the files that are served, so that nothing hidden shines through (design 9; PEP 700 allows it).
  it('84: a version without files is left out', async () => {
    const { page } = await merged({ a: detail([entry(SDIST)], { versions: ['0.9', '1.0'] }) })
    expect((await page()).versions).toEqual(['1.0'])
  })

  it('85: A spells one version in two ways: both are there', async () => {
    const { page } = await merged({ a: detail([entry(SDIST)], { versions: ['1.0', '1.0.0'] }) })
    expect((await page()).versions).toEqual(['1.0', '1.0.0'])
  })

  it('86: versions that PEP 440 does not know are kept, and come last', async () => {
    const names = ['foo-dev-r123.tar.gz', 'foo-2004d.tar.gz', 'foo-9.0.tar.gz']
    const { page } = await merged({ a: detail(names.map((each) => entry(each))) })
    expect((await page()).versions).toEqual(['9.0', '2004d', 'dev-r123'])
  })

  it('87: serials and other private keys of an upstream are not passed on', async () => {
    const { get } = await merged({
      a: (_request, response) => {
        const page = { meta: { 'api-version': '1.4', '_last-serial': 7 }, name: 'foo', versions: [], files: [] }
        const body = JSON.stringify({ ...page, files: [entry(SDIST, { _private: 'x' })], _private: 'x' })
        response.writeHead(200, { 'Content-Type': JSON_TYPE, 'X-PyPI-Last-Serial': '7' }).end(body)
      },
    })
    const response = await get('/simple/foo/', { accept: JSON_TYPE })
    expect(header(response, 'x-pypi-last-serial')).toBeNull()
    expect(await response.text()).not.toMatch(/serial|"_/)
  })
})

describe('status', () => {
  it('88: the upstream itself quarantines the project, and its mirror still has files: it stays empty', async () => {
    const { own, json, clock } = await group({ foo: [upstreamFile(SDIST)] })
    own.instead = (request, response) => {
      if (request.url !== '/simple/foo/') return false
      response
        .writeHead(200, { 'Content-Type': JSON_TYPE })
        .end(JSON.stringify({ ...detail([], QUARANTINED), name: 'foo' }))
      return true
    }
    expect(await json('/simple/foo/')).toMatchObject({ files: [], ...QUARANTINED })
    await own.stop()
    clock.forward(3_600_000)
    expect(await json('/simple/foo/')).toMatchObject({ files: [], ...QUARANTINED })
  })

  it('88: A quarantines the project and fails then: no page of before comes back, and no file', async () => {
    const product = await merged({ a: detail([entry(SDIST)]), strategy: 'first-index' })
    expect(await product.filenames()).toEqual([SDIST])
    product.clock.forward(3_600_000)
    product.says(detail([], QUARANTINED))
    expect(await product.page()).toMatchObject({ files: [], ...QUARANTINED })
    product.says(500)
    product.clock.forward(3_600_000)
    const stale = await product.get('/simple/foo/', { accept: JSON_TYPE })
    expect(header(stale, 'x-unidex-sources')).toBe('a;stale')
    expect(await stale.json()).toMatchObject({ files: [], versions: [], ...QUARANTINED })
  })

  it('89: A quarantines the project and B has it: empty, quarantined, and the files of B are withheld', async () => {
    const product = await merged({ a: detail([], QUARANTINED), b: detail([entry(SDIST)]) })
    expect(await product.page()).toMatchObject({ files: [], versions: [], ...QUARANTINED })
    const html = await product.html()
    expect(html).toContain('<meta name="pypi:project-status" content="quarantined">')
    expect(html).toContain('<meta name="pypi:project-status-reason" content="malware">')
    const { host } = new URL(product.b.url)
    const response = await product.get(`/files/b/${host}/files/${SDIST}`)
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('a has quarantined')])
  })

  it('89: so it is where B quarantines it and A has it', async () => {
    const { page } = await merged({ a: detail([entry(SDIST)]), b: detail([], QUARANTINED) })
    expect(await page()).toMatchObject({ files: [], versions: [], ...QUARANTINED })
  })

  it('89: files beside the status are withheld as well', async () => {
    const { page } = await merged({ a: detail([entry(SDIST)], QUARANTINED), strategy: 'first-index' })
    expect((await page()).files).toEqual([])
  })

  it('89: a rule that asks B alone lets B’s files through', async () => {
    const rules = [{ projects: ['foo'], upstreams: ['b'] }]
    const { filenames } = await merged({
      a: detail([], QUARANTINED),
      b: detail([entry(SDIST)]),
      strategy: 'first-index',
      rules,
    })
    expect(await filenames()).toEqual([SDIST])
  })

  it('90: archived with a reason in A, active in B: as in A', async () => {
    const archived = { 'project-status': { status: 'archived', reason: 'r' } }
    const { page } = await merged({
      a: detail([entry(SDIST)], archived),
      b: detail([entry(WHEEL)], { 'project-status': { status: 'active' } }),
    })
    const found = await page()
    expect([found['project-status'], found.files.length]).toEqual([archived['project-status'], 2])
  })

  it.each<[object | string, unknown]>([
    [{ meta: { 'api-version': '1.4', 'project-status': 'archived' } }, { status: 'archived' }],
    [{ 'project-status': { state: 'deprecated', reason: 'r' } }, { status: 'deprecated', reason: 'r' }],
    [{ 'project-status': { status: 'frozen' } }, undefined],
    [`<meta name="pypi:project-status" content="archived">`, { status: 'archived' }],
  ])('91: the status of %j is %j', async (said, status) => {
    const a = typeof said === 'string' ? said + links(`href="${SDIST}"`) : detail([entry(SDIST)], said)
    expect((await (await merged({ a })).page())['project-status']).toEqual(status)
  })
})

describe('what is not passed on', () => {
  it('92: namespaces of version 1.5', async () => {
    const said = { meta: { 'api-version': '1.5' }, namespaces: [{ name: 'foo', owned: true }] }
    const { get, events } = await merged({ a: detail([entry(SDIST)], said) })
    const text = await (await get('/simple/foo/', { accept: JSON_TYPE })).text()
    expect(text).not.toContain('namespaces')
    expect(JSON.parse(text)).toMatchObject({ meta: { 'api-version': '1.4' } })
    expect(events.map(({ event }) => event)).not.toContain('later_api_version')
  })

  it('93: tracks and alternate locations, which were never accepted', async () => {
    const said = { meta: { 'api-version': '1.2', tracks: ['https://x.example/'] }, 'alternate-locations': [] }
    const { get } = await merged({ a: detail([entry(SDIST)], said) })
    for (const accept of [JSON_TYPE, HTML_TYPE])
      expect(await (await get('/simple/foo/', { accept })).text()).not.toMatch(/tracks|alternate-locations/)
  })
})
