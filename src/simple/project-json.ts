/**
 * A project as PyPI's JSON API shows it (docs.pypi.org, "JSON API"), as far as it is read by somebody:
 *
 * - pip-tools from 6.11 on: `releases[VERSION][]` with `url`, `packagetype` and `digests.sha256`, where VERSION is normalized and
 *   `url` is the link of the project page as pip writes it (`quotedAsPip`). For whatever it misses there it downloads the file.
 *   Before it takes the hashes of all of them, so that a file must not be missing from its version.
 * - Poetry: of `info` `name`, `version`, `summary`, `requires_dist`, `requires_python`, which must be there, `yanked` and
 *   `yanked_reason`; of `urls[]` `packagetype`, `filename`, `url`, `digests.sha256`, `size`, `upload_time_iso_8601`, and of the
 *   yank as in `info`. `requires_dist: null` makes it look into the files, `[]` does not.
 * - PDM (`pypi.json_api`): of `info` `requires_python`, `summary`, `requires_dist`; `null` is no dependency to it.
 * - Renovate: `info.home_page`, `info.project_urls`, which must be absent rather than `null`; of `releases[VERSION][]`
 *   `requires_python`, `yanked`, and `upload_time`, which must be absent rather than `null`.
 * - Dependabot: `releases[VERSION][]` with `upload_time`, `requires_python`, `python_version`, `yanked`, `yanked_reason`, `url`,
 *   `packagetype`; of `info` `home_page`, `project_urls`, `download_url`, `description`, in which it looks for the sources.
 *
 * `null` means "not said, or not known". What PyPI has beside (`last_serial`, `downloads`, `vulnerabilities`, …) we do not know.
 */
import { batches } from '../pace/batches.ts'
import { hashesToSend } from './hashes.ts'
import type { MetadataFields } from './metadata-fields.ts'
import type { ProjectFile, ProjectStatus } from './model.ts'
import type { ProjectName } from './name.ts'
import { packageTypeOf, pythonVersionOf } from './package-type.ts'
import { type Release, isYanked } from './releases.ts'

export interface ProjectToWrite {
  readonly name: ProjectName
  /** What `info` and `urls` are about. undefined: no file is served. */
  readonly release: Release | undefined
  /** The core metadata of that release. undefined: not known. */
  readonly metadata: MetadataFields | undefined
  /** All of them, written in this order. undefined: the answer is about one version. */
  readonly releases?: readonly Release[]
  readonly status?: ProjectStatus
  /** The absolute URL of a file. */
  readonly link: (file: ProjectFile) => string
}

/** A piece that is written has more signs; what comes behind the last files goes with them. */
const PIECE_LENGTH = 64 * 1024

/** In pieces; equal projects are equal bytes. */
export function* writeProjectJson(project: ProjectToWrite): Generator<Buffer, void> {
  let piece = ''
  for (const text of textsOf(project)) {
    piece += text
    if (piece.length <= PIECE_LENGTH) continue
    yield Buffer.from(piece)
    piece = ''
  }
  yield Buffer.from(piece)
}

function* textsOf(project: ProjectToWrite): Generator<string, void> {
  const { release, releases, status, link } = project
  yield `{"info":${JSON.stringify(infoOf(project))}`
  // As the project page says it (PEP 792): why there are no files, above all.
  if (status !== undefined) yield `,"project_status":${JSON.stringify(status)}`
  if (releases !== undefined) {
    yield ',"releases":{'
    let comma = ''
    for (const { version, files } of releases) {
      yield `${comma}${JSON.stringify(version)}:`
      yield* fileTexts(files, link)
      comma = ','
    }
    yield '}'
  }
  yield ',"urls":'
  yield* fileTexts(release?.files ?? [], link)
  yield '}'
}

function* fileTexts(files: readonly ProjectFile[], link: ProjectToWrite['link']): Generator<string, void> {
  let before = '['
  for (const batch of batches(files)) {
    yield before + JSON.stringify(batch.map((file) => fileOf(file, link(file)))).slice(1, -1)
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

function fileOf(file: ProjectFile, url: string): object {
  const { filename, uploadTime, yanked } = file
  return {
    filename,
    url,
    packagetype: packageTypeOf(filename),
    python_version: pythonVersionOf(filename),
    requires_python: file.requiresPython ?? null,
    digests: hashesToSend(file.hashes),
    size: file.size ?? null,
    // The first of the two without fraction and zone, as PyPI writes it: it is in UTC.
    upload_time: uploadTime?.slice(0, 'yyyy-mm-ddThh:mm:ss'.length),
    upload_time_iso_8601: uploadTime,
    // Marked as on our own pages.
    ...(file.isFirstSeen && { _upload_time: 'first-seen' }),
    ...yankOf(yanked),
  }
}

function yankOf(yanked: ProjectFile['yanked']): object {
  return { yanked: yanked !== undefined, yanked_reason: typeof yanked === 'string' ? yanked : null }
}

function infoOf({ name, release, metadata }: ProjectToWrite): object {
  const line = (field: string) => metadata?.line(field) ?? null
  const lines = (field: string) => metadata?.lines(field) ?? null
  const isWhollyYanked = release !== undefined && isYanked(release)
  return {
    name: line('Name') ?? name,
    version: release?.version ?? null,
    summary: line('Summary'),
    requires_dist: lines('Requires-Dist'),
    requires_python: metadata === undefined ? pythonOfAll(release) : line('Requires-Python'),
    provides_extra: lines('Provides-Extra'),
    ...yankOf(isWhollyYanked ? release.files[0]?.yanked : undefined),
    home_page: webUrl(metadata?.line('Home-page')),
    download_url: webUrl(metadata?.line('Download-URL')),
    project_urls: projectUrls(metadata?.lines('Project-URL') ?? []),
    description: metadata?.description ?? null,
    description_content_type: line('Description-Content-Type'),
    author: line('Author'),
    author_email: line('Author-email'),
    maintainer: line('Maintainer'),
    maintainer_email: line('Maintainer-email'),
    license: metadata?.block('License') ?? null,
    license_expression: line('License-Expression'),
    keywords: line('Keywords'),
    platform: line('Platform'),
    classifiers: lines('Classifier'),
  }
}

/** What the page says of each file of the release, where it says the same of all. */
function pythonOfAll(release: Release | undefined): string | null {
  const [first, ...others] = new Set(release?.files.map(({ requiresPython }) => requiresPython))
  return others.length === 0 ? (first ?? null) : null
}

/** `Label, URL`. undefined: there are none. */
function projectUrls(lines: readonly string[]): Readonly<Record<string, string>> | undefined {
  const found = new Map<string, string>()
  for (const line of lines) {
    const comma = line.indexOf(',')
    const label = line.slice(0, Math.max(0, comma)).trim()
    const url = webUrl(line.slice(comma + 1).trim())
    if (label !== '' && url !== undefined && !found.has(label)) found.set(label, url)
  }
  return found.size === 0 ? undefined : Object.fromEntries(found)
}

/** Bots fetch such addresses and show them to people: nothing else is passed on as one. */
function webUrl(text: string | undefined): string | undefined {
  return text !== undefined && /^https?:\/\/[^\s<>"]+$/i.test(text) ? text : undefined
}
