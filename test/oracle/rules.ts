/** The rules file of a case, written out and read by the product's own reader. */
import { CheckError, type Config } from '../../src/config/config.ts'
import { readRules } from '../../src/config/read-rules.ts'
import type { IndexPolicy } from '../../src/merge/policy.ts'
import { name } from '../support/build.ts'
import { type ConfigWords, LETTERS, roleOf } from './cases.ts'

/** The one project that all cases are about. */
export const PROJECT = name('pkg')

/** undefined: it is refused. */
export function configOf({ roles, index, rule, pattern }: ConfigWords): Config | undefined {
  const upstreams = Object.fromEntries(
    [...LETTERS, 'z'].map((letter) => {
      const role = roleOf(roles, letter)
      return [
        letter,
        {
          url: `https://${letter}.example/simple/`,
          ...(role === 'private' && { private: true }),
          ...(role === 'optional' && { optional: true }),
          ...(pattern === letter && { owns: ['pkg'] }),
        },
      ]
    }),
  )
  const rules = rule && {
    projects: [rule.literal ? 'pkg' : 'pk*'],
    strategy: rule.strategy,
    ...(rule.upstreams !== null && { upstreams: rule.upstreams.split(' ') }),
  }
  return accepted({
    upstreams,
    indexes: { default: { upstreams: index.split(' '), rules: rules === null ? [] : [rules] } },
  })
}

/** undefined: it is refused. */
export function accepted(file: unknown): Config | undefined {
  try {
    return readRules(JSON.stringify(file), { file: 'merge-rules.json', strict: true })
  } catch (error) {
    if (error instanceof CheckError) return undefined
    throw error
  }
}

export function defaultIndex({ policy }: Config): IndexPolicy {
  const index = policy.indexes.get('default')
  if (index === undefined) throw new Error('There is no index "default"')
  return index
}
