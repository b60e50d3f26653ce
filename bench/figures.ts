/** Measured values as rows of a table: median, spread, ratio to a baseline, and whether a goal is reached. */

/** One line of a report, as `--json` writes it. */
export interface Row {
  readonly topic: string
  readonly case: string
  readonly contender: string
  /** The median, in `unit`. */
  readonly value: number
  readonly unit: string
  /** Least and most of the rounds, in `unit`; one value where there was one round. */
  readonly spread: readonly number[]
  /** Who the ratio is to. */
  readonly baseline?: string | undefined
  readonly ratio?: number | undefined
  /**
   * "≤ 50 ms" is about the value, since it has the row's unit. "≥ 0.85" is about the ratio; in a row without a baseline
   * about the value as well. "≤ direct + 10 ms" is about what the value has more than the baseline "direct".
   */
  readonly goal?: string | undefined
}

export interface Measured {
  readonly topic: string
  readonly case: string
  readonly contender: string
  readonly unit: string
  /** One value a round. */
  readonly values: readonly number[]
  /** Measured in the same rounds. */
  readonly against?: { readonly name: string; readonly values: readonly number[] } | undefined
  readonly goal?: string | undefined
}

/** @throws where nothing was measured */
export function row({ values, against, goal, ...names }: Measured): Row {
  return {
    ...names,
    value: median(values),
    spread: spread(values),
    ...(against !== undefined && { baseline: against.name, ratio: ratio(values, against.values) }),
    ...(goal !== undefined && { goal }),
  }
}

/** @throws RangeError where there is no value */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1)
  if (middle.length === 0) throw new RangeError('There is no median of nothing')
  return middle.reduce((sum, each) => sum + each, 0) / middle.length
}

/**
 * The median of the rounds' ratios, since what disturbs a machine for a while disturbs the two of a round alike; of the
 * medians where the rounds do not pair up.
 */
export function ratio(values: readonly number[], baseline: readonly number[]): number {
  if (values.length !== baseline.length) return median(values) / median(baseline)
  return median(values.map((value, round) => value / (baseline[round] ?? Number.NaN)))
}

/** The least and the most; what was measured once has no spread, and is one value. */
export function spread(values: readonly number[]): number[] {
  return [...new Set([Math.min(...values), Math.max(...values)])]
}

/** For people: three digits that count, thousands apart. */
export function short(value: number): string {
  const rounded = Number(value.toPrecision(3))
  return (Math.abs(value) < 1000 ? rounded : Math.round(value)).toLocaleString('en', { maximumFractionDigits: 3 })
}

/** @returns undefined where there is no goal, or none that can be judged */
export function isReached(row: Row): boolean | undefined {
  const goal = readGoal(row)
  if (goal === undefined) return undefined
  const { sign, limit, figure } = goal
  if (sign === '≥') return figure >= limit
  if (sign === '≤') return figure <= limit
  return sign === '>' ? figure > limit : figure < limit
}

/** A goal's parts, and the figure that it is about. */
function readGoal({ goal = '', unit, value, baseline, ratio }: Row) {
  const [, sign = '', base, number = '', rest = ''] = /^([≥≤><]) (?:(.+) \+ )?([\d,.]+) ?(.*)$/.exec(goal) ?? []
  const isOfValue = baseline === undefined || rest === unit || rest.startsWith(`${unit} `)
  const more = ratio === undefined || base !== baseline ? undefined : value - value / ratio
  const figure = base !== undefined ? more : isOfValue ? value : ratio
  return sign === '' || figure === undefined ? undefined : { sign, limit: Number(number.replaceAll(',', '')), figure }
}

/** A Markdown table of rows. */
export function table(rows: readonly Row[]): string {
  return markdown(
    ['topic', 'case', 'contender', 'median', 'least–most', 'ratio', 'goal', 'reached'],
    rows.map((each) => [
      each.topic,
      each.case,
      each.contender,
      `${short(each.value)} ${each.unit}`,
      each.spread.length < 2 ? '' : each.spread.map(short).join('–'),
      each.ratio === undefined ? '' : `${short(each.ratio)} of ${each.baseline}`,
      each.goal ?? '',
      yesOrNo(isReached(each)),
    ]),
  )
}

/** One line for each goal: how many of its rows reach it, and the one that comes off worst. */
export function summary(rows: readonly Row[]): string {
  const judged = rows.filter((each) => isReached(each) !== undefined)
  const goals = Map.groupBy(judged, ({ topic, contender, baseline, goal }) =>
    JSON.stringify([topic, contender, baseline, goal]),
  )
  return markdown(
    ['topic', 'contender', 'goal', 'reached', 'worst case', 'figure'],
    [...goals.values()].map((group) => {
      const worst = group.toSorted(byGoal)[0] as Row
      const reached = group.filter(isReached).length
      return [
        worst.topic,
        worst.contender,
        `${worst.goal}${worst.baseline === undefined ? '' : ` of ${worst.baseline}`}`,
        reached === group.length ? 'yes' : `${reached} of ${group.length}`,
        worst.case,
        `${short(worst.value)} ${worst.unit}${worst.ratio === undefined ? '' : `, ${short(worst.ratio)}`}`,
      ]
    }),
  )
}

/** Of rows with the same goal, the furthest from it first. */
function byGoal(one: Row, other: Row): number {
  const [a, b] = [readGoal(one), readGoal(other)]
  const more = (a?.figure ?? 0) - (b?.figure ?? 0)
  return a?.sign === '≥' || a?.sign === '>' ? more : -more
}

function yesOrNo(reached: boolean | undefined): string {
  if (reached === undefined) return ''
  return reached ? 'yes' : '**no**'
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n')
}
