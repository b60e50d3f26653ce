/** Which file of which project a path in an access log is: as mirrors of PyPI serve them, and as we do. */
import { projectsOf } from '../simple/filename.ts'
import { parseName } from '../simple/name.ts'
import { type CountedFile, projectOf } from './count.ts'

/** Whether an upstream is public, by its name in the paths that we give out. */
export type IsPublic = (upstream: string) => boolean

/** `/files/UPSTREAM/HOST/…`, perhaps in an index and below a prefix. */
const OURS = /^(?:[^?]*?\/)??files\/([a-z][a-z0-9-]*)\/[^/]+\/(?:.*\/)?([^/]+)$/

/**
 * undefined: it is no distribution, or lies elsewhere. The project is that in the filename; the folder above it, which was
 * its name in the early layout, decides where a filename can be read in several ways.
 */
export function readLogPath(path: string, isPublic: IsPublic): CountedFile | undefined {
  const query = path.indexOf('?')
  const whole = query === -1 ? path : path.slice(0, query)
  const ours = whole.includes('/files/') ? OURS.exec(whole) : null
  if (ours !== null && !whole.slice(0, whole.indexOf('/files/')).includes('/packages/')) {
    const [, upstream = '', last = ''] = ours
    const file = fileOf(last, '')
    // What the rules do not know may have been private: it is counted, and not published.
    return file && { ...file, upstream, isPrivate: !isPublic(upstream) }
  }
  if (!whole.includes('/packages/')) return undefined
  const [last = '', folder = ''] = whole.split('/').toReversed()
  const file = fileOf(last, folder)
  return file && { ...file, upstream: '', isPrivate: false }
}

function fileOf(last: string, folder: string): Pick<CountedFile, 'project' | 'filename'> | undefined {
  const filename = decoded(last)
  const project = filename === undefined ? undefined : projectOf(filename)
  if (filename === undefined || project === undefined) return undefined
  const named = parseName(folder)
  return { filename, project: named !== undefined && projectsOf(filename).includes(named) ? named : project }
}

function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
