/** Counts as text for a terminal: sparklines over time, bars for shares. */
import type { ProjectSummary, TopProjects } from '../stats/summary.ts'
import { type Terminal, coloured } from './terminal.ts'

type Share = Pick<ProjectSummary['versions'][number], 'name' | 'count'>

/** Shares that are shown; the rest is one line. */
const MAX_SHARES = 10

const MAX_BAR = 24

export function projectText(
  { project, total, days, versions, clients, upstreams }: ProjectSummary,
  terminal: Terminal,
): string {
  const heading = `${project}: ${said(total, 'download')} in ${said(days.length, 'day')}`
  if (total === 0) return `${heading}\n`
  return `${coloured(heading, 'bold', terminal)}\n\n${timeLine(days, terminal)}
${sharesText('By version', versions, total, terminal)}
${sharesText('By client', clients, total, terminal)}
${sharesText('From upstream', upstreams.map(named), total, terminal)}`
}

/** Logs of other servers, and peers, do not say where a file came from. */
function named({ name, count }: Share): Share {
  return { name: name === '' ? '(not known)' : name, count }
}

export function topText({ total, projects, days, top }: TopProjects, terminal: Terminal): string {
  const heading = `${said(total, 'download')} of ${said(projects, 'project')} in ${said(days.length, 'day')}`
  if (total === 0) return `${heading}\n`
  const width = Math.max(...top.map(({ project }) => project.length))
  const digits = Math.max(...top.map(({ count }) => count.toLocaleString('en').length))
  const lines = top.map(
    ({ project, count, days }) =>
      `  ${project.padEnd(width)}  ${count.toLocaleString('en').padStart(digits)}  ${sparkline(days)}\n`,
  )
  const more = projects - top.length
  return `${coloured(heading, 'bold', terminal)}\n\n${timeLine(days, terminal)}\n${lines.join('')}${
    more > 0 ? `  and ${said(more, 'more project')}\n` : ''
  }`
}

function timeLine(days: ProjectSummary['days'], terminal: Terminal): string {
  const [first, last] = [days[0]?.day ?? '', days.at(-1)?.day ?? '']
  const most = days.reduce((a, b) => (b.count > a.count ? b : a), { day: '', count: 0 })
  const words = `${first} to ${last}, at most ${most.count.toLocaleString('en')} on ${most.day}`
  return `  ${coloured(sparkline(days.map(({ count }) => count)), 'green', terminal)}\n  ${coloured(words, 'dim', terminal)}\n`
}

const SPARKS = '▁▂▃▄▅▆▇█'

/** A sign for each; a day without downloads is empty, so that one is seen. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(...counts, 1)
  return counts.map((count) => (count === 0 ? ' ' : SPARKS[Math.ceil((count / most) * SPARKS.length) - 1])).join('')
}

function sharesText(title: string, all: readonly Share[], total: number, terminal: Terminal): string {
  const shown: Share[] = all.slice(0, MAX_SHARES)
  const rest = all.slice(MAX_SHARES)
  if (rest.length > 0)
    shown.push({ name: `${rest.length} more`, count: rest.reduce((sum, { count }) => sum + count, 0) })
  const width = Math.max(...shown.map(({ name }) => name.length))
  const digits = Math.max(...shown.map(({ count }) => count.toLocaleString('en').length))
  const lines = shown.map(({ name, count }) => {
    const bar = '█'.repeat(Math.round((count / total) * MAX_BAR))
    return `  ${name.padEnd(width)}  ${count.toLocaleString('en').padStart(digits)}  ${coloured(bar, 'green', terminal)}`.trimEnd()
  })
  return `${coloured(title, 'bold', terminal)}\n${lines.join('\n')}\n`
}

function said(number: number, one: string): string {
  return `${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`
}
