/** How an upstream that is said to be private is found out to have PyPI in it, as virtual, group and proxy repositories do. */
import { type Index, UpstreamError } from '../indexes/contract.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import type { NameList } from '../simple/name-list.ts'

/** No company has as many projects of its own. */
const MAX_OWN_PROJECTS = 50_000

/** Every copy of PyPI has them, and hardly a private index has both. */
const TELLTALES = names('pip', 'setuptools')

/** Among the projects that are downloaded most from PyPI: a cache of it soon has one of them. */
const WELL_KNOWN = names(
  'boto3',
  'botocore',
  'certifi',
  'cffi',
  'charset-normalizer',
  'click',
  'cryptography',
  'idna',
  'jinja2',
  'numpy',
  'packaging',
  'pandas',
  'pip',
  'pydantic',
  'python-dateutil',
  'pyyaml',
  'requests',
  'setuptools',
  'six',
  'typing-extensions',
  'urllib3',
  'wheel',
)

/** Whether a list that is said to be of private projects is a copy of PyPI. */
export function isCopyOfPublic(list: NameList): boolean {
  return list.count > MAX_OWN_PROJECTS || TELLTALES.every((name) => list.has(name))
}

/** Well-known public projects that the list has. */
export function publicProjectsIn(list: NameList): ProjectName[] {
  return WELL_KNOWN.filter((name) => list.has(name))
}

export function isPublicProject(name: ProjectName): boolean {
  return WELL_KNOWN.includes(name)
}

/** Asks for projects that every copy of PyPI has, whatever its list says. undefined: the index cannot say. */
export async function givesPublicProjects(index: Index): Promise<boolean | undefined> {
  const given = await Promise.all(TELLTALES.map((name) => gives(index, name)))
  if (given.includes(false)) return false
  return given.includes(undefined) ? undefined : true
}

async function gives(index: Index, name: ProjectName): Promise<boolean | undefined> {
  try {
    const { page } = await index.getProject(name)
    return page !== undefined && page.files.some(({ filename }) => filename.startsWith(`${name}-`))
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    return error.code === 'forwarded' ? false : undefined
  }
}

function names(...texts: string[]): ProjectName[] {
  return texts.flatMap((text) => parseName(text) ?? [])
}
