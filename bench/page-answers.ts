/** The three answers that a warm page is measured by, and how each is asked for at a server. */
import { type IncomingHttpHeaders, get } from 'node:http'
import { JSON_TYPE } from './real-pages.ts'

export const ANSWERS = ['identity', 'gzip', '304'] as const

export type AnswerKind = (typeof ANSWERS)[number]

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As it was sent, in its coding. */
  readonly body: Buffer
}

export function ask(url: string, headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (response) => {
      const pieces: Buffer[] = []
      response
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) })
        })
        .on('error', reject)
    }).on('error', reject)
  })
}

/**
 * The request headers that get it; undefined where the server has no tag to ask with. Whether it compresses is its own
 * affair: clients ask for gzip wherever they ask. @throws where it gives no page
 */
export async function headersFor(kind: AnswerKind, url: string): Promise<Record<string, string> | undefined> {
  const plain = { Accept: JSON_TYPE, 'Accept-Encoding': 'identity' }
  const page = await ask(url, plain)
  if (page.status !== 200) throw new Error(`${url} answers ${page.status}: ${page.body.toString().slice(0, 500)}`)
  if (kind === 'identity') return plain
  if (kind === 'gzip') return { ...plain, 'Accept-Encoding': 'gzip' }
  const headers = { ...plain, 'If-None-Match': page.headers.etag ?? '' }
  return (await ask(url, headers)).status === 304 ? headers : undefined
}
