/** Versions of the simple repository API: which pages we can read, and which one we claim (PEP 629; PEP 700). */
import { PageError, type ProjectFile } from './model.ts'

/**
 * A page of major version 1 can be read whatever its minor version: "clients SHOULD warn and go on". No version means 1.0.
 * @throws PageError for every other major version, and for what is no version
 */
export function checkApiVersion(version: unknown): void {
  if (version === undefined) return
  if (typeof version === 'string' && /^1(?:\.\d{1,9})?$/.test(version)) return
  throw new PageError('its API version is not 1.x', 'api-version')
}

/** 1.1 and later promise the size of every file; the other keys of 1.4 may be sent whatever the version. */
export function apiVersionOf(files: readonly ProjectFile[]): '1.0' | '1.4' {
  return files.every((file) => file.size !== undefined) ? '1.4' : '1.0'
}
