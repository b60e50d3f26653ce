/** Which settings of an upstream make kept answers those of another one. */
import { createHash } from 'node:crypto'
import type { UpstreamConfig } from '../config/config.ts'

/**
 * What an upstream's answers depend on: pages that were read under another configuration are misses. So are those of before
 * it was declared private, or given another lifetime: they would be fresh for longer, and their absences would send its
 * names elsewhere. And those that a mirror gave which is not trusted any more.
 */
export function fingerprintOf(upstream: UpstreamConfig): string {
  const {
    url,
    filesAt,
    format,
    emptyIsAbsent,
    absentOn,
    private: isPrivate,
    freshForMs,
    mirrors,
    mirrorsFrom,
  } = upstream
  const others = [
    ...mirrors.map((mirror) => [mirror.url, mirror.bases]),
    ...(mirrorsFrom === undefined ? [] : [mirrorsFrom]),
  ]
  const known = [
    url,
    filesAt,
    format,
    emptyIsAbsent,
    absentOn,
    isPrivate,
    freshForMs,
    ...(others.length > 0 ? [others] : []),
  ]
  return createHash('sha256').update(JSON.stringify(known)).digest('hex').slice(0, 16)
}
