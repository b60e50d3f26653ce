/** A comparison of two rules files for a terminal. */
import type { ComparedIndex, Comparison } from './against.ts'
import { type Terminal, coloured, lines } from './terminal.ts'

/** Projects that are shown of many. */
const PROJECTS = 40
/** Of those that nothing can be said about, only examples. */
const EXAMPLES = 5

export interface ComparisonTextOptions {
  /** The old rules file, as messages call it. */
  readonly against: string
  /** Every project, however many there are. */
  readonly all: boolean
  readonly terminal: Terminal
}

export function comparisonText(comparison: Comparison, options: ComparisonTextOptions): string {
  const { projects, indexes, added, removed } = comparison
  const { against, terminal } = options
  if (projects === 0) {
    return `Compared with ${against}: no page is kept in this data folder, so nothing can be said of projects.\n`
  }
  const changed = new Set(indexes.flatMap((index) => [...index.changed.keys()])).size
  const unknown = new Set(indexes.flatMap((index) => [...index.unknown.values()].flat())).size
  const out = lines(
    `Compared with ${against}, for ${sayCount(projects)} of which a page is kept: ${changed === 0 ? 'nothing changes' : `${sayCount(changed)} ${changed === 1 ? 'changes' : 'change'}`}${unknown === 0 ? '' : `, and of ${sayCount(unknown)} what is kept does not tell`}.`,
    0,
    terminal,
  )
  for (const name of added) out.push(...lines(`Index ${name} is new.`, 0, terminal))
  for (const name of removed) {
    out.push(
      ...lines(`Index ${name} is gone: whoever asks it gets 404.`, 0, terminal).map((line) =>
        coloured(line, 'red', terminal),
      ),
    )
  }
  for (const index of indexes) out.push(...indexText(index, options))
  return `${out.join('\n')}\n`
}

function indexText({ name, changed, unknown }: ComparedIndex, { all, terminal }: ComparisonTextOptions): string[] {
  if (changed.size === 0 && unknown.size === 0) return []
  const out = ['', `Index ${name}`]
  const shown = all ? [...changed] : [...changed].slice(0, PROJECTS)
  for (const [project, sentences] of shown) {
    out.push(coloured(`  ${project}`, 'bold', terminal))
    for (const sentence of sentences) {
      const [first = '', ...rest] = lines(sentence, 4, terminal)
      out.push(`    ${first}`, ...rest)
    }
  }
  const more = changed.size - shown.length
  if (more > 0) out.push(`  … and ${sayCount(more)} more; --all shows them`)
  for (const [why, projects] of unknown) {
    const examples = all ? projects : projects.slice(0, EXAMPLES)
    const others = projects.length > examples.length ? ', …' : ''
    const [first = '', ...rest] = lines(
      `Not known of ${sayCount(projects.length)}: ${why} (${examples.join(', ')}${others})`,
      2,
      terminal,
    )
    out.push(...[`  ${first}`, ...rest].map((line) => coloured(line, 'yellow', terminal)))
  }
  return out
}

function sayCount(projects: number): string {
  return `${projects.toLocaleString('en')} ${projects === 1 ? 'project' : 'projects'}`
}
