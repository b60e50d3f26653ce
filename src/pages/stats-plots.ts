/** Downloads over days as a plot, and the choice of how many days. */
import { html } from 'hono/html'
import { barPlot } from './bars.ts'
import { type Html, counted } from './layout.ts'

export interface DayCount {
  readonly day: string
  readonly count: number
}

/** More bars than that cannot be told apart on a phone: several days are then one. */
const MAX_BARS = 92

/** `isPlain`: low, and without words beside it, for a row of a table. */
export function dayPlot(title: string, days: readonly DayCount[], { isPlain = false } = {}): Html {
  const perBar = Math.ceil(days.length / MAX_BARS)
  const bars: { readonly kind: 'served'; readonly height: number }[][] = []
  for (let at = 0; at < days.length; at += perBar) {
    const height = days.slice(at, at + perBar).reduce((sum, { count }) => sum + count, 0)
    bars.push([{ kind: 'served', height }])
  }
  const total = days.reduce((sum, { count }) => sum + count, 0)
  const most = days.reduce((a, b) => (b.count > a.count ? b : a), { day: '', count: 0 })
  const said = `${counted(total, 'download')}, at most ${most.count.toLocaleString('en')} on ${most.day}`
  const plot = barPlot({ label: `${title}: ${said}`, bars, isLow: isPlain })
  if (isPlain) return plot
  return html`<figure>
    <figcaption>${title}: ${said}${perBar > 1 ? `; a bar is ${counted(perBar, 'day')}` : ''}</figcaption>
    ${plot}
    <div class="ends"><span>${days[0]?.day ?? ''}</span><span>${days.at(-1)?.day ?? ''}</span></div>
  </figure>`
}

const PERIODS = [7, 30, 90, 365]

export function periods(days: number): Html {
  return html`<p class="pages">
    ${PERIODS.map((each) => (each === days ? html`<strong>${each} days</strong>` : html`<a href="?days=${each}">${each} days</a>`))}
  </p>`
}
