/** An explanation for a terminal: what comes out first, then who said what, then the files, folded where there are many. */
import { atOnce } from '../pace/steps.ts'
import type { ExplainedFile, Explanation } from '../resolve/explanation.ts'
import { type Finding, type Wanted, isWanted } from '../resolve/missing.ts'
import { sayInstant } from '../simple/instant.ts'
import { sortVersions } from '../simple/version.ts'
import { type Colour, type Terminal, coloured, lines } from './terminal.ts'

export interface Explained {
  readonly finding: Finding
  readonly explanation: Explanation
  readonly wanted: Wanted
  /** The rules file, or `built-in`. */
  readonly rules: string
}

export interface TextOptions {
  /** Every file, however many there are. */
  readonly all: boolean
  readonly terminal: Terminal
}

/** Versions that are shown of many. */
const VERSIONS = 12
/** As many files are shown one by one. */
const FILES = 20
/** Where the values of the list of facts begin. */
const COLUMN = 11

export function explanationText({ finding, explanation, wanted, rules }: Explained, options: TextOptions): string {
  const { terminal } = options
  const { owner, settings, upstreams, outcome } = explanation
  const out: string[] = []

  /** Lines after the first begin where `text` did. */
  function put(before: string, text: string, colour?: Colour): void {
    const [first = '', ...rest] = lines(text, before.length, terminal)
    out.push(before + coloured(first, colour, terminal), ...rest.map((line) => coloured(line, colour, terminal)))
  }
  function fact(name: string, text: string, colour?: Colour): void {
    put(name.padEnd(COLUMN), text, colour)
  }

  const isSaid = (text: string) => finding.reasons.some(({ why }) => why.includes(text))

  put('', finding.summary, finding.served ? 'green' : 'red')
  for (const { why, change, until } of finding.reasons) {
    const ends =
      until === undefined || why.includes(sayInstant(until)) ? '' : `; all of them are shown from ${sayInstant(until)}`
    out.push('')
    put('  - ', why + ends)
    if (change !== undefined) put('    ', change, 'yellow')
  }

  out.push('')
  const asOf = explanation.asOf === undefined ? '' : ` as it stood before ${sayInstant(explanation.asOf)}`
  fact('Index', `${explanation.index}${asOf}, by the rules ${rules}`)
  if (finding.newest !== undefined) {
    const { version, upstreams: from, why } = finding.newest
    fact('Newest', `${version} from ${from.join(' and ')}${why === undefined ? '' : `; ${why}`}`)
  }
  if (owner !== undefined && !isSaid(owner.why)) fact('Owner', owner.why)
  settings.forEach(({ setting, value, place }, i) => {
    fact(i === 0 ? 'Settings' : '', `${setting}: ${value} (${place.file}:${place.line})`)
  })
  upstreams
    .filter(({ why }) => !isSaid(why))
    .forEach(({ upstream, said, why }, i) => {
      fact(i === 0 ? 'Upstreams' : '', `${upstream}: ${why}`, said === 'failed' ? 'red' : undefined)
    })
  const meant = explanation.files.filter(isWanted(wanted))
  if (outcome === 'served') out.push(...filesText(meant.length > 0 ? meant : explanation.files, options))
  return `${out.join('\n')}\n`
}

function filesText(files: readonly ExplainedFile[], { all, terminal }: TextOptions): string[] {
  if (files.length === 0) return []
  const each = all || files.length <= FILES
  const versions = byVersion(files)
  const shown = each ? versions : versions.slice(0, VERSIONS)
  const width = Math.min(24, Math.max(...shown.map(({ version }) => version.length)))
  const out = ['', 'Files, the newest version first']
  for (const one of shown) {
    const [first = '', ...rest] = lines(`${one.version.padEnd(width)}  ${sayVersion(one.files)}`, width + 4, terminal)
    const colour = one.files.every(({ served }) => served) ? undefined : 'yellow'
    out.push(...[`  ${first}`, ...rest].map((line) => coloured(line, colour, terminal)))
    if (each) out.push(...one.files.flatMap((file) => fileLines(file, terminal)))
  }
  const left = versions.slice(shown.length)
  if (left.length > 0) {
    const older = left.length === 1 ? '1 older version' : `${left.length.toLocaleString('en')} older versions`
    const many = sayCount(left.reduce((sum, one) => sum + one.files.length, 0))
    out.push(`  … and ${older} with ${many}`)
  }
  if (!each) out.push('  --all shows every file')
  return out
}

