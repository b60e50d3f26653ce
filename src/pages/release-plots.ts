/** When a project released: all of its life, and the last month, where the edge of a cooldown can be seen. */
import { html } from 'hono/html'
import type { Explanation } from '../resolve/explanation.ts'
import { sayDuration } from '../simple/duration.ts'
import { barPlot } from './bars.ts'
import { type Html, counted, moment } from './layout.ts'
import type { Release } from './project-view.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const MONTH_MS = 30 * DAY_MS
const BARS = 60

/** What is younger is hidden. */
interface Edge {
  readonly at: number
  readonly why: string
}

export function releasePlots({ files, asOf }: Explanation, releases: readonly Release[], now: number): Html {
  if (releases.length === 0)
    return html`<p class="none">No file says when it was uploaded, so there is nothing to plot.</p>`
  const edge = edgeOf(files, asOf, now)
  const first = Math.min(...releases.map(({ at }) => at))
  const isLately = releases.some(({ at }) => at > now - MONTH_MS) && first < now - 2 * MONTH_MS
  return html`${plot('Since its first release', releases, { from: first, to: now, edge })}
    ${isLately ? plot('In the last 30 days', releases, { from: now - MONTH_MS, to: now, edge }) : ''}
    <p class="legend small soft">
      <span><span class="key served"></span>released, and served</span>
      <span><span class="key hidden"></span>released, and hidden whole</span>
      ${edge === undefined ? '' : html`<span><span class="key line"></span>${edge.why}, from ${moment(edge.at)} on</span>`}
    </p>`
}

function plot(
  title: string,
  releases: readonly Release[],
  { from, to, edge }: { readonly from: number; readonly to: number; readonly edge: Edge | undefined },
): Html {
  const span = Math.max(to - from, DAY_MS)
  const shown = releases.filter(({ at }) => at >= from && at <= from + span)
  const counts = Array.from({ length: BARS }, () => ({ served: 0, hidden: 0 }))
  for (const { at, served } of shown) {
    const bar = counts[Math.min(Math.floor(((at - from) / span) * BARS), BARS - 1)]
    if (bar !== undefined) bar[served ? 'served' : 'hidden'] += 1
  }
  const bars = counts.map(({ served, hidden }) => [
    { kind: 'served' as const, height: served },
    { kind: 'hidden' as const, height: hidden },
  ])
  const hidden = shown.filter(({ served }) => !served).length
  const said = `${counted(shown.length, 'release')}, ${hidden} of them hidden`
  const place = edge === undefined ? undefined : (edge.at - from) / span
  return html`<figure>
    <figcaption>${title}: ${said}</figcaption>
    ${barPlot({ label: `${title}: ${said}`, bars, ...(place !== undefined && place >= 0 && place <= 1 && { edge: place }) })}
    <div class="ends"><span>${moment(from)}</span><span>${moment(from + span)}</span></div>
  </figure>`
}

/** Taken from the verdicts, so that it is what was decided by. */
function edgeOf(files: Explanation['files'], asOf: number | undefined, now: number): Edge | undefined {
  if (asOf !== undefined) return { at: asOf, why: 'not part of this view' }
  for (const { verdict } of files) {
    if (verdict?.kind === 'cooldown')
      return { at: now - verdict.cooldownMs, why: `hidden by a cooldown of ${sayDuration(verdict.cooldownMs)}` }
    if (verdict?.kind === 'newer') return { at: verdict.than, why: 'hidden by excludeNewer' }
  }
  return undefined
}
