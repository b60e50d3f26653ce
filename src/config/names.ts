/** Names of indexes and upstreams: they stand in addresses, so that some are taken. */
import { RESERVED_WORDS } from '../simple/reserved-words.ts'
import { quote } from './fault.ts'
import type { Wrong } from './text-value.ts'

export const NAME_PATTERN = '^[a-z][a-z0-9-]*$'

const MAX_LENGTH = 64

/** What is wrong with the name of an upstream, if anything is. */
export function wrongUpstreamName(name: string): Wrong | undefined {
  if (new RegExp(NAME_PATTERN).test(name) && name.length <= MAX_LENGTH) return undefined
  const right = `write a small letter, then small letters, digits and "-", at most ${MAX_LENGTH} signs`
  return { wrong: `${quote(name)} cannot be a name`, right }
}

/** What is wrong with the name of an index, if anything is. */
export function wrongIndexName(name: string): Wrong | undefined {
  if (!RESERVED_WORDS.has(name)) return wrongUpstreamName(name)
  return {
    wrong: `the index name ${quote(name)} is taken: /${name}/ is a path of our own`,
    right: 'choose another name',
  }
}
