/** The rules file as a schema: which keys there are, and what each may hold. The published JSON Schema is written from it. */
import * as z from 'zod'
import { readFilesBase, readHost, readIndexUrl, readPeer, readServedAt } from './addresses.ts'
import { parseFilenameGlobs } from '../merge/filename-globs.ts'
import { DURATION_PATTERN, durationBetween } from './duration.ts'
import { mirrors } from './mirrors.ts'
import { NAME_PATTERN } from './names.ts'
import { readGlob, readInstant, readPattern, readReason, readSpecifier } from './rule-texts.ts'
import { auth, readPath, secret } from './secrets.ts'
import { type Wrong, addFault, text } from './text-value.ts'

const PATTERN = '^[A-Za-z0-9._*-]+$'

const pattern = text(readPattern, { pattern: PATTERN })

const duration = (least: string, most: string) => text(durationBetween(least, most), { pattern: DURATION_PATTERN })

const upstreamName = z.string().meta({ pattern: NAME_PATTERN })

const absentStatus = z
  .number()
  .meta({ minimum: 400, maximum: 499 })
  .superRefine((status, context) => {
    const wrong = wrongAbsentStatus(status)
    if (wrong !== undefined) addFault(context, wrong)
  })

const globs = z
  .array(text(readGlob))
  .min(1)
  .transform((texts, context) => {
    const globs = parseFilenameGlobs(texts)
    if (globs !== undefined) return globs
    addFault(context, { wrong: 'these globs cannot be read together', right: 'write e.g. ["*.whl", "!*-win*"]' })
    return z.NEVER
  })

export const upstream = z.strictObject({
  url: text(readIndexUrl, { pattern: '^https?://' }).describe('The address of its simple index'),
  mirrors: mirrors
    .exactOptional()
    .describe(
      'Its other addresses: the nearest that answers is used, and links name "url". Or { "from": … }, a list that names them',
    ),
  private: z
    .boolean()
    .exactOptional()
    .describe(
      'It holds only your own projects: what it has never comes from elsewhere, and everybody else waits for it',
    ),
  owns: z
    .array(pattern)
    .min(1)
    .exactOptional()
    .describe('Names, or patterns with "*", that are asked here and nowhere else, whether they are published or not'),
  auth: auth.exactOptional().describe('How we show who we are. Credentials go to the origin of "url" and nowhere else'),
  headers: z
    .record(z.string(), secret)
    .exactOptional()
    .describe('Further request headers, by name. They go to the origin of "url" and nowhere else'),
  ca: text(readPath).exactOptional().describe('A file with certificates (PEM) to trust beside those of the system'),
  filesAt: z
    .array(text(readFilesBase, { pattern: '^https?://' }))
    .min(1)
    .exactOptional()
    .describe(
      'The only addresses below which its files may lie. Default: the origin of "url" and, for PyPI, its file host',
    ),
  absentOn: z
    .array(absentStatus)
    .exactOptional()
    .describe('Statuses that mean "has no such project", beside 404 and 410'),
  emptyIsAbsent: z.boolean().exactOptional().describe('A page without files means "has no such project"'),
  optional: z
    .boolean()
    .exactOptional()
    .describe('It may be missing from a page that several upstreams share; it never is the only source of a name'),
  mutable: z.boolean().exactOptional().describe('Its files may change under their names'),
  uploadTimes: z
    .enum(['listed', 'first-seen'])
    .exactOptional()
    .describe(
      '"first-seen": on pages, files for which it gives no upload time have the time when we first saw them, for cool-downs of clients. Default: "listed"',
    ),
  format: z
    .enum(['auto', 'json', 'html'])
    .exactOptional()
    .describe('The form in which pages are asked for. Default: "auto"'),
  freshFor: duration('0s', '30d')
    .exactOptional()
    .describe('How long its pages are fresh, whatever it says of them itself'),
  deliver: z
    .enum(['through', 'redirect'])
    .exactOptional()
    .describe('"through": files pass through us. "redirect": clients fetch them from the upstream. Default: "through"'),
  cooldown: duration('0s', '365d')
    .exactOptional()
    .describe(
      'Files younger than this are hidden. Age counts from the upload time or, where it gives none, from when we first saw the file',
    ),
  timeout: duration('1s', '8s')
    .exactOptional()
    .describe('The limit for a page. Clients give up after 15 seconds. Default: "8s"'),
})

