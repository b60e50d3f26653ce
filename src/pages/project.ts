/** The page of a project: what a client gets, who said what, and for every file why it is served or hidden. */
import { html } from 'hono/html'
import type { ExplainedFile, ExplainedUpstream, Explanation } from '../resolve/explanation.ts'
import { foreign } from './foreign-text.ts'
import { type Html, counted, layout, moment, state, table } from './layout.ts'
import type { Filter, ProjectView, VersionGroup } from './project-view.ts'
import { releasePlots } from './release-plots.ts'

export interface ProjectPage {
  readonly explanation: Explanation
  readonly view: ProjectView
  /** From the page to the root of the server. */
  readonly root: string
  /** ms since the epoch. */
  readonly now: number
}

export function projectPage({ explanation, view, root, now }: ProjectPage): Html {
  const { project, index, asOf, summary, until, owner, settings, upstreams, files } = explanation
  return layout(
    { title: `${project} in ${index} – Unidex`, root },
    html`<div class="top">
        <h1>${project}</h1>
        ${outcomeOf(explanation)}
      </div>
      <p class="small"><a href="${root}stats/projects/${project}">Its downloads</a></p>
      <p class="soft">
        In the index
        ${index}${asOf === undefined ? '' : html`, as it stood at ${moment(asOf)}`}${
          until === undefined
            ? ''
            : html`; unchanged until ${moment(until)}, unless somebody publishes or the rules change`
        }
      </p>
      <p class="lead">${foreign(summary)}.</p>
      ${owner === undefined ? '' : html`<p>${foreign(owner.why)}.</p>`}
      <h2>Who was asked</h2>
      ${table(
        'In the order in which they count',
        ['Upstream', 'Said', 'Why'],
        upstreams.map((each) => [html`<strong>${each.upstream}</strong>`, saidBy(each), whyOf(each)]),
      )}
      <h2>Settings of rules</h2>
      ${
        settings.length === 0
          ? html`<p class="none">No rule is about this project; everything has its default.</p>`
          : table(
              'Each from the first rule that names it',
              ['Setting', 'Value', 'Where'],
              settings.map(({ setting, value, place }) => [
                setting,
                foreign(value),
                html`<code>${place.file}:${place.line}</code>`,
              ]),
            )
      }
      ${files.length === 0 ? '' : filesOf(explanation, view, now)}`,
  )
}

function outcomeOf({ outcome, files }: Explanation): Html {
  switch (outcome) {
    case 'served':
      return files.some(({ served }) => served) ? state('served', 'good') : state('served, without files', 'warn')
    case 'absent':
      return state('not here', 'warn')
    case 'denied':
      return state('withheld', 'bad')
    case 'failed':
      return state('cannot be said now', 'bad')
    default:
      return outcome satisfies never
  }
}

const SAID: Readonly<Record<ExplainedUpstream['said'], readonly [string, 'good' | 'warn' | 'bad' | 'soft']>> = {
  page: ['has it', 'good'],
  absent: ['does not have it', 'soft'],
  'listed-absent': ['not on its list', 'warn'],
  failed: ['cannot say', 'bad'],
  'not-asked': ['not asked', 'soft'],
  'not-needed': ['not needed', 'soft'],
}

function saidBy({ said }: ExplainedUpstream): Html {
  return state(...SAID[said])
}

function whyOf({ why, dropped = [] }: ExplainedUpstream): Html {
  return html`${foreign(why)}${
    dropped.length === 0
      ? ''
      : html`<details>
          <summary>Entries that could not be read</summary>
          <ul class="in">
            ${dropped.map((entry) => html`<li><span class="file">${foreign(entry.what)}</span>: ${foreign(entry.why)}</li>`)}
          </ul>
        </details>`
  }`
}

