/** What the schema has against a rules file, in plain words: unknown and missing keys, wrong types, texts that mean nothing. */
import type * as z from 'zod'
import type { Path, Where } from './document.ts'
import { type Fault, all, either, quote } from './fault.ts'
import { LIST_KEYS, MIRROR_KEYS } from './mirrors.ts'
import { nearName } from './near-name.ts'
import { index, rule, rulesFile, upstream } from './schema.ts'
import type { Wrong } from './text-value.ts'

/** A fault, and what it makes unusable: a key that is missing, unknown or wrong. */
export interface ShapeFault {
  readonly fault: Fault
  readonly path: Path
}

type Issue = z.core.$ZodIssue

/** One for each issue of the schema. `value` is what was read. */
export function shapeFaults(issues: readonly Issue[], value: unknown, where: Where): ShapeFault[] {
  const faults = issues.flatMap((issue) => faultsOf(issue, [], value, where))
  // Of a whole in which something is wrong, nothing more can be said: a misspelled "password" is not a missing one.
  const holding = new Set(faults.flatMap(({ path }) => path.map((_, at) => JSON.stringify(path.slice(0, at)))))
  return faults.filter(({ path }) => !holding.has(JSON.stringify(path)))
}

function faultsOf(issue: Issue, outer: Path, value: unknown, where: Where): ShapeFault[] {
  const path = [...outer, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))]
  const found = valueAt(value, path)
  const at = (wrong: Wrong) => [{ fault: { place: where(path), ...wrong }, path }]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        fault: { place: where([...path, key], 'key'), ...unknownKey(key, objectAt(path)) },
        path: [...path, key],
      }))
    case 'invalid_union': {
      if (path.at(-1) === 'auth' && found === 'keyring') return at(KEYRING)
      // The branches that are for this type of value say more than "none of them fits".
      const branches = issue.errors.filter((errors) => !errors.some(isOfAnotherType))
      const [errors] = branches
      if (errors !== undefined && branches.length === 1) {
        return errors.flatMap((inner) => faultsOf(inner, path, value, where))
      }
      return at({
        wrong: `${subject(path)} is ${typeWord(found)}`,
        right: `write ${either(issue.errors.flat().flatMap(wanted))}`,
      })
    }
    case 'invalid_type': {
      if (found !== undefined) {
        return at({ wrong: `${subject(path)} is ${typeWord(found)}`, right: `write ${either(wanted(issue))}` })
      }
      const key = String(path.at(-1))
      const { what, missing } = objectAt(path.slice(0, -1))
      const fault = { wrong: `${what} has no ${quote(key)}`, right: missing[key] ?? `add ${quote(key)}` }
      return [{ fault: { place: where(path.slice(0, -1), 'key'), ...fault }, path }]
    }
    case 'invalid_value': {
      const near = typeof found === 'string' ? nearName(found, issue.values.map(String)) : undefined
      return at({
        wrong: `${subject(path)} is ${typeof found === 'string' ? quote(found) : typeWord(found)}`,
        right: near === undefined ? `write ${either(wanted(issue))}` : `did you mean ${quote(near)}?`,
      })
    }
    case 'too_small':
      return at({ wrong: `${subject(path)} is empty`, right: 'write at least one entry' })
    case 'custom':
      return at({ wrong: issue.message, right: String(issue.params?.['right'] ?? 'see merge-rules.example.json') })
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'too_big':
    default:
      return at({ wrong: `${subject(path)} is not valid`, right: 'see merge-rules.example.json' })
  }
}

/** An object of the rules file: how messages call it, its keys, what to add where one is missing. */
interface KnownObject {
  readonly what: string
  readonly keys: readonly string[]
  readonly missing: Readonly<Record<string, string>>
  /** Keys that the design has and this version has not: accepting a rule that is not applied would be no safe answer. */
  readonly later: readonly string[]
}

function objectAt(path: Path): KnownObject {
  const [first, name, list, entry, ...deeper] = path
  const none = { missing: {}, later: [] }
  if (first === undefined) return { ...none, what: 'the file', keys: Object.keys(rulesFile.shape), missing: FILE_NEEDS }
  if (first === 'indexes' && list === undefined) {
    return { ...none, what: `the index ${quote(String(name))}`, keys: Object.keys(index.shape), missing: INDEX_NEEDS }
  }
  if (first === 'indexes' && deeper.length === 0) {
    return {
      what: 'this rule',
      keys: Object.keys(rule.shape),
      missing: RULE_NEEDS,
      later: [],
    }
  }
  if (first === 'upstreams' && list === undefined) {
    const what = `the upstream ${quote(String(name))}`
    return { ...none, what, keys: Object.keys(upstream.shape), missing: UPSTREAM_NEEDS }
  }
  if (list === 'mirrors' && deeper.length === 0) {
    // A list of mirrors, or the object that stands in its place.
    return typeof entry === 'number'
      ? { ...none, what: 'this mirror', keys: MIRROR_KEYS, missing: MIRROR_NEEDS }
      : { ...none, what: '"mirrors"', keys: LIST_KEYS, missing: LIST_NEEDS }
  }
  if (path.at(-1) === 'auth' && (list === 'auth' || list === 'mirrors'))
    return { ...none, what: '"auth"', keys: ['username', 'password', 'token'] }
  return { ...none, what: 'a secret', keys: ['env', 'file', 'exec'] }
}

const FILE_NEEDS = {
  upstreams: 'add e.g. "upstreams": { "pypi": { "url": "https://pypi.org/simple/" } }',
  indexes: 'add e.g. "indexes": { "default": { "upstreams": ["pypi"] } }',
}
const UPSTREAM_NEEDS = { url: 'add "url", the address of its simple index' }
const MIRROR_NEEDS = { url: 'add "url", the address of its simple index' }
const LIST_NEEDS = { from: 'write a list of addresses, or { "from": "https://…/mirrors" }' }
const INDEX_NEEDS = { upstreams: 'add "upstreams", the list of those that are asked, highest priority first' }
const RULE_NEEDS = { projects: 'add "projects", the list of names that it is for, or ["*"] for all' }

const KEYRING: Wrong = {
  wrong: '"keyring" is not available in this version',
  right: 'write "username", and as "password" { "exec": ["keyring", "get", "SERVICE", "USERNAME"] }',
}

function unknownKey(key: string, { what, keys, later }: KnownObject): Wrong {
  if (later.includes(key)) {
    return { wrong: `${quote(key)} is not available in this version`, right: 'delete it, since nothing would apply it' }
  }
  const near = nearName(key, keys)
  const right = near === undefined ? `the keys of ${what} are ${all(keys)}` : `did you mean ${quote(near)}?`
  return { wrong: `unknown key ${quote(key)}`, right }
}

function isOfAnotherType(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list [ … ]',
  object: 'an object { … }',
  record: 'an object { … }',
}

/** What the schema would take instead. */
function wanted(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value))
  return issue.code === 'invalid_type' ? [WORDS[issue.expected] ?? issue.expected] : []
}

// Says the type alone: the value may be a secret.
function typeWord(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'boolean' || value === null) return String(value)
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : 'an object'
}

/** How a message calls what stands at `path`. */
function subject(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'the file'
  return typeof last === 'number' ? `entry ${last + 1} of ${quote(String(path.at(-2)))}` : quote(last)
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const key of path)
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined
  return at
}
