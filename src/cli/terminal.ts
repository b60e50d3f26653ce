/** A terminal as a text must know it: how wide it is, and whether it shows colours. */
import { visible } from '../log/log.ts'

export interface Terminal {
  /** Columns; undefined: nobody reads it on a screen, and lines are as long as they are. */
  readonly width?: number
  readonly colours: boolean
}

/** Narrower than this, nothing is gained by breaking lines. */
const MIN_WIDTH = 40

/** Colours only on a terminal that has them, and never where `NO_COLOR` is set (no-color.org). */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  if (stream.isTTY !== true) return { colours: false }
  const { columns = 0 } = stream
  return {
    ...(columns > 0 && { width: Math.max(columns, MIN_WIDTH) }),
    colours: !environment['NO_COLOR'] && environment['TERM'] !== 'dumb',
  }
}

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const

export type Colour = keyof typeof CODES

export function coloured(text: string, colour: Colour | undefined, { colours }: Terminal): string {
  if (!colours || colour === undefined || text === '') return text
  const [on, off] = CODES[colour]
  return `\u001b[${on}m${text}\u001b[${off}m`
}

/**
 * Whoever wrote `text`, nothing in it is a command to the terminal. Broken at blanks; lines after the first begin with
 * `indent` blanks, which the first one has before it already.
 */
export function lines(text: string, indent: number, { width }: Terminal): string[] {
  const safe = visible(text)
  if (width === undefined || safe.length + indent <= width) return [safe]
  const room = Math.max(width - indent, MIN_WIDTH / 2)
  const broken: string[] = []
  let line = ''
  for (const word of safe.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      broken.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  broken.push(line)
  return broken.map((each, i) => (i === 0 ? each : ' '.repeat(indent) + each))
}
