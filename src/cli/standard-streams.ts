/** What `serve` says to whoever started it: one line on standard output, the log on standard error. */
import type { Config } from '../config/config.ts'
import { openLog } from '../log/log.ts'
import type { Level, Report } from '../log/report.ts'
import type { ServeOptions } from './options.ts'

export function openServerLog({ log }: ServeOptions, write = writeToStandardError): Report {
  const { report, flush } = openLog({ format: log, level: logLevel(), write, now: Date.now })
  // However the process ends: what was said is written.
  process.once('exit', flush)
  return report
}

/** A log that nobody reads any more must not end the server. */
function writeToStandardError(lines: string): void {
  process.stderr.write(lines, () => undefined)
}

/** What a pipe takes as one piece, in bytes, from several processes that write to it (POSIX has 512 at least, Linux 4096). */
const PIPE_BYTES = 4096

/** For a log to which other processes write as well: their lines come between ours, and never into one. */
export function writeSharedLines(lines: string): void {
  for (const piece of piecesOf(lines, PIPE_BYTES)) writeToStandardError(piece)
}

/** Whole lines together, as many as make up at most so many bytes; a longer line alone. */
export function piecesOf(lines: string, maxBytes: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let bytes = 0
  for (const line of lines.match(/[^\n]*\n/g) ?? []) {
    const more = Buffer.byteLength(line)
    if (bytes > 0 && bytes + more > maxBytes) {
      pieces.push(piece)
      piece = ''
      bytes = 0
    }
    piece += line
    bytes += more
  }
  return piece === '' ? pieces : [...pieces, piece]
}

/** One line for programs, in a terminal followed by lines for people. */
export function announce(origin: string, { source }: Config): void {
  const url = `${origin}/simple/`
  process.stdout.write(`Unidex serves ${url}\n`)
  if (!process.stdout.isTTY) return
  process.stdout.write(`
  pip install --index-url ${url} PROJECT
  uv pip install --default-index ${url} PROJECT

Rules: ${source}. Ctrl+C ends it.
`)
}

function logLevel(): Level {
  const wanted = process.env['UNIDEX_LOG_LEVEL']
  return wanted === 'error' || wanted === 'warn' || wanted === 'debug' ? wanted : 'info'
}
