/** Finished pages by address: the bytes as long as the merge is the same, and where they come from as long as that holds. */
import { LRUCache } from 'lru-cache'
import { paced } from '../pace/steps.ts'
import type { Resolution } from '../resolve/resolution.ts'
import type { Representation } from '../simple/media-type.ts'
import type { ProjectName } from '../simple/name.ts'
import { type Rendered, rendered } from './rendered.ts'

/** What an answer must know of the resolution behind it; without its files, which take more memory than the finished page. */
export type Standing = Pick<Resolution, 'kind' | 'made' | 'until' | 'refreshUntil' | 'changesAt' | 'owned' | 'sources'>

export interface FinishedPage {
  readonly body: Rendered
  /** Of the last resolution that gave this very page. */
  readonly standing: Standing
}

export type PageResolution = Exclude<Resolution, { kind: 'absent' }>

/** Under which a page is kept. */
export function pageKey(index: string, project: ProjectName, representation: Representation): string {
  return `${index} ${project} ${representation}`
}

/** Gives what is written of a merged page; as a promise where something beside the page must be looked up first. */
export type Write = () => Iterable<Buffer> | Promise<Iterable<Buffer>>

/** Bounded in bytes. */
export interface FinishedPages {
  /** The last one under the key, whether it still holds or not. */
  find(key: string): FinishedPage | undefined
  /** At once where the bytes are at hand; otherwise all who want them meanwhile wait for the same. */
  get(key: string, resolution: PageResolution, write: Write): Rendered | Promise<Rendered>
  /** What is written in the pages of a project is not right any more, although they are made of the same. */
  forget(project: ProjectName): void
}

interface Kept extends FinishedPage {
  /** The merged page, as long as somebody else keeps it. */
  readonly of: WeakRef<object>
}

interface UnderWay {
  readonly of: object
  readonly making: Promise<Rendered>
}

/** Of an entry, beside its bytes. */
const ENTRY_BYTES = 500

export function finishedPages(maxBytes: number): FinishedPages {
  const kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ body }) => ENTRY_BYTES + body.heldBytes(),
  })
  const underWay = new Map<string, UnderWay>()

  async function make(
    key: string,
    resolution: PageResolution,
    write: Write,
    isWanted: () => boolean,
  ): Promise<Rendered> {
    const { page } = resolution
    const written = write()
    const pieces = written instanceof Promise ? await written : written
    const body: Rendered = await paced(
      rendered(pieces, () => {
        const entry = kept.peek(key)
        // Another object, so that its size is looked at again.
        if (entry?.body === body) kept.set(key, { ...entry })
      }),
    )
    // Otherwise something came up meanwhile, and this one is for those alone who wait for it.
    if (isWanted()) kept.set(key, { of: new WeakRef(page), body, standing: standingOf(resolution) })
    return body
  }

  return {
    find: (key) => kept.get(key),
    get(key, resolution, write) {
      const { page } = resolution
      const before = kept.get(key)
      if (before?.of.deref() === page) {
        if (before.standing.made !== resolution.made) kept.set(key, { ...before, standing: standingOf(resolution) })
        return before.body
      }
      const others = underWay.get(key)
      if (others?.of === page) return others.making
      const isWanted = () => underWay.get(key) === work
      const making = make(key, resolution, write, isWanted).finally(() => isWanted() && underWay.delete(key))
      const work: UnderWay = { of: page, making }
      underWay.set(key, work)
      return making
    },
    forget(project) {
      const isOfProject = (key: string) => key.split(' ')[1] === project
      for (const key of underWay.keys()) if (isOfProject(key)) underWay.delete(key)
      for (const key of kept.keys()) if (isOfProject(key)) kept.delete(key)
    },
  }
}

function standingOf({ kind, made, until, refreshUntil, changesAt, owned, sources }: PageResolution): Standing {
  return { kind, made, until, refreshUntil, ...(changesAt !== undefined && { changesAt }), owned, sources }
}
