/** Where a person reads more about an answer: a page for people, at the address under which the server was asked. */
import type { Context } from 'hono'
import type { ProjectName } from '../simple/name.ts'
import { DEFAULT_INDEX } from './default-index.ts'

/** To be put behind a sentence. A view (`INDEX@DATE`) has pages of its own; without a project, it is the front page. */
export function readMore(c: Context, index: string, project: ProjectName | undefined): string {
  const where = index === DEFAULT_INDEX ? '' : `${index}/`
  return `; more at ${new URL(c.req.url).origin}/${project === undefined ? '' : `${where}projects/${project}`}`
}
