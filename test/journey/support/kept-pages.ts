/** The pages of real servers that were kept, served again: each by a server of its own, whose only page it is. */
import { globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RawPage } from './pip-links.ts'

export interface KeptPage {
  /** Of its upstream and of the index that has this upstream alone. */
  readonly name: string
  readonly project: string
  readonly isJson: boolean
  readonly raw: RawPage
}

export interface KeptPages {
  readonly pages: readonly KeptPage[]
  /** Of all indexes. */
  readonly rules: object
  close(): void
}

const FOLDER = fileURLToPath(new URL('../../fixtures/pages/', import.meta.url))

export async function serveKeptPages(): Promise<KeptPages> {
  const byPath = new Map<string, RawPage>()
  const server = createServer(({ url = '' }, response) => {
    const page = byPath.get(url)
    if (page === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'Content-Type': page.type }).end(page.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const upstreams: Record<string, object> = {}
  const pages: KeptPage[] = []
  const paths = globSync('*/*.{json,html}', { cwd: FOLDER })
  for (const path of paths.filter((each) => !/\.meta\.json$|\/root\./.test(each))) {
    const { url, project, headers } = JSON.parse(readFileSync(`${FOLDER}${path}.meta.json`, 'utf8'))
    const name = path.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
    // As deep as it was, since its links hang on it.
    const folder = `/${name}${posix.dirname(new URL(url).pathname)}/`
    const raw = {
      url: `${origin}${folder}${project}/`,
      type: String(headers['content-type']),
      body: readFileSync(FOLDER + path),
    }
    byPath.set(`${folder}${project}/`, raw)
    pages.push({ name, project: String(project), isJson: path.endsWith('.json'), raw })
    // The hosts that pages name as those of their files.
    const filesAt = [`${origin}/`, 'http://127.0.0.1:8000/', 'https://files.pythonhosted.org/']
    upstreams[name] = { url: `${origin}${folder}`, filesAt }
  }
  const names = Object.keys(upstreams)
  const indexes = Object.fromEntries(names.map((name) => [name, { upstreams: [name] }]))
  return {
    pages,
    rules: { upstreams, indexes: { default: { upstreams: names.slice(0, 1) }, ...indexes } },
    close: () => void server.close(),
  }
}
