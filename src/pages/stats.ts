/** The page of download counts: how many in all, who is on top, and whose counts they are. */
import { html } from 'hono/html'
import type { PeerStanding } from '../stats/download-stats.ts'
import type { TopProjects } from '../stats/summary.ts'
import { foreign } from './foreign-text.ts'
import { type Html, counted, layout, moment, state, table } from './layout.ts'
import { dayPlot, periods } from './stats-plots.ts'

export interface StatsPage {
  readonly top: TopProjects
  readonly peers: readonly { readonly peer: string; readonly standing: PeerStanding | undefined }[]
}

export function statsPage({ top, peers }: StatsPage): Html {
  const { total, projects, days, top: all } = top
  return layout(
    { title: 'Downloads – Unidex', root: '../' },
    html`<h1>Downloads</h1>
      <p class="lead">
        ${counted(total, 'download')} of ${counted(projects, 'project')} in ${counted(days.length, 'day')}.
      </p>
      ${periods(days.length)}
      <form method="get" action="projects/" role="search">
        <label>Project <input name="name" required maxlength="200" autocomplete="off" spellcheck="false" /></label>
        <button>Show its downloads</button>
      </form>
      ${total === 0 ? html`<p class="none">Nothing was downloaded in these days.</p>` : dayPlot('By day', days)}
      ${
        all.length === 0
          ? ''
          : html`<h2>On top</h2>
              ${table(
                'The most first',
                ['Project', 'Downloads', 'By day'],
                all.map(({ project, count, days: ofProject }) => [
                  html`<a href="projects/${project}?days=${days.length}">${project}</a>`,
                  count.toLocaleString('en'),
                  dayPlot(
                    project,
                    days.map(({ day }, i) => ({ day, count: ofProject[i] ?? 0 })),
                    { isPlain: true },
                  ),
                ]),
              )}`
      }
      <h2>Whose downloads these are</h2>
      ${
        peers.length === 0
          ? html`<p class="none">Those of this server. The rules name no peers.</p>`
          : table(
              'This server, and its peers',
              ['Peer', 'How it is', 'Days', 'Read last'],
              peers.map(({ peer, standing }) => [
                foreign(peer),
                standingOf(standing),
                (standing?.days ?? 0).toLocaleString('en'),
                standing?.answeredAt === undefined ? 'never' : moment(standing.answeredAt),
              ]),
            )
      }
      <p class="small soft">
        For programs: <a href="days/">days</a> and <a href="months/">months</a> of all, and
        <a href="../local-stats/days/">days</a> of this server alone. What private upstreams gave is here, and not in
        those.
      </p>`,
  )
}

function standingOf(standing: PeerStanding | undefined): Html {
  if (standing === undefined) return state('not read yet', 'soft')
  if (standing.failure === undefined) return state('answers', 'good')
  return html`${state('failed last', 'bad')} ${foreign(standing.failure)}; what it said before still counts`
}
