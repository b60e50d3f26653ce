/** The files of a merged page, case by case: which upstream each comes from, what rules hide, what conflicts. */
import { atOnce } from '../../src/pace/steps.ts'
import { decide } from '../../src/merge/decide.ts'
import { NO_FACTS } from '../../src/merge/facts.ts'
import { merge } from '../../src/merge/merge.ts'
import { planFor } from '../../src/merge/plan.ts'
import type { Strategy } from '../../src/merge/policy.ts'
import type { ProjectDetail } from '../../src/simple/model.ts'
import { file, mergeFacts, page, sha } from '../support/build.ts'
import { LETTERS, type PageCases, combinations } from './cases.ts'
import { PROJECT, accepted, defaultIndex } from './rules.ts'

const FILENAMES = [
  'pkg-1.0.tar.gz',
  'pkg-1.0.0-py3-none-any.whl',
  'pkg-1.0+cpu-py3-none-any.whl',
  'pkg-2.0.tar.gz',
] as const

export function* pageRecords({ strategies, hide, hashes }: PageCases): Generator<Buffer> {
  const listings = [...combinations<string[]>(...hashes)]
  const pages = Object.fromEntries(
    LETTERS.map((letter) => [letter, listings.map((listing) => pageOf(letter, listing))]),
  )
  const { a = [], b = [], c = [] } = pages
  for (const [strategy, hiding] of combinations<[Strategy, string]>(strategies, hide)) {
    const mergeOf = mergingWith(strategy, hiding)
    for (const ofA of a) for (const ofB of b) for (const ofC of c) yield mergeOf(ofA, ofB, ofC)
  }
}

function pageOf(letter: string, listing: readonly string[]): ProjectDetail {
  const files = FILENAMES.flatMap((filename, at) =>
    listing[at] === '-' ? [] : [file(letter, filename, { hashes: { sha256: sha(`${filename} ${listing[at]}`) } })],
  )
  return page(letter, PROJECT, files)
}

const HIDING: Readonly<Record<string, object>> = {
  nothing: {},
  versions: { versions: '!=1.0' },
  files: { files: ['!*.whl'] },
}

function mergingWith(strategy: Strategy, hiding: string): (...pages: ProjectDetail[]) => Buffer {
  const config = accepted({
    upstreams: Object.fromEntries(LETTERS.map((letter) => [letter, { url: `https://${letter}.example/simple/` }])),
    indexes: { default: { upstreams: LETTERS, rules: [{ projects: ['*'], strategy, ...HIDING[hiding] }] } },
  })
  if (config === undefined) throw new Error('These rules are right')
  const { policy } = config
  const plan = planFor(policy, defaultIndex(config), PROJECT, NO_FACTS)
  if (plan.kind !== 'ask') throw new Error('Nobody owns the name')
  return (...pages) => {
    const outcomes = new Map(LETTERS.flatMap((letter, at) => presentIf(letter, pages[at])))
    const decision = decide(plan, outcomes, policy.upstreams)
    if (decision.kind !== 'page') throw new Error('Everybody has it')
    const { page, hidden } = atOnce(merge(plan, decision.parts, policy.upstreams, mergeFacts()))
    const servedFrom = FILENAMES.map((filename) => {
      const served = page.files.filter((each) => each.filename === filename)
      if (served.length > 1) throw new Error(`${filename} is served twice`)
      return LETTERS.findIndex((letter) => letter === served[0]?.upstream) + 1
    })
    const marksOf = (isMarked: (each: (typeof hidden)[number]) => boolean) =>
      FILENAMES.map((filename) => hidden.some((each) => each.file.filename === filename && isMarked(each)))
    const marks = [
      ...marksOf(({ verdict }) => verdict.kind !== 'outranked'),
      ...marksOf(({ verdict }) => verdict.kind === 'outranked' && verdict.conflict),
    ]
    return Buffer.from([
      servedFrom.reduce((digits, place) => digits * 4 + place, 0),
      marks.reduce((bits, mark, at) => bits | (Number(mark) << at), 0),
      0,
    ])
  }
}

function presentIf(letter: string, page: ProjectDetail | undefined) {
  return page === undefined ? [] : [[letter, { kind: 'present', page } as const] as const]
}
