/** One upstream of the rules file, with its defaults. */
import { defaultFilesAt } from './addresses.ts'
import type { UpstreamConfig } from './config.ts'
import { basicAuth, mirrorConfig } from './mirrors.ts'
import type { UpstreamEntry } from './schema.ts'
import { resolveAuth, resolveSource } from './secret-paths.ts'

/** Clients give up after 15 s, and every page must be answered in 10 s, whatever upstreams do. */
const DEFAULT_TIMEOUT_MS = 8000

/** `resolve` turns a path of the rules file into an absolute one. */
export function upstreamConfig(name: string, entry: UpstreamEntry, resolve: (path: string) => string): UpstreamConfig {
  const { url, userinfo } = entry.url
  const auth = entry.auth === undefined ? userinfo && basicAuth(userinfo) : resolveAuth(entry.auth, resolve)
  return {
    name,
    url,
    private: entry.private ?? false,
    owns: entry.owns ?? [],
    optional: entry.optional ?? false,
    filesAt: entry.filesAt ?? defaultFilesAt(url),
    mutable: entry.mutable ?? false,
    ...(entry.cooldown === undefined ? {} : { cooldownMs: entry.cooldown }),
    ...(entry.uploadTimes === 'first-seen' ? { uploadTimes: entry.uploadTimes } : {}),
    ...(auth === undefined ? {} : { auth }),
    headers: Object.entries(entry.headers ?? {}).map(([name, value]) => ({
      name,
      value: resolveSource(value, resolve),
    })),
    ...(entry.ca === undefined ? {} : { ca: resolve(entry.ca) }),
    absentOn: entry.absentOn ?? [],
    emptyIsAbsent: entry.emptyIsAbsent ?? false,
    format: entry.format ?? 'auto',
    ...(entry.freshFor === undefined ? {} : { freshForMs: entry.freshFor }),
    deliver: entry.deliver ?? 'through',
    timeoutMs: entry.timeout ?? DEFAULT_TIMEOUT_MS,
    ...mirrorsOf(url, entry, resolve),
  }
}

function mirrorsOf(
  url: string,
  { mirrors = [], filesAt }: UpstreamEntry,
  resolve: (path: string) => string,
): Pick<UpstreamConfig, 'mirrors' | 'mirrorsFrom'> {
  if (!Array.isArray(mirrors)) return { mirrors: [], mirrorsFrom: mirrors.from }
  return { mirrors: mirrors.map((mirror) => mirrorConfig(mirror, { url, filesAt }, resolve)) }
}
