/** What `serve` says to whoever started it: one line on standard output, the log on standard error. */
import type { Config } from '../config/config.ts'
import { openLog } from '../log/log.ts'
import type { Level } from '../log/report.ts'
import type { ServeOptions } from './options.ts'

export function openServerLog({ log }: ServeOptions, write = writeToStandardError): ReturnType<typeof openLog> {
  return openLog({ format: log, level: logLevel(), write, now: Date.now })
}

/** A log that nobody reads any more must not end the server. */
function writeToStandardError(lines: string): void {
  process.stderr.write(lines, () => undefined)
}

/** What a pipe takes as one piece, in bytes, from several processes that write to it (POSIX has 512 at least, Linux 4096). */
const PIPE_BYTES = 4096

/** Whole lines, in pieces that a pipe keeps whole: other processes write to it as well. */
export function writeSharedLines(lines: string): void {
  let piece = ''
  let bytes = 0
  for (const line of lines.split(/(?<=\n)/)) {
    const more = Buffer.byteLength(line)
    if (bytes + more > PIPE_BYTES) {
      writeToStandardError(piece)
      piece = ''
      bytes = 0
    }
    piece += line
    bytes += more
  }
  writeToStandardError(piece)
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
