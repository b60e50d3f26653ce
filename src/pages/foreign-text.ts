/** Text that strangers wrote, as it may stand on a page: what cannot be seen, or turns the order of signs, is made visible. */
import { html } from 'hono/html'

/** Signs of a text that are shown. */
const MAX_SHOWN = 600

/** In an element of its own direction, so that it cannot reorder what stands around it. */
export function foreign(text: string) {
  return html`<bdi>${visible(text)}</bdi>`
}

/** For attributes and titles. Controls, format signs and ends of lines as `\u{202e}`; cut where it is too long. */
export function visible(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
  return cut
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16).padStart(4, '0')}}`)
}
