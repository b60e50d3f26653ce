/**
 * The JSON API as its readers ask for it and read it, told from their sources: pip-tools 7.6.2 and 7.5.3, Poetry 2.5.1, PDM 2.29.4,
 * Renovate (its `pypi` datasource and schema of August 2026), Dependabot (its Python package of August 2026).
 */
import { describe, expect, it } from 'vitest'
import { readProjectJson } from '../support/json-api.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'
import { wheelArchive } from '../support/wheel-archive.ts'

const HERE = 'http://127.0.0.1:8642'
const MORE = [
  'Summary: Does it',
  'Requires-Python: >=3.9',
  'Requires-Dist: foo>=1',
  'Home-page: https://acme.example/',
  'Project-URL: Source, https://github.com/acme/acme',
  '',
].join('\n')

/** Files with everything that a page can say, and with nothing of it. */
async function setUp() {
  const said = { 'upload-time': '2026-01-02T03:04:05.678901Z', 'requires-python': '>=3.9', yanked: 'broken' }
  const pypi = await simpleUpstream({
    'acme-tools': [
      upstreamFile('acme_tools-0.9.tar.gz', 'a', said),
      upstreamFile('acme_tools-1.0+cpu-py3-none-any.whl', wheelArchive('acme_tools', '1.0+cpu', { more: MORE })),
      upstreamFile('acme_tools-1.0+cpu.tar.gz', 'b', { yanked: false }),
      upstreamFile('acme_tools-1.1b1.tar.gz', 'c', { size: undefined }),
    ],
    bare: [upstreamFile('bare-1.0.tar.gz', 'd', { hashes: {}, size: undefined })],
  })
  const { get, json } = await startUnidex({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'] }, team: { upstreams: ['pypi'] } },
  })
  return { json, project: async (url: string) => readProjectJson(await get(url)) }
}

it.each([
  [`${HERE}/simple/`, 3],
  [`${HERE}/team/simple/`, 3],
  [`${HERE}/default@2030-01-01T12:00:00Z/simple/`, 1],
])(
  'of the index %s, pip-tools finds the hash of each link of the page, so that it downloads nothing',
  async (indexUrl, count) => {
    const { json, project } = await setUp()
    const { releases = {} } = await project(new URL('Acme-Tools/json', indexUrl.replace(/simple\/$/, '')).href)
    const page = await json(`${indexUrl}acme-tools/`)
    expect(Object.keys(releases)).toHaveLength(count)
    expect(page['versions']).toEqual(Object.keys(releases))
    const known = new Map(
      Object.values(releases)
        .flat()
        .map(({ url, digests }) => [url, digests['sha256']]),
    )
    for (const { url, hashes } of page.files)
      expect([url, known.get(linkOfPip(String(url), `${indexUrl}acme-tools/`))]).toEqual([
        url,
        (hashes as { sha256: string }).sha256,
      ])
    for (const { packagetype } of Object.values(releases).flat())
      expect(['sdist', 'bdist_wheel']).toContain(packagetype)
  },
)

describe.each([`${HERE}/simple/`, `${HERE}/team/simple/`])('of the index %s', (indexUrl) => {
  it('pip-tools before 7.6.1 finds it below, as PyPI of an index that it takes for one', async () => {
    const { project } = await setUp()
    expect(await project(new URL('pypi/acme-tools/json', indexUrl).href)).toEqual(
      await project(new URL('../acme-tools/json', indexUrl).href),
    )
  })

  it('PDM and Poetry find what a version needs, and every key that they do not do without', async () => {
    const { project } = await setUp()
    const { info, urls } = await project(`${indexUrl.slice(0, -'/simple/'.length)}/pypi/acme-tools/1.0+cpu/json`)
    expect(info).toMatchObject({
      version: '1.0+cpu',
      summary: 'Does it',
      requires_python: '>=3.9',
      requires_dist: ['foo>=1'],
    })
    expect(info).toMatchObject({ yanked: false, yanked_reason: null })
    expect(
      urls.map(({ filename, packagetype, digests }) => [filename, packagetype, digests['sha256']?.length]),
    ).toEqual([
      ['acme_tools-1.0+cpu-py3-none-any.whl', 'bdist_wheel', 64],
      ['acme_tools-1.0+cpu.tar.gz', 'sdist', 64],
    ])
    const bare = await project(`${indexUrl.slice(0, -'/simple/'.length)}/pypi/bare/1.0/json`)
    for (const key of ['name', 'version', 'summary', 'requires_dist', 'requires_python'])
      expect(bare.info).toHaveProperty(key)
    for (const key of ['filename', 'packagetype', 'digests', 'url']) expect(bare.urls[0]).toHaveProperty(key)
  })

  it.each(['Acme_Tools', 'bare'])(
    'Renovate and Dependabot read nothing of a type that they refuse: %s',
    async (name) => {
      const { project } = await setUp()
      const registry = indexUrl.replace(/simple\/$/, 'pypi/')
      const { info, releases = {} } = await project(`${registry}${name}/json`)
      const addresses = (info['project_urls'] ?? {}) as Readonly<Record<string, unknown>>
      for (const text of [info['home_page'], info['download_url'], ...Object.values(addresses)])
        expect(['string', 'undefined']).toContain(typeof text)
      for (const file of Object.values(releases).flat()) {
        expect(typeof file['yanked']).toBe('boolean')
        if (file.upload_time !== undefined) expect(Date.parse(`${file.upload_time}Z`)).not.toBeNaN()
        for (const key of ['requires_python', 'yanked_reason', 'python_version', 'url', 'packagetype'])
          expect(file[key] === null || typeof file[key] === 'string').toBe(true)
      }
    },
  )

  it('Renovate and Dependabot learn when each version came, whether it is yanked, and where its sources are', async () => {
    const { project } = await setUp()
    const { info, releases = {} } = await project(`${indexUrl.replace(/simple\/$/, 'pypi/')}acme-tools/json`)
    expect(
      Object.entries(releases).map(([version, files]) => [
        version,
        files.at(-1)?.upload_time,
        files.at(-1)?.['yanked'],
      ]),
    ).toEqual([
      ['0.9', '2026-01-02T03:04:05', true],
      ['1.0+cpu', undefined, false],
      ['1.1b1', undefined, false],
    ])
    expect(info).toMatchObject({
      home_page: 'https://acme.example/',
      project_urls: { Source: 'https://github.com/acme/acme' },
    })
    expect((await project(`${indexUrl}acme-tools/json`)).info).toEqual(info)
  })
})

/** A link of the page as pip's `Link.url` has it: joined, then each part between `/` and `@` unquoted and quoted. */
function linkOfPip(link: string, pageUrl: string): string {
  const { origin, pathname } = new URL(link, pageUrl)
  const quote = (text: string) =>
    Array.from(Buffer.from(text), (byte) => {
      const sign = String.fromCharCode(byte)
      return /[\w.~/-]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    }).join('')
  return (
    origin +
    pathname
      .split('@')
      .map((part) => quote(decodeURIComponent(part)))
      .join('@')
  )
}
