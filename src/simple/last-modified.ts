/** When a mirror was brought up to date last, as PEP 381 has it: `/last-modified`, in GMT. */

/** As bandersnatch and its predecessors write it, and mirrorlib reads it. */
const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d):(\d\d):(\d\d)$/
const EXTENDED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z?$/

/** More is no date. */
export const MAX_LAST_MODIFIED_BYTES = 1200

/** ms since the epoch; undefined: it is no date. */
export function parseLastModified(text: string): number | undefined {
  const written = text.trim()
  const basic = BASIC.exec(written)
  const iso = basic === null ? written : `${basic.slice(1, 4).join('-')}T${basic.slice(4).join(':')}`
  if (!EXTENDED.test(iso)) return undefined
  const ms = Date.parse(iso.endsWith('Z') ? iso : `${iso}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

/** `20260131T12:00:00`, without a line end. */
export function sayLastModified(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll('-', '')
}
