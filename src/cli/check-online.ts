/** `unidex check --online`: asks every upstream what it can do, and whether projects come from where they are expected. */
import { randomBytes } from 'node:crypto'
import { type Survey, surveyUpstream } from '../assembly/survey.ts'
import type { Config, UpstreamConfig } from '../config/config.ts'
import { type Judgement, judgeExpectations } from '../resolve/expectations.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import { openDataToLook } from './data-to-look.ts'
import { type Remark, remarksOn } from './survey-words.ts'
import { type Terminal, coloured, lines } from './terminal.ts'
import { unidexToAsk } from './unidex-to-ask.ts'
import { version } from './version.ts'

/** For all questions to one upstream, and for all that is expected, in ms. */
const WITHIN_MS = 30_000
const CLOSE_WITHIN_MS = 100

export interface OnlineOptions {
  readonly data: string | undefined
  readonly terminal: Terminal
}

/**
 * Prints a table for each upstream. 0: all can be used. 1: one cannot. 2: an expectation is broken, so that a running server
 * would refuse these rules. @throws StateError, RefusedError
 */
export async function checkOnline(config: Config, { data, terminal }: OnlineOptions): Promise<0 | 1 | 2> {
  const upstreams = [...config.upstreams.values()]
  const [surveys, { broken, unsure }] = await Promise.all([
    Promise.all(upstreams.map((upstream) => surveyOf(upstream, config))),
    judged(config, data),
  ])
  let isUsable = true
  for (const [at, upstream] of upstreams.entries()) {
    const survey = surveys[at]
    if (survey === undefined) continue
    const remarks = remarksOn(upstream, survey)
    if (remarks.some(({ level }) => level === 'broken')) isUsable = false
    process.stdout.write(`\n${tableText(upstream, { survey, remarks, terminal })}`)
  }
  for (const [sentences, colour] of [
    [broken, 'red'],
    [unsure, 'yellow'],
  ] as const) {
    for (const sentence of sentences) {
      process.stdout.write(
        `\n${lines(sentence, 2, terminal)
          .map((line) => coloured(line, colour, terminal))
          .join('\n')}\n`,
      )
    }
  }
  return broken.length > 0 ? 2 : isUsable ? 0 : 1
}

function surveyOf(upstream: UpstreamConfig, config: Config): Promise<Survey> {
  const { name, owns, private: isPrivate } = upstream
  // A name is asked only where the rules say that it belongs.
  const expected = config.expectations.filter((each) => each.upstream === name).map(({ project }) => project)
  const owned = owns.filter(({ literal }) => literal).map(({ text }) => text)
  const names = [...expected, ...owned, ...(isPrivate ? [] : ['pip'])]
  return surveyUpstream(upstream, {
    candidates: names.flatMap((each) => parseName(each) ?? []),
    unknown: nameOfNobody(),
    environment: process.env,
    userAgent: `unidex/${version}`,
    withinMs: WITHIN_MS,
  })
}

function nameOfNobody(): ProjectName {
  const name = parseName(`no-such-project-${randomBytes(8).toString('hex')}`)
  if (name === undefined) throw new Error('A name of letters and digits is one')
  return name
}

async function judged(config: Config, folder: string | undefined): Promise<Judgement> {
  if (config.expectations.length === 0) return { broken: [], unsure: [] }
  const data = await openDataToLook(folder, process.env)
  const unidex = unidexToAsk({ config, ...data, offline: false })
  const timer = setTimeout(() => void unidex.close(0), WITHIN_MS)
  try {
    await unidex.listsRead()
    return await judgeExpectations(unidex.current().resolver, config.expectations)
  } finally {
    clearTimeout(timer)
    await unidex.close(CLOSE_WITHIN_MS)
    await data.close()
  }
}

const SIGNS = { fine: ' ', mind: '!', broken: '✗' } as const
const COLOURS = { fine: undefined, mind: 'yellow', broken: 'red' } as const
/** Where the sentences begin. */
const COLUMN = 18

function tableText(
  { name, url }: UpstreamConfig,
  {
    survey,
    remarks,
    terminal,
  }: { readonly survey: Survey; readonly remarks: readonly Remark[]; readonly terminal: Terminal },
): string {
  const by = survey.tried === undefined ? '' : `, as ${survey.tried.page.name} shows`
  const out = lines(`Upstream ${name}, ${url}${by}`, 0, terminal)
  for (const { topic, level, text } of remarks) {
    const [first = '', ...rest] = lines(text, COLUMN, terminal)
    const line = `  ${SIGNS[level]} ${topic.padEnd(COLUMN - 4)}${first}`
    out.push(...[line, ...rest].map((each) => coloured(each, COLOURS[level], terminal)))
  }
  return `${out.join('\n')}\n`
}