export const rule = z
  .strictObject({
    projects: z.array(pattern).min(1).describe('Names, or patterns with "*". They are compared as normalized names'),
    upstreams: z
      .array(upstreamName)
      .min(1)
      .exactOptional()
      .describe('Who is asked, highest priority first. One that is left out never learns the name'),
    strategy: z
      .enum(['first-index', 'by-version', 'by-file'])
      .exactOptional()
      .describe(
        '"first-index": the first upstream that has the project answers alone. "by-version": each version comes whole from the first that has it. "by-file": all files, each from the first that has it. Default: "first-index"',
      ),
    deny: z
      .union([text(readReason), z.literal(false)])
      .exactOptional()
      .describe(
        'The project is withheld, for the reason that stands here. false: not denied, whatever later rules say',
      ),
    versions: text(readSpecifier)
      .exactOptional()
      .describe('The versions that are served, e.g. "<3, !=2.4.1". Others are hidden'),
    files: globs
      .exactOptional()
      .describe('The files that are served: globs on filenames; "!" excludes. Others are hidden'),
    yanked: z.enum(['keep', 'hide']).exactOptional().describe('Whether yanked files are hidden. Default: "keep"'),
    cooldown: duration('0s', '365d')
      .exactOptional()
      .describe('Files younger than this are hidden. "0d": none are. Default: what the upstream has as "cooldown"'),
    excludeNewer: text(readInstant)
      .exactOptional()
      .describe(
        'The index as it stood then, e.g. "2026-01-31" (to the end of that day, UTC) or "2026-01-31T12:00:00Z". Later files are hidden, and those that do not say when they were uploaded',
      ),
  })
  // Its projects, and a setting.
  .meta({ minProperties: 2 })

export const index = z.strictObject({
  upstreams: z
    .array(upstreamName)
    .min(1)
    .describe('Who is asked, highest priority first, private upstreams before others'),
  rules: z
    .array(rule)
    .exactOptional()
    .describe('For each setting, the first rule that matches the project and names the setting decides'),
  expect: z
    .record(z.string(), upstreamName)
    .exactOptional()
    .describe('Where projects come from: if the rules say otherwise, they are refused'),
  clients: z
    .literal('anyone')
    .exactOptional()
    .describe('"anyone": whoever reaches the server may read what upstreams give only against a secret'),
})

const named = <T extends z.ZodType>(value: T) =>
  z.record(z.string(), value).meta({ propertyNames: { pattern: NAME_PATTERN } })

export const rulesFile = z.strictObject({
  $schema: z.string().exactOptional().describe('Where the schema of this file lies, for editors'),
  upstreams: named(upstream).describe('Simple indexes that somebody else runs, by name'),
  indexes: named(index).describe('What is served, by name: "default" at /simple/, others at /NAME/simple/'),
  hosts: z
    .array(text(readHost))
    .exactOptional()
    .describe('Names of this server, beside those of the loopback, under which clients may ask it'),
  servedAt: text(readServedAt, { pattern: '^https?://' })
    .exactOptional()
    .describe(
      'The address in front of it under which clients reach this server: for the links of /pypi/PROJECT/json, which cannot be relative. Default: "http://" and what a client sends as Host',
    ),
  peers: z
    .array(text(readPeer, { pattern: '^https?://' }))
    .exactOptional()
    .describe(
      'Servers that publish their download counts below local-stats/: their sum with ours is at /stats/. Write what stands before local-stats/',
    ),
})

function wrongAbsentStatus(status: number): Wrong | undefined {
  if (!Number.isInteger(status) || status < 400 || status > 499) {
    return { wrong: `${status} cannot mean "has no such project"`, right: 'write a status from 400 to 499, e.g. 403' }
  }
  // What may heal by itself is a failure: the search must not go on to others.
  if (![408, 425, 429].includes(status)) return undefined
  return { wrong: `${status} means "not now", never "has no such project"`, right: 'delete it' }
}

export type UpstreamEntry = z.output<typeof upstream>

/** An upstream, a rule and an index of which a required key may be missing; rules of the index are read by themselves. */
export const partialUpstream = upstream.extend({ url: upstream.shape.url.exactOptional() })
export const partialRule = rule.extend({ projects: rule.shape.projects.exactOptional() })
export const partialIndex = index.omit({ rules: true }).extend({ upstreams: index.shape.upstreams.exactOptional() })

export type PartialUpstream = z.output<typeof partialUpstream>
export type PartialIndex = z.output<typeof partialIndex>
