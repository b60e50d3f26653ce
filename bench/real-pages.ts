/** Real pages of PyPI: fetched once, kept in the user's cache folder, so that runs on one machine measure the same bytes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { largePage } from './large-page.ts'

export const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'

const KEPT = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'unidex-bench', 'pages')

/** A small page, of about 150 files, and one of the largest, of about 4,400. */
export const PROJECTS = ['requests', 'numpy'] as const

/** The page as PyPI gave it; without a network, one like it. */
export async function realPage(project: (typeof PROJECTS)[number]): Promise<Buffer> {
  const file = join(KEPT, `${project}.json`)
  try {
    return readFileSync(file)
  } catch {
    const page = await fetchPage(project)
    if (page === undefined) return substitute(project)
    mkdirSync(KEPT, { recursive: true })
    writeFileSync(file, page)
    return page
  }
}

async function fetchPage(project: string): Promise<Buffer | undefined> {
  try {
    const response = await fetch(`https://pypi.org/simple/${project}/`, {
      headers: { Accept: JSON_TYPE },
      signal: AbortSignal.timeout(10_000),
    })
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined
  } catch (error) {
    console.warn(`PyPI gives no page (${String(error)}): one like it is measured`)
    return undefined
  }
}

function substitute(project: string): Buffer {
  if (project === 'numpy') return largePage(project)
  return readFileSync(new URL('../test/fixtures/pages/pypi.org/requests.json', import.meta.url))
}

/** The page of a project with another name, so that one may be asked for anew. The same length where the name has it. */
export function renamed(page: Buffer, project: string, name: string): Buffer {
  return Buffer.from(page.toString().replaceAll(`"${project}`, `"${name}`).replaceAll(`/${project}-`, `/${name}-`))
}

/** "1,932 kB". */
export function size(page: Buffer): string {
  return `${Math.round(page.length / 1000).toLocaleString('en')} kB`
}
