/** PyPI's JSON API of the merged project: it is what the project page is, in other words. */
import { describe, expect, it } from 'vitest'
import { gunzipSync } from 'node:zlib'
import { readProjectJson } from '../support/json-api.ts'
import { type SimpleUpstream, pageOf, sendJson, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { type TestOptions, startUnidex } from '../support/unidex.ts'
import { metadataText, wheelArchive } from '../support/wheel-archive.ts'

const WHEEL = 'acme-1.0-py3-none-any.whl'
const SDIST = 'acme-1.0.tar.gz'

function wheelOf(version: string, more = '', listed: Record<string, unknown> = {}) {
  return upstreamFile(`acme-${version}-py3-none-any.whl`, wheelArchive('acme', version, { more }), listed)
}

async function setUp(
  projects: SimpleUpstream['projects'] = { acme: [wheelOf('1.0', 'Summary: Does it\n'), upstreamFile(SDIST)] },
  { index = {}, upstream = {}, ...options }: { index?: object; upstream?: object } & TestOptions = {},
) {
  const pypi = await simpleUpstream(projects)
  const unidex = await startUnidex(
    {
      upstreams: { pypi: { url: pypi.url, ...upstream } },
      indexes: { default: { upstreams: ['pypi'], ...index }, team: { upstreams: ['pypi'], ...index } },
    },
    options,
  )
  const project = async (path: string, headers?: Record<string, string>) =>
    readProjectJson(await unidex.get(path, headers))
  const status = async (path: string) => {
    const response = await unidex.get(path)
    return [response.status, await response.text()] as const
  }
  return { pypi, project, status, ...unidex }
}

describe('the JSON of a project', () => {
  it('has the files of its page, with hashes and absolute links that lead to them', async () => {
    const { project, json, get } = await setUp()
    const { releases = {}, urls, info } = await project('/pypi/acme/json')
    const page = await json('/simple/acme/')
    expect(urls).toEqual(releases['1.0'])
    expect(urls.map(({ filename, digests }) => [filename, digests])).toEqual(
      page.files.map((file) => [file['filename'], file['hashes']]),
    )
    for (const { url, digests } of urls) {
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8642\/files\/pypi\//)
      expect((await get(url)).headers.get('etag')).toBe(`"${digests['sha256']}"`)
    }
    expect(info).toMatchObject({ name: 'acme', version: '1.0', summary: 'Does it', requires_dist: [] })
  })

  it('is of the release that stands for it; of one version it is asked for by itself', async () => {
    const acme = [wheelOf('1.0', 'Requires-Dist: old\n'), wheelOf('1.1', 'Requires-Dist: new\n'), wheelOf('2.0rc1')]
    const { project } = await setUp({ acme })
    expect((await project('/pypi/acme/json')).info).toMatchObject({ version: '1.1', requires_dist: ['new'] })
    const one = await project('/pypi/acme/1.0/json')
    expect(one.info).toMatchObject({ version: '1.0', requires_dist: ['old'] })
    expect([one.urls.map(({ filename }) => filename), one.releases]).toEqual([[WHEEL], undefined])
  })

  it.each(['1.0', '1.0.0', 'v1'])('of a version is found however the version is spelled: %s', async (version) => {
    const { project } = await setUp()
    expect((await project(`/pypi/Acme/${version}/json`)).info['version']).toBe('1.0')
  })

  it('is found under any spelling of the name', async () => {
    const { project } = await setUp({ 'acme-tools': [upstreamFile('acme_tools-1.0.tar.gz')] })
    for (const path of ['/pypi/Acme_Tools/json', '/pypi/acme.tools/1.0/json', '/ACME-tools/json'])
      expect((await project(path)).urls).toHaveLength(1)
  })

  it('says of a release without wheels what can be said without its metadata', async () => {
    const { project } = await setUp({ acme: [upstreamFile(SDIST, 'x', { 'requires-python': '>=3.9' })] })
    expect((await project('/pypi/acme/1.0/json')).info).toMatchObject({
      name: 'acme',
      version: '1.0',
      requires_python: '>=3.9',
      requires_dist: null,
      summary: null,
    })
  })

  it('believes no metadata that is of another project', async () => {
    const { pypi, project } = await setUp({ acme: [wheelOf('1.0', '', { 'core-metadata': true })] })
    pypi.instead = ({ url }, response) => {
      if (!url?.endsWith('.metadata')) return false
      response.writeHead(200).end(metadataText('evil', '1.0', 'Requires-Dist: evil\n'))
      return true
    }
    expect((await project('/pypi/acme/1.0/json')).info).toMatchObject({ name: 'acme', requires_dist: null })
  })
})

describe('the metadata of a release', () => {
  const any = wheelOf('1.0', 'Requires-Dist: any\n')
  const linux = (bytes: Buffer | string) => upstreamFile('acme-1.0-cp311-cp311-linux_x86_64.whl', bytes)

  it('is that of the wheel for any platform', async () => {
    const { project } = await setUp({ acme: [linux(wheelOf('1.0', 'Requires-Dist: linux\n').bytes), any] })
    expect((await project('/pypi/acme/json')).info['requires_dist']).toEqual(['any'])
  })

  it('is that of another wheel, where one proves to be none', async () => {
    const { project } = await setUp({ acme: [linux('no wheel'), { ...any, filename: 'acme-1.0-py3-none-win32.whl' }] })
    expect((await project('/pypi/acme/json')).info['requires_dist']).toEqual(['any'])
  })

  it('is not read where it is longer than any that is real', async () => {
    const { project } = await setUp({ acme: [wheelOf('1.0', `Summary: ${'long '.repeat(300_000)}\n`)] })
    expect((await project('/pypi/acme/1.0/json')).info).toMatchObject({ summary: null, requires_dist: null })
  })

  it('is asked of no upstream that gives its files itself and promises none', async () => {
    const { project, pypi } = await setUp({ acme: [any] }, { upstream: { deliver: 'redirect' } })
    expect((await project('/pypi/acme/1.0/json')).info['requires_dist']).toBeNull()
    expect(pypi.requests.filter((each) => each.includes('/files/'))).toEqual([])
  })
})

describe('the JSON of a project says no more than its page', () => {
  it('hidden files are not in it, nor is a version that has no others', async () => {
    const acme = [wheelOf('1.0'), wheelOf('2.0'), upstreamFile(SDIST)]
    const { project, status } = await setUp(
      { acme },
      { index: { rules: [{ projects: ['acme'], versions: '<2', files: ['*.whl'] }] } },
    )
    const { releases = {}, info } = await project('/pypi/acme/json')
    expect([Object.keys(releases), info['version']]).toEqual([['1.0'], '1.0'])
    expect(releases['1.0']?.map(({ filename }) => filename)).toEqual([WHEEL])
    expect(await status('/pypi/acme/2.0/json')).toEqual([404, expect.stringContaining('No file of acme 2.0 is served')])
  })

  it('of a denied project it is empty, with the reason, and asks nobody', async () => {
    const { project, status, pypi } = await setUp(undefined, {
      index: { rules: [{ projects: ['acme'], deny: 'a typo' }] },
    })
    expect(await project('/pypi/acme/json')).toMatchObject({
      info: { name: 'acme', version: null },
      project_status: { status: 'quarantined', reason: 'a typo' },
      releases: {},
      urls: [],
    })
    expect(await status('/pypi/acme/1.0/json')).toEqual([404, expect.stringContaining('acme is withheld: a typo')])
    expect(pypi.requests.filter((each) => each.includes('acme'))).toEqual([])
  })

  it('of a project that its upstream withholds it is empty too', async () => {
    const { project, pypi } = await setUp()
    pypi.instead = ({ url }, response) => {
      if (url !== '/simple/acme/') return false
      sendJson(response, {
        ...(pageOf('acme', [wheelOf('1.0')]) as object),
        'project-status': { status: 'quarantined' },
      })
      return true
    }
    expect(await project('/pypi/acme/json')).toMatchObject({ project_status: { status: 'quarantined' }, releases: {} })
  })

  it.each([
    [404, 404],
    [500, 503],
    [401, 502],
  ])('an upstream that says %i makes it %i, with the words of the page', async (said, expected) => {
    const { pypi, get } = await setUp()
    pypi.instead = (_request, response) => {
      response.writeHead(said).end()
      return true
    }
    const [page, ...others] = await Promise.all(
      ['/simple/acme/', '/pypi/acme/json', '/pypi/acme/1.0/json', '/acme/json'].map((path) => get(path)),
    )
    const words = async (response: Response | undefined) => (await response?.text())?.replace(/ \(request .*/, '')
    const wanted = [
      expected,
      await words(page),
      page?.headers.get('retry-after'),
      page?.headers.get('x-unidex-sources'),
    ]
    for (const each of others)
      expect([
        each.status,
        await words(each),
        each.headers.get('retry-after'),
        each.headers.get('x-unidex-sources'),
      ]).toEqual(wanted)
  })

  it('a private name that its owner lacks is 404, and no public upstream hears of it', async () => {
    const [corp, pypi] = [
      await simpleUpstream(),
      await simpleUpstream({ 'acme-core': [upstreamFile('acme_core-9.9.tar.gz')] }),
    ]
    const { get } = await startUnidex({
      upstreams: { corp: { url: corp.url, private: true, owns: ['acme-*'] }, pypi: { url: pypi.url } },
      indexes: { default: { upstreams: ['corp', 'pypi'] } },
    })
    for (const path of ['/pypi/acme-core/json', '/pypi/acme-core/9.9/json', '/acme-core/json'])
      expect((await get(path)).status).toBe(404)
    expect(pypi.requests).toEqual([])
  })

  it('in an index as of a date, what came later is missing, and its links are of that index', async () => {
    const at = (time: string) => ({ 'upload-time': time })
    const acme = [wheelOf('1.0', '', at('2026-01-01T00:00:00Z')), wheelOf('2.0', '', at('2026-03-01T00:00:00Z'))]
    const { project, get } = await setUp({ acme })
    for (const path of ['/default@2026-02-01T10:00:00Z/pypi/acme/json', '/team@2026-02-01/acme/json']) {
      const { info, urls } = await project(path)
      const index = path.split('/')[1]?.replaceAll(':', '%3A')
      expect([info['version'], urls[0]?.url]).toEqual(['1.0', expect.stringContaining(`:8642/${index}/files/pypi/`)])
      expect((await get(urls[0]?.url ?? '')).status).toBe(200)
    }
  })
})

describe('metadata that cannot be had now', () => {
  async function failing() {
    const started = await setUp({ acme: [wheelOf('1.0', 'Requires-Dist: foo\n', { 'core-metadata': true })] })
    let isDown = true
    started.pypi.instead = ({ url }, response) => {
      if (!isDown || url === '/simple/acme/') return false
      response.writeHead(500).end()
      return true
    }
    return { ...started, heal: () => void (isDown = false) }
  }

  it('is no reason to withhold all releases, and nobody is to keep them without it', async () => {
    const { get, heal, project, events } = await failing()
    const response = await get('/pypi/acme/json')
    expect([response.headers.get('cache-control'), (await readProjectJson(response)).info['requires_dist']]).toEqual([
      'no-cache',
      null,
    ])
    expect(events.filter(({ event }) => event === 'metadata_missing')).toMatchObject([{ fields: { project: 'acme' } }])
    heal()
    expect((await project('/pypi/acme/json')).info['requires_dist']).toEqual(['foo'])
  })

  // PDM takes `requires_dist: null` for no dependencies, and goes on to the files after an error.
  it('is 503 for whoever asks for one version', async () => {
    const { status, heal, project } = await failing()
    expect(await status('/pypi/acme/1.0/json')).toEqual([503, expect.stringContaining('Upstream "pypi" cannot say')])
    heal()
    expect((await project('/pypi/acme/1.0/json')).info['requires_dist']).toEqual(['foo'])
  })

  it('is not waited for by those who want all releases', async () => {
    const { pypi, project } = await failing()
    pypi.instead = ({ url }) => url?.startsWith('/files/') === true
    expect((await project('/pypi/acme/json')).info['requires_dist']).toBeNull()
    await pypi.stop()
  })
})

describe('an answer in JSON', () => {
  it('is kept, with an ETag, as long as the page is the same', async () => {
    const { get, clock, pypi } = await setUp()
    const first = await get('/pypi/acme/json', { 'accept-encoding': 'gzip' })
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'cache-control': 'max-age=60, s-maxage=60, stale-while-revalidate=300, stale-if-error=86400',
      vary: 'Accept-Encoding',
      'x-unidex-sources': 'pypi;fresh',
      'x-content-type-options': 'nosniff',
    })
    const text = gunzipSync(Buffer.from(await first.arrayBuffer())).toString()
    clock.forward(3_600_000)
    const asked = pypi.requests.filter((each) => each.includes('/files/')).length
    const plain = await get('/pypi/acme/json')
    expect(await plain.text()).toBe(text)
    const held = await get('/pypi/acme/json', { 'if-none-match': first.headers.get('etag') ?? '' })
    expect([held.status, held.headers.get('vary'), await held.text()]).toEqual([304, 'Accept-Encoding', ''])
    expect(pypi.requests.filter((each) => each.includes('/files/'))).toHaveLength(asked)
  })

  it('has another ETag when the page has changed', async () => {
    const { get, clock, pypi } = await setUp()
    const etag = (await get('/pypi/acme/json')).headers.get('etag') ?? ''
    pypi.projects = { acme: [wheelOf('1.0'), wheelOf('1.1')] }
    clock.forward(3_600_000)
    await get('/pypi/acme/json', { 'cache-control': 'no-cache' })
    const changed = await get('/pypi/acme/json', { 'if-none-match': etag })
    expect([changed.status, (await readProjectJson(changed)).info['version']]).toEqual([200, '1.1'])
  })

  it.each(['/pypi/acme/json', '/pypi/acme/1.0/json', '/acme/json'])(
    'answers HEAD with the headers of GET: %s',
    async (path) => {
      const { get } = await setUp()
      const [head, whole] = [await get(path, {}, 'HEAD'), await get(path)]
      for (const header of ['content-type', 'content-length', 'etag', 'cache-control', 'vary'])
        expect(head.headers.get(header)).toBe(whole.headers.get(header))
      expect(await head.text()).toBe('')
      expect((await get(path, {}, 'POST')).status).toBe(405)
    },
  )

  it('links to the name by which it was asked, in each answer anew', async () => {
    const { get, project } = await setUp()
    const linked = async (host: string) => (await project(`http://${host}/pypi/acme/json`, { host })).urls[0]?.url
    for (const host of ['localhost:1234', '127.0.0.1:8642', 'localhost:1234'])
      expect(await linked(host)).toMatch(`http://${host}/files/`)
    for (const header of ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-prefix', 'forwarded'])
      expect(await (await get('/pypi/acme/json', { [header]: 'poison' })).text()).not.toContain('poison')
  })

  it('links to the address that the rules give', async () => {
    const pypi = await simpleUpstream({ acme: [upstreamFile(SDIST)] })
    const { get } = await startUnidex({
      servedAt: 'https://packages.example.com/pypi-proxy',
      upstreams: { pypi: { url: pypi.url } },
      indexes: { default: { upstreams: ['pypi'] } },
    })
    const linked = async (path: string) => (await readProjectJson(await get(path))).urls[0]?.url
    const host = new URL(pypi.url).host.replace(':', '%3A')
    const file = `files/pypi/${host}/files/${SDIST}`
    expect(await linked('/acme/json')).toBe(`https://packages.example.com/pypi-proxy/${file}`)
    expect(await linked('/default/acme/json')).toBe(`https://packages.example.com/pypi-proxy/default/${file}`)
  })
})
