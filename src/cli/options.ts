/** The command line as typed values. */
import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

export interface ServeOptions {
  readonly rules?: string
  readonly data?: string
  readonly host: string
  readonly port: number
  readonly offline: boolean
  readonly strict: boolean
  readonly cacheBytes: number
  readonly log: 'text' | 'json'
  readonly newState: boolean
  /** Processes that serve. */
  readonly workers: number
}

/** @throws UsageError */
export function readServeOptions(words: string[]): ServeOptions {
  const values = parse(words, {
    rules: { type: 'string' },
    data: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8642' },
    offline: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    'cache-size': { type: 'string', default: '20GB' },
    log: { type: 'string', default: 'text' },
    'new-state': { type: 'boolean', default: false },
    workers: { type: 'string', default: '1' },
  }).values
  const { log } = values
  if (log !== 'text' && log !== 'json') throw new UsageError(`--log is "${log}", expected text or json`)
  return {
    ...(values.rules !== undefined && { rules: values.rules }),
    ...(values.data !== undefined && { data: values.data }),
    host: values.host,
    port: readPort(values.port),
    offline: values.offline,
    strict: values.strict,
    cacheBytes: readSize(values['cache-size']),
    log,
    newState: values['new-state'],
    workers: readWorkers(values.workers),
  }
}

export interface CheckOptions {
  readonly file?: string
  readonly strict: boolean
  /** The rules file to compare with. */
  readonly against?: string
  /** Upstreams are asked. */
  readonly online: boolean
  /** Every project that changes. */
  readonly all: boolean
  readonly data?: string
}

/** @throws UsageError */
export function readCheckOptions(words: string[]): CheckOptions {
  const { values, positionals } = parse(
    words,
    {
      rules: { type: 'string' },
      strict: { type: 'boolean', default: false },
      against: { type: 'string' },
      online: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      data: { type: 'string' },
    },
    true,
  )
  const [file = values.rules, ...more] = positionals
  if (more.length > 0) throw new UsageError('check takes one file')
  return {
    ...(file !== undefined && { file }),
    strict: values.strict,
    ...(values.against !== undefined && { against: values.against }),
    online: values.online,
    all: values.all,
    ...(values.data !== undefined && { data: values.data }),
  }
}

export interface ExplainOptions {
  /** `PROJECT`, `PROJECT==VERSION` or a filename, as it was typed. */
  readonly subject: string
  /** Name of the index, perhaps with `@` and a date behind it. */
  readonly index: string
  readonly json: boolean
  /** Every file. */
  readonly all: boolean
  readonly offline: boolean
  readonly rules?: string
  readonly data?: string
}

/** @throws UsageError */
export function readExplainOptions(words: string[]): ExplainOptions {
  const { values, positionals } = parse(
    words,
    {
      index: { type: 'string', default: 'default' },
      json: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      offline: { type: 'boolean', default: false },
      rules: { type: 'string' },
      data: { type: 'string' },
    },
    true,
  )
  const [subject, ...more] = positionals
  if (subject === undefined || more.length > 0)
    throw new UsageError('explain takes one project, PROJECT==VERSION or filename')
  return {
    subject,
    index: values.index,
    json: values.json,
    all: values.all,
    offline: values.offline,
    ...(values.rules !== undefined && { rules: values.rules }),
    ...(values.data !== undefined && { data: values.data }),
  }
}

export interface MirrorsOptions {
  readonly rules?: string
  readonly data?: string
  readonly json: boolean
}

