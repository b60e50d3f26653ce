/** The front page: what to tell a client, how the upstreams are, and what somebody should look at. */
import { html } from 'hono/html'
import type { Notice, RecentUpstream } from '../log/recent.ts'
import { barPlot } from './bars.ts'
import { foreign } from './foreign-text.ts'
import { type Html, counted, layout, moment, state, table } from './layout.ts'

export interface FrontPage {
  /** Scheme, host and port under which the page was asked for. */
  readonly origin: string
  readonly indexes: readonly string[]
  readonly upstreams: readonly FrontUpstream[]
  /** undefined: it was not asked since the start. */
  recentOf(upstream: string): RecentUpstream | undefined
  /** Newest first. */
  readonly notices: readonly Notice[]
  /** ms since the epoch. */
  readonly now: number
}

export interface FrontUpstream {
  readonly name: string
  readonly host: string
  readonly private: boolean
  /** In the order in which they are asked. Empty: it has one. */
  readonly mirrors: readonly FrontMirror[]
}

/** One of several addresses of an upstream. */
export interface FrontMirror {
  readonly label: string
  readonly isOwn: boolean
  readonly isListed: boolean
  readonly state: 'ready' | 'behind' | 'down'
  readonly why?: string
  /** undefined: nobody asked it yet. */
  readonly latencyMs?: number
}

export function frontPage({ origin, indexes, upstreams, recentOf, notices, now }: FrontPage): Html {
  const stale = notices.filter(isStale)
  const withheld = notices.filter((notice) => !isStale(notice))
  return layout(
    { title: 'Unidex', root: '' },
    html`<h1>One index out of many</h1>
      <p class="lead">Give your client one of these addresses, and no second index beside it.</p>
      ${searchForm(indexes)}
      <h2 id="indexes">Indexes</h2>
      <div class="cards">
        ${indexes.map((index) => indexCard(index, `${origin}${index === 'default' ? '' : `/${index}`}/simple/`))}
      </div>
      <h2 id="upstreams">Upstreams</h2>
      <div class="cards">${upstreams.map((upstream) => upstreamCard(upstream, recentOf(upstream.name), now))}</div>
      <h2 id="withheld">Withheld or in conflict, since the start</h2>
      ${noticeTable('Newest first', withheld, 'No name was held, no file was in conflict.')}
      <h2 id="stale">Served although an upstream could not say, since the start</h2>
      ${noticeTable('Newest first', stale, 'Every answer was confirmed by its upstreams.')}`,
  )
}

function searchForm(indexes: readonly string[]): Html {
  return html`<form method="get" action="projects/" role="search">
    <label>Project <input name="name" required maxlength="200" autocomplete="off" spellcheck="false" /></label>
    ${
      indexes.length < 2
        ? ''
        : html`<label
            >Index
            <select name="index">
              ${indexes.map((index) => html`<option>${index}</option>`)}
            </select></label
          >`
    }
    <button>Explain it</button>
  </form>`
}

function indexCard(index: string, url: string): Html {
  const sources: readonly (readonly [string, string])[] = [
    ['uv, in pyproject.toml', `[[tool.uv.index]]\nname = "unidex"\nurl = "${url}"\ndefault = true`],
    ['Poetry, in pyproject.toml', `[[tool.poetry.source]]\nname = "unidex"\nurl = "${url}"\npriority = "primary"`],
    ['PDM, in pyproject.toml', `[[tool.pdm.source]]\nname = "pypi"\nurl = "${url}"`],
    ['pipenv, in Pipfile', `[[source]]\nname = "unidex"\nurl = "${url}"\nverify_ssl = true`],
  ]
  return html`<section class="card">
    <h3>${index}</h3>
    <p><a href="${index === 'default' ? '' : `${index}/`}simple/">${url}</a></p>
    <p class="small soft">pip, run once; pip-tools, tox, nox, hatch and pipx follow it</p>
    ${lines(`pip config set global.index-url ${url}`, `pip for ${index}`)}
    ${sources.map(
      ([who, text]) =>
        html`<details>
          <summary>${who}</summary>
          ${lines(text, `${who}, for ${index}`)}
        </details>`,
    )}
  </section>`
}

/** Scrolls where it is too wide, so the keyboard must reach it. */
function lines(text: string, label: string): Html {
  return html`<pre tabindex="0" role="region" aria-label="${label}"><code>${text}</code></pre>`
}

function upstreamCard(
  { name, host, private: isPrivate, mirrors }: FrontUpstream,
  recent: RecentUpstream | undefined,
  now: number,
): Html {
  const { lastFailure, lastAnswerAt } = recent ?? {}
  return html`<section class="card">
    <div class="top">
      <h3>${name}</h3>
      ${healthOf(recent)}
    </div>
    <p class="small soft">${isPrivate ? 'private' : 'public'}, at ${foreign(host)}</p>
    ${
      recent === undefined || recent.minutes.length === 0
        ? html`<p class="small soft">It was not asked in the last hour.</p>`
        : latencyPlot(name, recent, now)
    }
    ${mirrors.length === 0 ? '' : mirrorList(mirrors)}
    <dl>
      <dt>Last answer</dt>
      <dd>${lastAnswerAt === undefined ? 'none since the start' : moment(lastAnswerAt)}</dd>
      <dt>Last failure</dt>
      <dd>
        ${
          lastFailure === undefined
            ? 'none since the start'
            : html`${moment(lastFailure.at)}, ${foreign(lastFailure.reason)}`
        }
      </dd>
      <dt>Breaker</dt>
      <dd>
        ${recent?.leftAlone ? 'open: it is asked only now and then' : 'closed: it is asked whenever it is needed'}
      </dd>
    </dl>
  </section>`
}

