/** Globs over filenames: some include, those with `!` exclude; without one that includes, all others are included. */
import { globMatches } from './name-pattern.ts'

export interface FilenameGlobs {
  readonly texts: readonly string[]
  includes(filename: string): boolean
}

/** undefined where a glob is empty, or has a sign that no filename has. */
export function parseFilenameGlobs(texts: readonly string[]): FilenameGlobs | undefined {
  const including: string[][] = []
  const excluding: string[][] = []
  for (const text of texts) {
    const excludes = text.startsWith('!')
    const glob = excludes ? text.slice(1) : text
    if (glob === '' || /[/\\\p{Cc}]/u.test(glob)) return undefined
    ;(excludes ? excluding : including).push(glob.split('*'))
  }
  if (texts.length === 0) return undefined
  return {
    texts,
    includes: (filename) =>
      (including.length === 0 || including.some((parts) => globMatches(parts, filename))) &&
      !excluding.some((parts) => globMatches(parts, filename)),
  }
}