function filesOf(explanation: Explanation, view: ProjectView, now: number): Html {
  const { filter, groups, parts, found } = view
  const total = explanation.files.length
  const isFiltered = filter.text !== '' || filter.upstream !== '' || filter.show !== 'all'
  return html`<h2>Releases</h2>
    ${releasePlots(explanation, view.releases, now)}
    <h2 id="files">Files</h2>
    ${filterForm(explanation, filter)}
    <p class="soft">
      ${isFiltered ? `${counted(found, 'file')} of ${total.toLocaleString('en')}` : counted(total, 'file')}, newest
      version first${parts > 1 ? `, part ${filter.part} of ${parts}` : ''}.
      ${isFiltered ? html`<a href="?#files">Show all</a>` : ''}
    </p>
    ${groups.map((group, i) => versionOf(group, i === 0 || (isFiltered && found <= 50)))}
    ${
      parts > 1
        ? html`<nav class="pages" aria-label="Parts of the files">
            ${filter.part > 1 ? html`<a href="${partUrl(filter, filter.part - 1)}" rel="prev">Newer versions</a>` : ''}
            ${filter.part < parts ? html`<a href="${partUrl(filter, filter.part + 1)}" rel="next">Older versions</a>` : ''}
          </nav>`
        : ''
    }`
}

function filterForm({ files }: Explanation, filter: Filter): Html {
  const upstreams = [...new Set(files.map(({ upstream }) => upstream))]
  const option = (value: string, label: string, chosen: string) =>
    html`<option value="${value}" ${value === chosen ? html` selected` : ''}>${label}</option>`
  return html`<form method="get" action="#files">
    <label>Filename has <input name="text" value="${filter.text}" maxlength="200" spellcheck="false" /></label>
    <label
      >Upstream
      <select name="upstream">
        ${option('', 'all', filter.upstream)}${upstreams.map((each) => option(each, each, filter.upstream))}
      </select></label
    >
    <label
      >Show
      <select name="show">
        ${(['all', 'served', 'hidden'] as const).map((each) => option(each, each, filter.show))}
      </select></label
    >
    <button>Filter</button>
  </form>`
}

function partUrl({ text, upstream, show }: Filter, part: number): string {
  return `?${new URLSearchParams({ text, upstream, show, part: String(part) }).toString()}#files`
}

function versionOf({ version, files }: VersionGroup, isOpen: boolean): Html {
  const hidden = files.filter(({ served }) => !served).length
  const origins = [...new Set(files.filter(({ served }) => served).map(({ upstream }) => upstream))]
  const says =
    hidden === 0
      ? state('served', 'good')
      : hidden === files.length
        ? state('hidden', 'warn')
        : state(`${hidden} hidden`, 'warn')
  return html`<details${isOpen ? html` open` : ''}>
    <summary>
      <strong>${foreign(version)}</strong> ${says}
      <span class="small soft">
        ${counted(files.length, 'file')}${origins.length === 0 ? '' : ` from ${origins.join(' and ')}`}</span
      >
    </summary>
    <div class="in">
      ${table(
        `Files of version ${version}`,
        ['File', 'Verdict', 'Upstream', 'Size', 'Uploaded'],
        files.map((file) => [nameOf(file), verdictOf(file), file.upstream, sizeOf(file), uploadedAt(file)]),
      )}
    </div>
  </details>`
}

function nameOf({ filename, requiresPython, yanked }: ExplainedFile): Html {
  return html`<span class="file">${foreign(filename)}</span>
    <span class="small soft">
      ${requiresPython === undefined ? '' : html`Python ${foreign(requiresPython)}`}
      ${yanked === undefined ? '' : html`yanked${yanked === true || yanked === '' ? '' : html`: ${foreign(yanked)}`}`}
    </span>`
}

function verdictOf({ served, reason }: ExplainedFile): Html {
  if (served) return state('served', 'good')
  return html`${state('hidden', 'warn')} <span class="small">${foreign(reason ?? '')}</span>`
}

function sizeOf({ size }: ExplainedFile): string {
  if (size === undefined) return 'not said'
  if (size < 1000) return `${size} B`
  return size < 1_000_000 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`
}

function uploadedAt({ uploadTime, firstSeen }: ExplainedFile): Html | string {
  if (firstSeen !== undefined) {
    const at = Date.parse(firstSeen)
    return at === 0 ? 'not said; there since it was first looked for' : html`not said; first seen ${moment(at)}`
  }
  const ms = Date.parse(uploadTime ?? '')
  return Number.isNaN(ms) ? 'not said' : moment(ms)
}
