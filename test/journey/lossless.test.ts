/** Field by field, pip's own parser reads from our pages what it reads from the upstream's: real pages, in both formats. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { MEDIA_TYPES } from '../../src/simple/media-type.ts'
import { simpleUpstream } from '../support/simple-upstream.ts'
import { CLIENT_PROGRAMS } from './support/clients.ts'
import { type KeptPages, serveKeptPages } from './support/kept-pages.ts'
import { oddPage } from './support/odd-links.ts'
import { PIPS, type Pip, type PipLink, type RawPage, fetchPage, readLinks } from './support/pip-links.ts'
import { describeWith, temporaryFolder } from './support/programs.ts'
import { type RunningServer, serve } from './support/server.ts'

const ALL_PIPS = Object.keys(PIPS) as Pip[]

/** A page of an upstream, and ours in both formats. */
interface Three {
  readonly raw: RawPage
  readonly json: RawPage
  readonly html: RawPage
}

async function withOurs(raw: RawPage, url: string): Promise<Three> {
  const [json, html] = [await fetchPage(url, MEDIA_TYPES.json), await fetchPage(url, MEDIA_TYPES.html)]
  return { raw, json, html }
}

/** Compares ours with theirs. Gives how many files there were. */
async function compare(pip: Pip, pages: readonly Three[]): Promise<number> {
  const links = await readLinks(
    pip,
    pages.flatMap(({ raw, json, html }) => [raw, json, html]),
  )
  let count = 0
  pages.forEach(({ raw: { url, type } }, i) => {
    const [theirs = [], ...both] = links.slice(3 * i, 3 * i + 3)
    const wanted = distributions(theirs)
    count += wanted.length
    for (const [form, ours = []] of [['json', both[0]] as const, ['html', both[1]] as const]) {
      const found = ours.map(withTheirPath)
      const byName = new Map(found.map((link) => [link.filename, link]))
      const expected = wanted.map((link) =>
        asOurs(link, { pip, form, isHtml: !type.includes('json'), ours: byName.get(link.filename) }),
      )
      expect({ url, form, links: found }).toEqual({ url, form, links: expected })
    }
  })
  return count
}

interface Reading {
  readonly pip: Pip
  /** Of our page. */
  readonly form: 'json' | 'html'
  /** Theirs is HTML. */
  readonly isHtml: boolean
  readonly ours: PipLink | undefined
}

/** What indexes list beside distributions: signatures, metadata, checksums, folders. */
const DISTRIBUTION = /\.(?:whl|tar\.(?:gz|bz2)|zip|tgz|egg|exe|msi|rpm)$/

/** By name, as ours are; the first of a name counts. */
function distributions(links: readonly PipLink[]): readonly PipLink[] {
  const byName = new Map(links.toReversed().map((link) => [link.filename, link]))
  return [...byName.values()]
    .filter(({ filename }) => DISTRIBUTION.test(filename))
    .toSorted((a, b) => (a.filename < b.filename ? -1 : 1))
}

/** The address of the file at its upstream, which ours has behind its own. */
function withTheirPath(link: PipLink): PipLink {
  return { ...link, path: link.path.replace(/^.*?\/files\/[^/]+\/[^/]+/, '') }
}

/** How a link of theirs must be read from ours. */
function asOurs(theirs: PipLink, { pip, form, isHtml, ours }: Reading): PipLink {
  const hashes = withoutWeak(theirs.hashes)
  const timeInJson = isHtml && pip !== 'pip 22.3.1' ? ours?.uploadTime : theirs.uploadTime
  return {
    ...theirs,
    hashes: form === 'html' ? Object.fromEntries(Object.entries(hashes).slice(0, 1)) : hashes,
    // pip reads no times from HTML; we do, and say them in JSON.
    uploadTime: form === 'html' ? null : (timeInJson ?? null),
    metadata: metadataOf(theirs, { pip, form, isHtml, ours }),
  }
}

/** Weak hashes beside a strong one are left out, since pip checks the first key alone. */
function withoutWeak(hashes: PipLink['hashes']): PipLink['hashes'] {
  const strong = ['sha256', 'sha384', 'sha512'].filter((name) => hashes[name] !== undefined)
  return strong.length === 0 ? hashes : Object.fromEntries(strong.map((name) => [name, hashes[name] ?? '']))
}

function metadataOf(theirs: PipLink, { pip, form, isHtml, ours }: Reading): PipLink['metadata'] {
  // Where the upstream has none, we have that of wheels.
  if (pip !== 'pip 22.3.1') return theirs.metadata ?? (theirs.filename.endsWith('.whl') ? true : null)
  // Such a pip ends with an error on the only key that it would read in JSON.
  if (form === 'json') return null
  // It knows the old names alone; what stands under the new ones is for the newest to compare.
  return (isHtml ? theirs.metadata : null) ?? ours?.metadata ?? null
}

describeWith(CLIENT_PROGRAMS)('pages of real servers that were kept', () => {
  let kept: KeptPages
  let server: RunningServer
  let all: readonly Three[]
  beforeAll(async () => {
    kept = await serveKeptPages()
    server = await serve({ folder: temporaryFolder(afterAll), rules: kept.rules })
    all = await Promise.all(
      kept.pages.map(({ raw, name, project }) => withOurs(raw, `${server.origin}/${name}/simple/${project}/`)),
    )
  })
  afterAll(async () => {
    await server.end()
    kept.close()
  })

  it.each(ALL_PIPS)('%s reads of ours what it reads of theirs', async (pip) => {
    expect(await compare(pip, all)).toBeGreaterThan(5000)
  })
})

describeWith(CLIENT_PROGRAMS)('links that are written in every way', () => {
  it.each(ALL_PIPS)('%s reads of ours what it reads of theirs', async (pip) => {
    const body = oddPage('odd')
    const upstream = await simpleUpstream()
    upstream.instead = ({ url }, response) =>
      url === '/simple/odd/' && !!response.writeHead(200, { 'Content-Type': 'text/html' }).end(body)
    const rules = { upstreams: { odd: { url: upstream.url } }, indexes: { default: { upstreams: ['odd'] } } }
    const server = await serve({ folder: temporaryFolder(), rules })
    onTestFinished(async () => void (await server.end()))
    const raw = { url: `${upstream.url}odd/`, type: 'text/html', body }
    expect(await compare(pip, [await withOurs(raw, `${server.indexUrl}odd/`)])).toBeGreaterThan(60)
  })
})

describeWith(CLIENT_PROGRAMS)('pages of PyPI as they are now', () => {
  const PROJECTS = ['requests', 'six', 'pytz', 'twisted', 'torch', 'urllib3', 'sampleproject', 'pip', 'numpy']
  let server: RunningServer
  beforeAll(async () => {
    server = await serve({ folder: temporaryFolder(afterAll) })
  })
  afterAll(async () => void (await server.end()))

  it.each(ALL_PIPS)('%s reads of ours what it reads of theirs', async (pip) => {
    const pages = PROJECTS.map(async (project) => {
      const raw = await fetchPage(`https://pypi.org/simple/${project}/`, MEDIA_TYPES.json)
      return withOurs(raw, `${server.indexUrl}${project}/`)
    })
    expect(await compare(pip, await Promise.all(pages))).toBeGreaterThan(1000)
  })
})
