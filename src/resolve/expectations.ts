/** Whether projects come from where an operator expects them: what the rules leave open, upstreams decide. */
import { UpstreamError } from '../indexes/contract.ts'
import type { Place } from '../merge/policy.ts'
import type { ProjectName } from '../simple/name.ts'
import { sayAbsent } from './absence.ts'
import type { Resolution, Resolver } from './resolution.ts'

export interface Expectation {
  readonly index: string
  readonly project: ProjectName
  readonly upstream: string
  readonly place: Place
}

/** Sentences with the file and the line. */
export interface Judgement {
  readonly broken: readonly string[]
  /** An upstream could not say: nothing speaks against them. */
  readonly unsure: readonly string[]
}

/** Projects that are asked for at once. */
const AT_ONCE = 8

/** Asks as a client would. An upstream that fails breaks no expectation: a server must be able to take new rules meanwhile. */
export async function judgeExpectations(
  resolver: Pick<Resolver, 'resolve'>,
  expectations: readonly Expectation[],
): Promise<Judgement> {
  const broken: string[] = []
  const unsure: string[] = []
  const left = [...expectations]

  async function judgeNext(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { index, project, upstream, place } = next
      const expected = `${place.file}:${place.line}:${place.column}: "${project}" is expected from "${upstream}"`
      try {
        const found = notFrom(upstream, await resolver.resolve(index, project))
        if (found !== undefined) broken.push(`${expected}, and ${found}`)
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error
        unsure.push(`${expected}, and upstream "${error.upstream}" cannot say (${error.message})`)
      }
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, judgeNext))
  return { broken, unsure }
}

/** What is so instead; undefined where it comes from there and nowhere else. */
function notFrom(upstream: string, resolution: Resolution): string | undefined {
  if (resolution.kind === 'absent') return `nobody gives it: ${sayAbsent(resolution)}`
  if (resolution.kind === 'denied') return `it is denied: ${resolution.reason}`
  const { files } = resolution.page
  if (files.length === 0) return `no file of it is served, ${resolution.hidden.length} are hidden`
  const others = [...new Set(files.map((file) => file.upstream).filter((each) => each !== upstream))]
  return others.length === 0 ? undefined : `${others.map((each) => `"${each}"`).join(' and ')} would give it`
}
