/** Which file of which project a path in an access log is: as mirrors of PyPI serve them, and as we do. */
import { projectsOf } from '../simple/filename.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import { type CountedFile, projectOf } from './count.ts'

/** Whether a project that came from an upstream is public. The upstream is empty where the path is not one of ours. */
export type IsPublic = (project: ProjectName, upstream: string) => boolean

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
    return file && { ...file, upstream, isPrivate: !isPublic(file.project, upstream) }
  }
  if (!whole.includes('/packages/')) return undefined
  const [last = '', folder = ''] = whole.split('/').toReversed()
  const file = fileOf(last, folder)
  // A private server may have such paths too.
  return file && { ...file, upstream: '', isPrivate: !isPublic(file.project, '') }
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
