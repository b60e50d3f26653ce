/** How pages for people are asked for and sent. */
import { createHash } from 'node:crypto'
import { STYLE } from '../pages/style.ts'

/** Browsers name HTML; who names JSON and no HTML is a program. */
export function wantsJson(accept = ''): boolean {
  return accept.includes('application/json') && !accept.includes('text/html')
}

/** No script, no foreign asset, the one style sheet: whatever an upstream calls a project, it stays text. */
export function pageHeaders(): Record<string, string> {
  const style = createHash('sha256').update(STYLE).digest('base64')
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-cache',
    Vary: 'Accept',
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  }
}
