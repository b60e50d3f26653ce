/** What is kept of an answer: how it is written for the store, and read back. */
import type { ProjectDetail } from '../simple/model.ts'
import { packNames, unpackNames } from '../store/packed-names.ts'
import type { Answer, ListAnswer } from './contract.ts'

/** An answer as it is kept: what may be long stands at the top, as the store wants it. */
type KeptAnswer = Omit<Answer, 'page'> &
  Pick<ProjectDetail, 'files' | 'versions'> & { readonly page: Omit<ProjectDetail, 'files' | 'versions'> }

export function writeAnswer({ page, ...rest }: Answer & { readonly page: ProjectDetail }): KeptAnswer {
  const { files, versions, ...others } = page
  return { ...rest, page: others, files, versions }
}

/** What we wrote ourselves, checked by the store to be just that; another shape can only be a mistake of ours and is a miss. */
export function readAnswer(kept: unknown): Answer | undefined {
  if (!isKeptAnswer(kept)) return undefined
  const { page, files, versions, ...rest } = kept
  return { ...rest, page: { ...page, files, versions } }
}

function isKeptAnswer(kept: unknown): kept is KeptAnswer {
  return (
    isRecord(kept) &&
    isRecord(kept['page']) &&
    Array.isArray(kept['files']) &&
    Array.isArray(kept['versions']) &&
    typeof kept['checkedAt'] === 'number'
  )
}

export function writeAbsence({ checkedAt }: Answer): unknown {
  return { absent: true, checkedAt }
}

/** undefined: no absence is kept. */
export function readAbsence(kept: unknown): Answer | undefined {
  if (!isRecord(kept) || kept['absent'] !== true || typeof kept['checkedAt'] !== 'number') return undefined
  const { checkedAt } = kept
  return { page: undefined, checkedAt, freshUntil: checkedAt }
}

export async function writeList({ names, ...rest }: ListAnswer): Promise<unknown> {
  return { ...rest, packedNames: await packNames(names) }
}

export async function readList(kept: unknown): Promise<ListAnswer | undefined> {
  if (!isRecord(kept) || typeof kept['packedNames'] !== 'string') return undefined
  const { packedNames, ...rest } = kept
  try {
    return { ...(rest as unknown as Omit<ListAnswer, 'names'>), names: await unpackNames(packedNames) }
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
