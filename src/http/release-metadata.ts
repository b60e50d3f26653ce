/** The core metadata of a release, from whichever of its wheels has some. */
import { isWheel } from '../files/core-metadata.ts'
import { metadataFault } from '../files/wheel-metadata.ts'
import { type MetadataFields, readMetadataFields } from '../simple/metadata-fields.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Release } from '../simple/releases.ts'
import type { Snapshot } from './snapshot.ts'

/** Read in one go, so it must be short: the largest that was seen has well under 1 MiB. */
const MAX_BYTES = 1024 * 1024

/** Wheels that are looked into, where those before prove to have none. */
const MAX_TRIED = 3

/**
 * undefined: none of its wheels has any, or it has no wheel. A source archive is not asked: what it says may change when it is
 * built (PEP 643). Wheels of one release may say different things; as on PyPI, one of them speaks for all, which is one for
 * any platform where there is one. @throws UpstreamError where it cannot be had now
 */
export async function releaseMetadata(
  { companions, promisedMetadata, sourceOf }: Pick<Snapshot, 'companions' | 'promisedMetadata' | 'sourceOf'>,
  project: ProjectName,
  release: Release,
): Promise<MetadataFields | undefined> {
  for (const file of wheelsOf(release).slice(0, MAX_TRIED)) {
    if (!promisedMetadata(file)) continue
    const bytes = await companions.read(sourceOf(file, project), '.metadata')
    if (bytes === undefined || bytes.length > MAX_BYTES) continue
    // The upstream's word was enough to pass it on as the file that it has; here it is believed.
    if (metadataFault(bytes, { project, version: file.version }) !== undefined) continue
    return readMetadataFields(bytes.toString())
  }
  return undefined
}

function wheelsOf({ files }: Release): ProjectFile[] {
  const wheels = files.filter(isWheel)
  const isForAll = ({ filename }: ProjectFile) => filename.endsWith('-none-any.whl')
  return [...wheels.filter(isForAll), ...wheels.filter((file) => !isForAll(file))]
}
