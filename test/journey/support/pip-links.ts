/** Pages as pip's own parser reads them, whichever pip. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PROGRAMS, runWell, temporaryFolder } from './programs.ts'

export const PIPS = { 'pip, the newest': PROGRAMS.python, 'pip 22.3.1': PROGRAMS.pythonOfPip22 } as const

export type Pip = keyof typeof PIPS

/** A page as it came. */
export interface RawPage {
  /** That answered. */
  readonly url: string
  /** As in `Content-Type`. */
  readonly type: string
  readonly body: Buffer
}

/** The fields of pip's `Link`. */
export interface PipLink {
  readonly filename: string
  /** Of its address, percent-decoded. */
  readonly path: string
  readonly requiresPython: string | null
  readonly yankedReason: string | null
  readonly hashes: Readonly<Record<string, string>>
  /** In UTC. */
  readonly uploadTime: string | null
  /** true: there is some, without a hash. */
  readonly metadata: true | Readonly<Record<string, string>> | null
}

const SCRIPT = fileURLToPath(new URL('pip-links.py', import.meta.url))

/** The links of each page, in its order. @throws where pip cannot read one of them */
export async function readLinks(pip: Pip, pages: readonly RawPage[]): Promise<readonly (readonly PipLink[])[]> {
  const file = join(temporaryFolder(), 'pages.json')
  writeFileSync(
    file,
    JSON.stringify(pages.map(({ url, type, body }) => ({ url, type, content: body.toString('base64') }))),
  )
  const { stdout } = await runWell(PIPS[pip], [SCRIPT, file])
  return JSON.parse(stdout) as readonly (readonly PipLink[])[]
}

/** Fetches a page; redirects are followed. @throws where it is no 200 */
export async function fetchPage(url: string, accept: string): Promise<RawPage> {
  const response = await fetch(url, { headers: { accept } })
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  const type = response.headers.get('content-type') ?? ''
  return { url: response.url, type, body: Buffer.from(await response.arrayBuffer()) }
}
