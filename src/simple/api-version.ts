/** Versions of the simple repository API: which pages we can read, and which one we claim (PEP 629; PEP 700). */
import { PageError, type ProjectFile } from './model.ts'

/** What 1.5 adds, namespaces, belongs to one repository and is not passed on (PEP 752); of later ones nothing is known. */
const KNOWN_MINOR = 5

/**
 * The version of a page where it is later than those that are known, for a warning; no version means 1.0. A page of major
 * version 1 can be read whatever its minor version (PEP 629).
 * @throws PageError for every other major version, and for what is no version
 */
export function checkApiVersion(version: unknown): string | undefined {
  if (version === undefined) return undefined
  const [known, minor = 0] = (typeof version === 'string' && /^1(?:\.(\d{1,9}))?$/.exec(version)) || []
  if (known === undefined) throw new PageError('its API version is not 1.x', 'api-version')
  return Number(minor) > KNOWN_MINOR ? known : undefined
}

/** 1.1 and later promise the size of every file; the other keys of 1.4 may be sent whatever the version. */
export function apiVersionOf(files: readonly ProjectFile[]): '1.0' | '1.4' {
  return files.every((file) => file.size !== undefined) ? '1.4' : '1.0'
}