interface Version {
  readonly version: string
  readonly files: readonly ExplainedFile[]
}

function byVersion(files: readonly ExplainedFile[]): Version[] {
  const groups = Map.groupBy(files, ({ version }) => version)
  const newestFirst = atOnce(sortVersions(groups.keys())).toReversed()
  return newestFirst.map((version) => ({ version, files: groups.get(version) ?? [] }))
}

function sayVersion(files: readonly ExplainedFile[]): string {
  const served = files.filter((file) => file.served)
  const hidden = files.filter((file) => !file.served)
  const from = [...new Set(served.map(({ upstream }) => upstream))].join(' and ')
  const days = files.flatMap(({ uploadTime }) => uploadTime?.slice(0, 10) ?? []).toSorted()
  const why = new Set(hidden.flatMap(({ verdict }) => (verdict === undefined ? [] : sayBriefly(verdict))))
  return [
    served.length > 0 && `${sayCount(served.length)} from ${from}`,
    hidden.length > 0 && `${hidden.length.toLocaleString('en')} hidden (${[...why].join('; ')})`,
    days.length > 0 && `uploaded ${days[0]}`,
  ]
    .filter((part) => part !== false)
    .join(', ')
}

function fileLines(file: ExplainedFile, terminal: Terminal): string[] {
  const { filename, upstream, served, yanked, requiresPython, uploadTime, firstSeen, verdict, size } = file
  const facts = [
    served ? `from ${upstream}` : `of ${upstream}${verdict === undefined ? '' : ` (${sayBriefly(verdict)})`}`,
    size !== undefined && saySize(size),
    uploadTime !== undefined && `uploaded ${uploadTime}`,
    firstSeen !== undefined && saySeen(firstSeen),
    requiresPython !== undefined && `Python ${requiresPython}`,
    yanked !== undefined && (yanked === true ? 'yanked' : `yanked: ${yanked}`),
  ]
  const text = `${served ? 'served' : 'hidden'}  ${filename} ${facts.filter((fact) => fact !== false).join(', ')}`
  const [first = '', ...rest] = lines(text, 12, terminal)
  return [`    ${first}`, ...rest].map((line) => coloured(line, served ? undefined : 'yellow', terminal))
}

/** The whole sentence stands above. */
function sayBriefly(verdict: NonNullable<ExplainedFile['verdict']>): string {
  switch (verdict.kind) {
    case 'rule':
      return `${verdict.setting}: ${verdict.wanted}`
    case 'cooldown':
      return `cooldown until ${sayInstant(verdict.until).slice(0, 16)}Z`
    case 'newer':
      return verdict.uploadTime === undefined ? 'does not say when it came' : `newer than ${sayInstant(verdict.than)}`
    case 'outside-files-at':
      return `at ${verdict.origin}, outside "filesAt"`
    case 'changed':
      return 'its hash has changed'
    case 'quarantined':
      return `quarantined by ${verdict.upstream}`
    case 'outranked':
      return verdict.conflict ? `other content than that of ${verdict.by}` : `${verdict.by} has it`
    default:
      return verdict satisfies never
  }
}

/** What was on the first page that was seen of a project may have been there for ever. */
function saySeen(firstSeen: string): string {
  return Date.parse(firstSeen) === 0 ? 'there since it was first looked for' : `first seen ${firstSeen}`
}

function saySize(bytes: number): string {
  const [unit, name] = bytes < 1e6 ? [1e3, 'kB'] : bytes < 1e9 ? [1e6, 'MB'] : [1e9, 'GB']
  return `${(bytes / unit).toFixed(1)} ${name}`
}

function sayCount(files: number): string {
  return `${files.toLocaleString('en')} ${files === 1 ? 'file' : 'files'}`
}
