/** Unidex on a data folder of its own, as it is after a start: two upstreams, and what is kept of them on a disk. */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openData } from '../../src/cli/data.ts'
import type { Field, Level } from '../../src/log/report.ts'
import { type SimpleUpstream, type UpstreamFile, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { type TestUnidex, startUnidex } from '../support/unidex.ts'

export interface Upstreams {
  readonly corp: SimpleUpstream
  readonly pypi: SimpleUpstream
  readonly rules: unknown
}

/** `acme` is private, and the public upstream has another of that name; `lib` is public. */
export async function startUpstreams(): Promise<Upstreams> {
  const corp = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz', content('acme', 200_000))] })
  const pypi = await simpleUpstream({
    acme: [upstreamFile('acme-9.9.9.tar.gz', content('not acme', 100_000))],
    lib: [
      upstreamFile('lib-1.0.tar.gz', content('lib', 600_000)),
      upstreamFile('lib-1.1.tar.gz', content('small', 999)),
    ],
  })
  return {
    corp,
    pypi,
    rules: {
      upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
      indexes: { default: { upstreams: ['corp', 'pypi'] } },
    },
  }
}

/** Bytes that look random and are the same for the same text. */
export function content(text: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(text).digest()
}

export interface Product extends TestUnidex {
  /** Of the stores. */
  readonly trouble: { level: Level; event: string; fields: Readonly<Record<string, Field>> }[]
  /** Status and bytes of a file, as `upstream` lists it, when the disk has it too. @throws where the answer broke off */
  download(upstream: SimpleUpstream, filename: string): Promise<{ readonly status: number; readonly bytes: Buffer }>
  /** Closes what is open, as an orderly end does. */
  end(): Promise<void>
}

/** Opens `data` as `unidex serve` does. Whoever opens it twice ends the first one before. @throws StateError */
export async function openProduct(data: string, { corp, rules }: Upstreams): Promise<Product> {
  const trouble: Product['trouble'] = []
  const report = (level: Level, event: string, fields: Readonly<Record<string, Field>> = {}) =>
    void trouble.push({ level, event, fields })
  const kept = await openData({ data, cacheBytes: 1e9, newState: false }, { report, environment: {} })
  const unidex = await startUnidex(rules, kept)
  return {
    ...unidex,
    trouble,
    async download(upstream, filename) {
      const name = upstream === corp ? 'corp' : 'pypi'
      const response = await unidex.get(`/files/${name}/${new URL(upstream.url).host}/files/${filename}`)
      const bytes = Buffer.from(await response.arrayBuffer())
      await unidex.unidex.current().deliverer.settled()
      return { status: response.status, bytes }
    },
    async end() {
      await unidex.unidex.close()
      await kept.close()
    },
  }
}

/** What an upstream has under a filename. */
export function offered(upstream: SimpleUpstream, filename: string): UpstreamFile {
  const file = Object.values(upstream.projects)
    .flat()
    .find((each) => each.filename === filename)
  if (file === undefined) throw new Error(`There is no ${filename}`)
  return file
}

/** Paths of the files that are stored in a data folder, and of the drafts in it. */
export function storedFiles(data: string): { readonly stored: string[]; readonly drafts: string[] } {
  const folder = join(data, 'cache', 'files')
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((each) =>
    each.isFile() ? [join(each.parentPath, each.name)] : [],
  )
  const isDraft = (path: string) => path.startsWith(join(folder, 'drafts'))
  return { stored: all.filter((path) => !isDraft(path)), drafts: all.filter(isDraft) }
}

/** Stored files whose bytes are not what their name says. */
export function wrongFiles(data: string): string[] {
  return storedFiles(data).stored.filter((path) => {
    const [shard, rest] = path.split('/').slice(-2)
    return createHash('sha256').update(readFileSync(path)).digest('hex') !== `${shard}${rest}`
  })
}
