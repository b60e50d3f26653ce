/** Pages, files, policies and plans in few words, for tests of what is decided over them. */
import { NOTHING_LEARNED, NO_FIRST_SEEN, NO_KNOWN_HASHES } from '../../src/merge/facts.ts'
import type { MergeFacts } from '../../src/merge/merge.ts'
import { parseFilenameGlobs } from '../../src/merge/filename-globs.ts'
import { parseNamePattern } from '../../src/merge/name-pattern.ts'
import type { IndexPolicy, Policy, Rule, UpstreamPolicy } from '../../src/merge/policy.ts'
import type { ProjectDetail, ProjectFile } from '../../src/simple/model.ts'
import { type ProjectName, parseName } from '../../src/simple/name.ts'
import { parseVersionSpecifier } from '../../src/simple/version.ts'

export function name(text: string): ProjectName {
  const parsed = parseName(text)
  if (parsed === undefined) throw new Error(`${text} is no project name`)
  return parsed
}

/** 64 hex digits that look different for different texts. */
export function sha(text: string): string {
  return Buffer.from(text.padEnd(32, '.')).toString('hex').slice(0, 64).padEnd(64, '0')
}

export function file(upstream: string, filename: string, more: Partial<ProjectFile> = {}): ProjectFile {
  const version = /-([0-9][^-]*?)(?:-|\.tar|\.zip|$)/.exec(filename)?.[1] ?? '0'
  return {
    filename,
    url: `https://${upstream}.example/files/${encodeURIComponent(filename)}`,
    upstream,
    version,
    hashes: { sha256: sha(filename) },
    ...more,
  }
}

export function page(
  upstream: string,
  project: string,
  files: readonly (string | ProjectFile)[],
  more: Partial<ProjectDetail> = {},
): ProjectDetail {
  return {
    name: name(project),
    files: files.map((each) => (typeof each === 'string' ? file(upstream, each) : each)),
    versions: [],
    droppedCount: 0,
    dropped: [],
    ...more,
  }
}

export function upstream(
  upstreamName: string,
  more: Partial<Omit<UpstreamPolicy, 'owns'>> & { owns?: string[] } = {},
): UpstreamPolicy {
  const { owns = [], ...rest } = more
  return {
    name: upstreamName,
    private: false,
    optional: false,
    mutable: false,
    filesAt: [`https://${upstreamName}.example/`],
    ...rest,
    owns: owns.map(pattern),
  }
}

export function pattern(text: string) {
  const parsed = parseNamePattern(text)
  if (parsed === undefined) throw new Error(`${text} is no pattern`)
  return parsed
}

type RuleWords = Omit<Partial<Rule>, 'projects' | 'versions' | 'files'> & {
  projects: string[]
  versions?: string
  files?: string[]
}

export function rule({ projects, versions, files, ...rest }: RuleWords): Rule {
  const specifier = versions === undefined ? undefined : parseVersionSpecifier(versions)
  const globs = files === undefined ? undefined : parseFilenameGlobs(files)
  return {
    place: { file: 'merge-rules.json', line: 1, column: 1 },
    ...rest,
    projects: projects.map(pattern),
    ...(specifier && { versions: specifier }),
    ...(globs && { files: globs }),
  }
}

export function index(upstreams: string[], rules: Rule[] = [], indexName = 'default'): IndexPolicy {
  return { name: indexName, upstreams, rules }
}

export function policy(upstreams: UpstreamPolicy[], ...indexes: IndexPolicy[]): Policy {
  return {
    upstreams: new Map(upstreams.map((each) => [each.name, each])),
    indexes: new Map(indexes.map((each) => [each.name, each])),
  }
}

/** Nothing is known, and it is the beginning of 2026. */
export function mergeFacts(more: Partial<MergeFacts> = {}): MergeFacts {
  return {
    known: NO_KNOWN_HASHES,
    firstSeen: NO_FIRST_SEEN,
    learned: NOTHING_LEARNED,
    now: Date.UTC(2026, 0, 1),
    ...more,
  }
}
