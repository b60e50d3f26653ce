/** The page of a project's downloads: over time, by version, by client, and by the upstream that gave it. */
import { html } from 'hono/html'
import type { ProjectSummary, Series } from '../stats/summary.ts'
import { foreign } from './foreign-text.ts'
import { type Html, counted, layout, table } from './layout.ts'
import { type DayCount, dayPlot, periods } from './stats-plots.ts'

/** Rows of a table; the rest is one line. */
const MAX_ROWS = 15

export function projectStatsPage({ project, total, days, versions, clients, upstreams }: ProjectSummary): Html {
  const named = upstreams.map((each) => (each.name === '' ? { ...each, name: 'not known (logs and peers)' } : each))
  return layout(
    { title: `Downloads of ${project} – Unidex`, root: '../../' },
    html`<h1>${project}</h1>
      <p class="lead">
        ${counted(total, 'download')} in ${counted(days.length, 'day')}.
        <a href="../../projects/${project}">Why the project is as it is</a>
      </p>
      ${periods(days.length)}
      ${
        total === 0
          ? html`<p class="none">Nothing of it was downloaded in these days.</p>`
          : html`${dayPlot('By day', days)} ${shares('Version', versions, days)} ${shares('Client', clients, days)}
            ${shares('Upstream', named, days)}`
      }`,
  )
}

function shares(title: string, all: readonly Series[], days: readonly DayCount[]): Html {
  const rest = all.slice(MAX_ROWS)
  const more = rest.reduce((sum, { count }) => sum + count, 0)
  return html`<h2>By ${title.toLowerCase()}</h2>
    ${table(
      'The most first',
      [title, 'Downloads', 'By day'],
      all.slice(0, MAX_ROWS).map(({ name, count, days: ofName }) => [
        foreign(name),
        count.toLocaleString('en'),
        dayPlot(
          name,
          days.map(({ day }, i) => ({ day, count: ofName[i] ?? 0 })),
          { isPlain: true },
        ),
      ]),
    )}
    ${rest.length === 0 ? '' : html`<p class="small soft">And ${counted(rest.length, 'more', 'more')}, ${counted(more, 'download')}.</p>`}`
}
