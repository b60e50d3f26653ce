/** Project status markers (PEP 792), read from every place where the standard's texts and examples put them. */
import type { ProjectStatus } from './model.ts'
import { plainText } from './plain-text.ts'

const STATUSES = [
  'active',
  'archived',
  'quarantined',
  'deprecated',
] as const satisfies readonly ProjectStatus['status'][]

/** undefined where there is no status, or one that the standard does not have: such a project is active. */
export function readProjectStatus(status: unknown, reason: unknown): ProjectStatus | undefined {
  const known = STATUSES.find((each) => each === status)
  if (known === undefined) return undefined
  return typeof reason === 'string' && reason !== '' ? { status: known, reason: plainText(reason) } : { status: known }
}
