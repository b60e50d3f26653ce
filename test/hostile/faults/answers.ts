/** Answers that several tables of faults use. */
import { answer, HTML_TYPE, JSON_TYPE, type Step } from '../../support/hostile-upstream.ts'
import { entry, GOOD, GOOD_BYTES, GOOD_SITE, page, pageAnswer, sha256 } from '../world.ts'

export const WAIT: Step = { waitRequest: true }

/** The page of A as it should be. */
export const GOOD_PAGE = page([entry(GOOD, GOOD_BYTES)])
export const GOOD_ANSWER = pageAnswer(GOOD_PAGE)
export const GOOD_HTML = html(`<a href="/files/${GOOD}#sha256=${sha256(GOOD_BYTES)}">${GOOD}</a>`)

/** A page in HTML with these links. */
export function html(links: string, head = ''): string {
  return `<!DOCTYPE html><html><head>${head}<title>Links for acme</title></head><body>${links}</body></html>`
}

/** Every connection gets these bytes for its request, and no more. */
export function sends(...bytes: readonly (string | Buffer)[]): Step[] {
  return [WAIT, ...bytes.map((send): Step => ({ send })), { close: 'fin' }]
}

/** Only the page of the project is wrong: its files are where they were. */
export function pageIs(bytes: Buffer | readonly Step[]): Step[] {
  return [{ site: { ...GOOD_SITE, '/simple/acme/': bytes } }]
}

/** The page is this text, in JSON. */
export function jsonIs(body: string | Buffer): Step[] {
  return pageIs(pageAnswer(body))
}

/** The page is this text, in HTML. */
export function htmlIs(body: string | Buffer, type = HTML_TYPE): Step[] {
  return pageIs(pageAnswer(body, { 'content-type': type }))
}

/** Every request is answered with this status and these fields; undefined leaves one out. */
export function says(
  status: number,
  headers: Readonly<Record<string, string | undefined>> = {},
  body: string | Buffer = '',
): Step[] {
  return [WAIT, { send: answer(status, { connection: 'close', ...headers }, body) }, { close: 'fin' }]
}

/** A good page behind a head that is written by hand. */
export function headed(...lines: readonly string[]): string {
  return ['HTTP/1.1 200 OK', `content-type: ${JSON_TYPE}`, 'connection: close', ...lines, '', GOOD_PAGE].join('\r\n')
}

export const GOOD_LENGTH = `content-length: ${Buffer.byteLength(GOOD_PAGE)}`