/** @throws UsageError */
export function readMirrorsOptions(words: string[]): MirrorsOptions {
  const { values } = parse(words, {
    rules: { type: 'string' },
    data: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  return {
    ...(values.rules !== undefined && { rules: values.rules }),
    ...(values.data !== undefined && { data: values.data }),
    json: values.json,
  }
}

/** For commands that change what is kept of one thing. */
export interface KeptOptions {
  /** The project or filename. */
  readonly subject: string
  readonly rules?: string
  readonly data?: string
}

/** @throws UsageError */
export function readKeptOptions(command: string, subject: string, words: string[]): KeptOptions {
  const { values, positionals } = parse(words, { rules: { type: 'string' }, data: { type: 'string' } }, true)
  const [only, ...more] = positionals
  if (only === undefined || more.length > 0) throw new UsageError(`${command} takes one ${subject}`)
  return {
    subject: only,
    ...(values.rules !== undefined && { rules: values.rules }),
    ...(values.data !== undefined && { data: values.data }),
  }
}

export interface StatsOptions {
  /** The project, as it was typed; undefined: all of them. */
  readonly subject?: string
  /** So many days, today among them. */
  readonly days: number
  readonly json: boolean
  readonly rules?: string
  readonly data?: string
}

/** @throws UsageError */
export function readStatsOptions(words: string[]): StatsOptions {
  const { values, positionals } = parse(
    words,
    {
      days: { type: 'string', default: '30' },
      json: { type: 'boolean', default: false },
      rules: { type: 'string' },
      data: { type: 'string' },
    },
    true,
  )
  const [subject, ...more] = positionals
  if (more.length > 0) throw new UsageError('stats takes one project, or none')
  return {
    ...(subject !== undefined && { subject }),
    days: readDays(values.days),
    json: values.json,
    ...(values.rules !== undefined && { rules: values.rules }),
    ...(values.data !== undefined && { data: values.data }),
  }
}

/** @throws UsageError */
export function readFetchOptions(words: string[]): { readonly rules?: string; readonly data?: string } {
  return parse(words, { rules: { type: 'string' }, data: { type: 'string' } }).values
}

export interface ImportOptions {
  readonly logs: readonly string[]
  /** A log that begins as one that was counted, and goes on in another way, is counted too. */
  readonly asNew: boolean
  readonly rules?: string
  readonly data?: string
}

/** @throws UsageError */
export function readImportOptions(words: string[]): ImportOptions {
  const { values, positionals } = parse(
    words,
    { 'as-new': { type: 'boolean', default: false }, rules: { type: 'string' }, data: { type: 'string' } },
    true,
  )
  if (positionals.length === 0) throw new UsageError('stats import takes one log at least; "-" is standard input')
  return {
    logs: positionals,
    asNew: values['as-new'],
    ...(values.rules !== undefined && { rules: values.rules }),
    ...(values.data !== undefined && { data: values.data }),
  }
}

/** @throws UsageError */
export function readExportOptions(words: string[]): { readonly folder: string; readonly data?: string } {
  const { values, positionals } = parse(words, { data: { type: 'string' } }, true)
  const [folder, ...more] = positionals
  if (folder === undefined || more.length > 0) throw new UsageError('stats export takes one folder')
  return { folder, ...(values.data !== undefined && { data: values.data }) }
}

function parse<const O extends NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>>(
  words: string[],
  options: O,
  allowPositionals = false,
) {
  try {
    return parseArgs({ args: words, options, strict: true, allowPositionals })
  } catch (error) {
    // The library's second sentence is about a way of escaping that no option of ours needs.
    throw new UsageError(error instanceof Error ? error.message.replace(/\. .*$/s, '') : String(error))
  }
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new UsageError(`--port is "${text}", expected a number from 0 (a free port) to 65535`)
  return port
}

/** Ten years. */
const MAX_DAYS = 3660

function readDays(text: string): number {
  const days = Number(text)
  if (!/^\d{1,4}$/.test(text) || days < 1 || days > MAX_DAYS)
    throw new UsageError(`--days is "${text}", expected a number from 1 to ${MAX_DAYS}`)
  return days
}

/** More have no machine to run on, and each takes its memory. */
const MAX_WORKERS = 64

function readWorkers(text: string): number {
  const workers = Number(text)
  if (!/^\d{1,2}$/.test(text) || workers < 1 || workers > MAX_WORKERS)
    throw new UsageError(`--workers is "${text}", expected a number from 1 to ${MAX_WORKERS}`)
  return workers
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }

function readSize(text: string): number {
  const match = /^(\d{1,9})(|KB|MB|GB|TB)$/i.exec(text)
  const unit = UNITS[match?.[2]?.toUpperCase() ?? '']
  if (match === null || unit === undefined)
    throw new UsageError(`--cache-size is "${text}", expected a size as 500MB or 20GB`)
  return Number(match[1]) * unit
}
