/** Bars over time as SVG that stretches with the page: its words stand beside it, where they stay legible on a phone. */
import { html } from 'hono/html'
import type { Html } from './layout.ts'

export interface Bars {
  /** What somebody hears who does not see it. */
  readonly label: string
  /** From the left; the parts of one bar stand on each other. `kind` is a class of the style sheet. */
  readonly bars: readonly (readonly { readonly kind: 'served' | 'hidden' | 'failed'; readonly height: number }[])[]
  /** Where a dashed line stands, from 0 (left) to 1. */
  readonly edge?: number
  readonly isLow?: boolean
}

const HEIGHT = 100
/** The highest bar leaves a little room above it. */
const HIGHEST = 92
const WIDTH = 10

export function barPlot({ label, bars, edge, isLow = false }: Bars): Html {
  const most = Math.max(...bars.map((parts) => parts.reduce((sum, { height }) => sum + height, 0)), 1e-9)
  const x = (edge ?? 0) * bars.length * WIDTH
  return html`<svg
    class="${isLow ? 'low' : 'high'}"
    role="img"
    aria-label="${label}"
    viewBox="0 0 ${bars.length * WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
  >
    ${bars.flatMap((parts, i) => {
      let top = HEIGHT
      return parts
        .filter(({ height }) => height > 0)
        .map(({ kind, height }) => {
          const tall = Math.max((height / most) * HIGHEST, 3)
          top -= tall
          return html`<rect
            class="${kind}"
            x="${i * WIDTH + 1}"
            y="${top.toFixed(1)}"
            width="${WIDTH - 2}"
            height="${tall.toFixed(1)}"
          />`
        })
    })}${edge === undefined ? '' : html`<line class="edge" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="0" y2="${HEIGHT}" />`}
  </svg>`
}