function mirrorList(mirrors: readonly FrontMirror[]): Html {
  return html`<details open>
    <summary>${counted(mirrors.length, 'address', 'addresses')}, in the order in which they are asked</summary>
    <ol class="small">
      ${mirrors.map(({ label, isOwn, isListed, state: stands, why, latencyMs }) => {
        const ms = latencyMs === undefined ? 'not asked yet' : `${Math.round(latencyMs).toLocaleString('en')} ms`
        const whose = isOwn ? ', its own address' : isListed ? ', from a list' : ''
        return html`<li>
          ${state(stands, STANDS[stands])} ${foreign(label)}${whose}:
          ${ms}${why === undefined ? '' : html`; ${foreign(why)}`}
        </li>`
      })}
    </ol>
  </details>`
}

const STANDS = { ready: 'good', behind: 'warn', down: 'bad' } as const

function healthOf(recent: RecentUpstream | undefined): Html {
  if (recent === undefined || recent.minutes.length === 0) return state('not asked lately', 'soft')
  if (recent.leftAlone) return state('down, left alone', 'bad')
  if ((recent.lastFailure?.at ?? 0) > (recent.lastAnswerAt ?? 0)) return state('failed last', 'bad')
  return recent.minutes.some(({ failed }) => failed > 0)
    ? state('answers, failed lately', 'warn')
    : state('answers', 'good')
}

function latencyPlot(name: string, { minutes }: RecentUpstream, now: number): Html {
  const first = Math.floor(now / 60_000) - 59
  const known = new Map(minutes.map((each) => [each.minute, each]))
  const means = minutes.map(({ ms, asked }) => ms / asked)
  const slowest = Math.max(...means, 0)
  const asked = minutes.reduce((sum, each) => sum + each.asked, 0)
  const failed = minutes.reduce((sum, each) => sum + each.failed, 0)
  const all = minutes.reduce((sum, each) => sum + each.ms, 0)
  const said = `${counted(asked, 'question')}, ${failed === 0 ? 'none failed' : `${failed.toLocaleString('en')} failed`}; ${Math.round(all / asked)} ms on average, ${Math.round(slowest)} ms in the slowest minute`
  const bars = Array.from({ length: 60 }, (_, i) => {
    const minute = known.get(first + i)
    if (minute === undefined) return []
    // A failure may have taken no time; it must be seen nevertheless.
    const height = Math.max(minute.ms / minute.asked, slowest / 12, 1)
    const part = minute.failed / minute.asked
    return [
      { kind: 'served' as const, height: height * (1 - part) },
      { kind: 'failed' as const, height: height * part },
    ]
  })
  return html`<figure>
    ${barPlot({ label: `Latency of ${name} in each minute of the last hour. ${said}`, bars, isLow: true })}
    <div class="ends"><span>an hour ago</span><span>now</span></div>
    <figcaption>${said}</figcaption>
  </figure>`
}

const MEANING: Readonly<Record<string, string>> = {
  name_held: 'Name held: its owner is not among the upstreams of the index',
  names_held: 'Names held: the rules no longer have their upstream',
  owner_absent: 'Its owner no longer has it; nobody else is asked',
  hash_conflict: 'Two upstreams have other content under this name; the higher one is served',
  hash_changed: 'Withheld: its hash has changed since it was delivered',
  private_is_public_copy: 'It has PyPI in it: nothing that it lists or gives is its own',
  private_has_public_names: 'It has well-known public names, and owns them',
  mirror_conflict: 'Mirrors contradict each other; nobody gets it until their upstream can be asked',
  mirror_overruled: 'A mirror says otherwise than its upstream, and does not count',
  mirror_wrong_file: 'A mirror gave other bytes; they were asked for elsewhere',
  served_stale: 'Served as it was kept',
  served_partial: 'Served without this optional upstream',
}

function isStale({ event }: Notice): boolean {
  return event.startsWith('served_')
}

function noticeTable(caption: string, notices: readonly Notice[], none: string): Html {
  if (notices.length === 0) return html`<p class="none">${none}</p>`
  return table(
    caption,
    ['What', 'Upstream', 'Meaning', 'Times', 'Last'],
    notices.map(({ event, subject, upstream, reason, count, lastAt }) => [
      event === 'mirror_wrong_file' || event === 'hash_conflict' || event === 'hash_changed' || subject === ''
        ? html`<span class="file">${foreign(subject || 'the upstream')}</span>`
        : html`<a href="projects/${encodeURIComponent(subject)}">${foreign(subject)}</a>`,
      foreign(upstream),
      html`${MEANING[event] ?? event}${reason === '' || event.startsWith('names_') ? '' : html` (${foreign(reason)})`}`,
      count.toLocaleString('en'),
      moment(lastAt),
    ]),
  )
}
