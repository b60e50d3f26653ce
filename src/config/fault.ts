/** What is wrong in a rules file: each fault with its place and what would be right, all of them in one CheckError. */
import type { Place } from '../merge/policy.ts'
import { CheckError } from './config.ts'

/** `wrong` says what stands there, `right` what should; both are parts of one line, without a full stop. */
export interface Fault {
  readonly place: Place
  readonly wrong: string
  readonly right: string
}

/** More would scroll the first ones away, and the first ones are mended first. */
const MAX_SHOWN = 100

/** One line: `merge-rules.json:12:7: unknown key "upstream" – did you mean "upstreams"?` */
export function sayFault({ place, wrong, right }: Fault): string {
  return `${place.file}:${place.line}:${place.column}: ${wrong} – ${right}`
}

/** All faults in the order of the file, each once. */
export function checkError(faults: readonly Fault[]): CheckError {
  const inOrder = faults.toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  const lines = [...new Set(inOrder.map(sayFault))]
  const more = lines.length > MAX_SHOWN ? [`and ${lines.length - MAX_SHOWN} more`] : []
  return new CheckError([...lines.slice(0, MAX_SHOWN), ...more].join('\n'))
}

const MAX_QUOTED = 80

/** `text` in quotes, on one line, without signs that a terminal would obey, and not at any length; of a URL, not its user. */
export function quote(text: string): string {
  const harmless = text.replace(/:\/\/\S*@/, '://…@')
  const shown = harmless.length > MAX_QUOTED ? `${harmless.slice(0, MAX_QUOTED)}…` : harmless
  return JSON.stringify(shown).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => {
    return `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}

const MAX_LISTED = 20

/** `a, b or c`; of many, the first. */
export function either(texts: readonly string[]): string {
  return inOneSentence(texts, 'or')
}

/** `a, b and c`; of many, the first. */
export function all(texts: readonly string[]): string {
  return inOneSentence(texts, 'and')
}

function inOneSentence(texts: readonly string[], word: string): string {
  const shown = texts.length > MAX_LISTED ? [...texts.slice(0, MAX_LISTED), `${texts.length - MAX_LISTED} more`] : texts
  const head = shown.slice(0, -1).join(', ')
  return head === '' ? shown.join('') : `${head} ${word} ${shown.at(-1)}`
}
