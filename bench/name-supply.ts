/** Project names like those of a large public index, made up: the same ones each time. */

const WORDS =
  `api app async auth auto aws azure base bot cache cdk chat cli client cloud code common config connector core
  crypto csv data db deep demo django doc easy engine env event fast file flask flow form generator geo git google graph
  helper http image index json kit lab lang learn lib light linux llm load log mail manager map markdown math mcp meta micro
  mini ml model mongo multi net neural node odoo open orm parser path pdf pipe plugin proto proxy py pytest python query
  queue quick random react redis report rest robot rpc runner schema sdk search secure server service simple smart socket
  spark sql stats stream sync table task tensor test text time token tool torch trace type ui utils vector video view vision
  web widget wiki workflow wrapper xml yaml zip`.split(/\s+/)
const SYLLABLES =
  'ba bo ca co da de di do fa fi ga go ka ki ko la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to va vi xo ya za'.split(
    ' ',
  )

/** `count` different names, normalized, in no order. */
export function madeUpNames(count: number): string[] {
  const next = randomBelow(20_240_229)
  const pick = (from: readonly string[]) => from[next(from.length)] ?? ''
  const invented = () => Array.from({ length: 2 + next(3) }, () => pick(SYLLABLES)).join('')
  const names = new Set<string>()
  while (names.size < count) {
    const parts = Array.from({ length: 1 + next(3) }, () => (next(5) < 2 ? invented() : pick(WORDS)))
    names.add(parts.length === 1 ? `${parts[0]}${invented()}` : parts.join(next(4) === 0 ? '' : '-'))
  }
  return [...names]
}

/** Whole numbers below a limit, the same for the same seed (a linear congruential generator). */
function randomBelow(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}
