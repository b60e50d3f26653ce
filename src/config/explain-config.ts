/** What a rules file means, in plain words, for somebody who never saw it: what `unidex check` prints. */
import { BUILT_IN } from './built-in.ts'
import type { IndexPolicy } from '../merge/policy.ts'
import type { Config } from './config.ts'
import { sayDuration } from '../simple/duration.ts'
import { explainRoute, explainRule } from './explain-rule.ts'
import { all } from './fault.ts'
import { explainUpstream } from './explain-upstream.ts'

/** A part of what the rules mean. */
export interface ExplainedSection {
  readonly title: string
  readonly sentences: readonly string[]
}

/** Several lines, the last one ended. */
export function explainConfig(config: Config): string {
  const { title, sections } = configInWords(config)
  return [`${title}\n`, ...sections.map(section)].join('\n')
}

/** Secrets are named by where they come from, and never shown. */
export function configInWords(config: Config): {
  readonly title: string
  readonly sections: readonly ExplainedSection[]
} {
  const { source, upstreams, policy, warnings } = config
  const title =
    source === BUILT_IN ? 'There is no rules file: the built-in rules hold.' : `${source} is right. It means:`
  return {
    title,
    sections: [
      ...Array.from(upstreams.values(), (each) => ({
        title: `Upstream ${each.name}, ${each.url}`,
        sentences: explainUpstream(each),
      })),
      ...Array.from(policy.indexes.values(), (each) => ({
        title: titleOf(each),
        sentences: explainIndex(config, each),
      })),
      { title: 'Everywhere', sentences: explainServer(config) },
      ...(warnings.length === 0 ? [] : [{ title: 'Mind', sentences: warnings }]),
    ],
  }
}

function section({ title, sentences }: ExplainedSection): string {
  return `${title}\n${sentences.map((sentence) => `  ${sentence}\n`).join('')}`
}

function titleOf({ name }: IndexPolicy): string {
  return `Index ${name}, served at /${name === 'default' ? '' : `${name}/`}simple/`
}

function explainIndex({ upstreams, openIndexes, expectations }: Config, index: IndexPolicy): string[] {
  const isAsked = (name: string) => index.upstreams.includes(name)
  const withheld = [...upstreams.values()].filter(({ name, owns }) => owns.length > 0 && !isAsked(name))
  const expected = expectations.filter((expectation) => expectation.index === index.name)
  return [
    explainRoute(index.upstreams, upstreams),
    ...withheld.map(({ name, owns }) => {
      return `${all(owns.map(({ text }) => text))}: not here, since ${name} owns them and is not asked, unless a rule asks it.`
    }),
    ...(index.rules.length === 0 ? [] : [RULES]),
    ...index.rules.map((rule) => explainRule(rule, upstreams)),
    ...expected.map(
      ({ project, upstream }) => `Expected, as far as upstreams agree: ${project} comes from ${upstream}.`,
    ),
    ...(openIndexes.has(index.name) ? ['Anyone who reaches the server may read this index.'] : []),
  ]
}

const RULES =
  'Some projects are treated otherwise; for each setting, the first line that is for the project and says it decides:'

function explainServer({ hosts, servedAt, peers, staleForMs }: Config): string[] {
  return [
    `While a public upstream fails, pages of it that were kept are served for ${sayDuration(staleForMs)}.`,
    ...(hosts.length === 0 ? [] : [`Beside the loopback, the server answers as ${all(hosts)}.`]),
    ...(servedAt === undefined ? [] : [`Clients reach the server at ${servedAt}.`]),
    ...(peers.length === 0
      ? []
      : [`Download counts at /stats/ are the sum of ours and those of ${all(peers)}, which are read once an hour.`]),
  ]
}
