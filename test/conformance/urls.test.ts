/** Cases 31 to 41 of the simple repository API: links to files. What is served is always an address of ours. */
import { describe, expect, it } from 'vitest'
import { type Merged, H1, H2, SDIST, WHEEL, detail, entry, links, merged } from './two-upstreams.ts'

const CDN = 'https://cdn.example/p/'
/** A link without a scheme has that of its page, which is http here. */
const FROM_CDN = { filesAt: [CDN, CDN.replace('https', 'http')] }

/** Where the link of the only file leads, below our files of A. */
async function target({ only }: Merged): Promise<string | undefined> {
  return (await only()).url.split('../../files/a/')[1]
}

function hostOf({ a }: Merged): string {
  return new URL(a.url).host
}

describe('a link is resolved', () => {
  it('31: against the page, and keeps its hash', async () => {
    const product = await merged({ a: links(`href="../../packages/x/${SDIST}#sha256=${H1}"`) })
    expect([await target(product), (await product.only())['hashes']]).toEqual([
      `${hostOf(product)}/packages/x/${SDIST}`,
      { sha256: H1 },
    ])
    expect(await product.html()).toContain(`href="../../files/a/${hostOf(product)}/packages/x/${SDIST}#sha256=${H1}"`)
  })

  it('32: against <base href>', async () => {
    const product = await merged({ a: `<base href="${CDN}">${links(`href="${SDIST}"`)}`, keysOfA: FROM_CDN })
    expect(await target(product)).toBe(`cdn.example/p/${SDIST}`)
  })

  it('33: against a relative <base href>, which is resolved against the page', async () => {
    const product = await merged({ a: `<base href="../files/">${links(`href="${SDIST}"`)}` })
    expect(await target(product)).toBe(`${hostOf(product)}/simple/files/${SDIST}`)
    expect(await product.html()).not.toContain('<base')
  })

  const LINK = links(`href="${SDIST}"`)
  it.each([
    ['there are two', `<base href="${CDN}"><base href="/other/">${LINK}`],
    ['it stands behind the link', `${LINK}<base href="${CDN}">`],
    ['one before it has no href', `<base target="_blank">${LINK}<base href="${CDN}"><base href="/other/">`],
  ])('34: the first <base href> counts, also where %s', async (_where, a) => {
    expect(await target(await merged({ a, keysOfA: FROM_CDN }))).toBe(`cdn.example/p/${SDIST}`)
  })

  it.each([
    [`//cdn.example/p/${SDIST}`, `cdn.example/p/${SDIST}`],
    [`https://cdn.example/p/${SDIST}?sig=1`, `cdn.example/p/${SDIST}`],
    [`https://cdn.example/p/x/../${SDIST}`, `cdn.example/p/${SDIST}`],
  ])('35: %s is %s, without its query', async (href, path) => {
    const product = await merged({ a: links(`href="${href}"`), keysOfA: FROM_CDN })
    expect(await target(product)).toBe(path)
  })

  it('35: from the root of the host', async () => {
    const product = await merged({ a: links(`href="/x/${SDIST}?sig=1"`) })
    expect(await target(product)).toBe(`${hostOf(product)}/x/${SDIST}`)
  })

  it('36: with a user name and a password, of which nothing is shown', async () => {
    const product = await merged({ a: links(`href="https://u:p4ss@cdn.example/p/${SDIST}"`), keysOfA: FROM_CDN })
    expect(await target(product)).toBe(`cdn.example/p/${SDIST}`)
    expect(JSON.stringify(await product.page()) + (await product.html())).not.toContain('p4ss')
  })
})

describe('names in links', () => {
  it('37: a + that is percent-encoded in one place is the same file', async () => {
    const [plain, encoded] = [
      'foo-2.3.0+cu121-cp311-cp311-linux_x86_64.whl',
      'foo-2.3.0%2Bcu121-cp311-cp311-linux_x86_64.whl',
    ]
    const a = links(`href="/files/${encoded}#sha256=${H1}"`, `href="/files/${plain}#sha256=${H1}"`)
    const product = await merged({ a, b: detail([entry(plain)]) })
    const only = await product.only()
    expect(only.filename).toBe(plain)
    expect(decodeURIComponent(only.url.slice(only.url.lastIndexOf('/') + 1))).toBe(plain)
  })

  it.each([
    '/files/..%2F..%2Fevil-1.0.tar.gz',
    '/files/%252e%252e%252ffoo-1.0.tar.gz',
    '/files/..%5Cfoo-1.0.tar.gz',
    `/files/x%2Fy/${WHEEL}`,
  ])('38: a link that hides a separator (%s) is left out', async (href) => {
    const { filenames } = await merged({ a: links(`href="${href}"`, `href="${SDIST}"`) })
    expect(await filenames()).toEqual([SDIST])
  })

  it('39: a fragment that contradicts the hashes beside it: the entry is left out', async () => {
    const a = detail([entry(SDIST, { url: `/files/${SDIST}#sha256=${H2}` }), entry(WHEEL)])
    const { filenames } = await merged({ a })
    expect(await filenames()).toEqual([WHEEL])
  })

  it('39: one that says the same is not passed on in JSON', async () => {
    const { only } = await merged({ a: detail([entry(SDIST, { url: `/files/${SDIST}#sha256=${H1}` })]) })
    expect((await only()).url).not.toContain('#')
  })

  it.each([`javascript:alert(1)//${SDIST}`, `ftp://cdn.example/${SDIST}`, `data:text/html,${SDIST}`])(
    '40: %s is left out',
    async (href) => {
      const { filenames, html } = await merged({ a: links(`href="${href}"`, `href="${WHEEL}"`) })
      expect(await filenames()).toEqual([WHEEL])
      expect(await html()).not.toMatch(/javascript|ftp:|data:/)
    },
  )

  // Names of projects are ASCII, so such signs stand in what follows the version.
  it('41: signs of any language: percent-encoded in links, raw in JSON, and no two are taken for the same', async () => {
    const [composed, decomposed] = ['foo-1.0-na\u00efve.tar.gz', 'foo-1.0-nai\u0308ve.tar.gz']
    const product = await merged({ a: detail([entry(composed), entry(decomposed, { hashes: { sha256: H2 } })]) })
    const { files } = await product.page()
    expect(files.map(({ filename }) => filename).toSorted()).toEqual([composed, decomposed].toSorted())
    for (const { filename, url } of files) expect(url).toMatch(new RegExp(`/${encodeURIComponent(filename)}$`))
    expect(await product.html()).toContain(`>${composed}</a>`)
  })
})
