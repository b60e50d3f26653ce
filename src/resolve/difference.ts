/** What differs between two explanations of one project, in sentences: for whoever changes the rules. */
import type { ExplainedFile, Explanation } from './explanation.ts'

/** Names that are shown of many. */
const NAMES = 3

/** Nothing where clients get the same. Both explanations are of the same project and index, and neither has failed. */
export function difference(before: Explanation, after: Explanation): string[] {
  return [
    ...ofOwners(before, after),
    ...(before.outcome === after.outcome ? [] : [ofOutcomes(before, after)]),
    ...ofFiles(before, after),
  ]
}

function ofOwners({ owner: before }: Explanation, { owner: after }: Explanation): string[] {
  if (before?.upstream === after?.upstream) return []
  if (after === undefined) return [`belongs to nobody any more; it was ${before?.upstream}'s`]
  return [`belongs to ${after.upstream} now, and before to ${before?.upstream ?? 'nobody'}`]
}

function ofOutcomes(before: Explanation, after: Explanation): string {
  if (after.outcome === 'served') return `has a page now; before: ${before.summary}`
  return `${before.outcome === 'served' ? 'is not served any more' : 'is still not served'}: ${after.summary}`
}

function ofFiles(before: Explanation, after: Explanation): string[] {
  const [old, now] = [originsOf(before), originsOf(after)]
  const explained = new Map(after.files.map((file) => [`${file.upstream} ${file.filename}`, file]))
  const groups = new Map<string, { say: (names: string) => string; names: string[] }>()
  const add = (key: string, name: string, say: (names: string) => string) => {
    const group = groups.get(key) ?? { say, names: [] }
    groups.set(key, group)
    group.names.push(name)
  }
  for (const [filename, from] of old) {
    const to = now.get(filename)
    if (to === from) continue
    if (to !== undefined) {
      add(`moved ${from} ${to}`, filename, (names) => `comes from ${to} instead of ${from}: ${names}`)
      continue
    }
    if (after.outcome !== 'served') continue
    const file = explained.get(`${from} ${filename}`)
    if (file?.verdict === undefined) {
      add(`gone ${from}`, filename, (names) => `is not listed any more, since ${from} does not count for it: ${names}`)
    } else {
      add(`hidden ${kindOf(file)}`, filename, (names) => `is hidden now: ${names} (${file.reason})`)
    }
  }
  for (const [filename, from] of now) {
    if (!old.has(filename)) add(`new ${from}`, filename, (names) => `is served now, from ${from}: ${names}`)
  }
  return Array.from(groups.values(), ({ say, names }) => say(sayNames(names)))
}

/** By filename, of those that are served. */
function originsOf({ files }: Explanation): Map<string, string> {
  return new Map(files.filter(({ served }) => served).map(({ filename, upstream }) => [filename, upstream]))
}

/** The same for all files that are hidden for one reason. */
function kindOf({ verdict, upstream }: ExplainedFile): string {
  const place = verdict !== undefined && 'place' in verdict ? verdict.place?.line : undefined
  const setting = verdict !== undefined && 'setting' in verdict ? verdict.setting : ''
  return JSON.stringify([verdict?.kind, upstream, place, setting])
}

function sayNames(names: readonly string[]): string {
  const more = names.length - NAMES
  return `${names.slice(0, NAMES).join(', ')}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}`
}
