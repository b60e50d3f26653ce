/** What a company publishes: projects that need each other and a public one, in every form that a server may trip over. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { UpstreamFile } from '../../support/simple-upstream.ts'
import type { PublishedFile } from './index-servers.ts'
import { sdist } from './sdist.ts'
import { type WheelOptions, wheel } from './wheel.ts'

/** What clients are asked to install, and a public project that no private one needs. */
export const WANTED = ['acme-tools', 'acme-local', 'six']

/** What they must come to. Which versions of public projects is PyPI's affair. */
export const RESOLVED = {
  'acme-core': '1.1',
  'acme-local': '1.0+corp.1',
  'acme-sdist': '1.0',
  'acme-tools': '1.0',
  idna: expect.any(String) as string,
  six: expect.any(String) as string,
}

/** Nobody asks for it before its server was down. */
export const LATE = 'acme-late'

/** A yanked version only for those who can say so: from others it would be the newest one. */
export function privateSet({ knowsYanks = false }: { readonly knowsYanks?: boolean }): PublishedFile[] {
  const all = [
    wheelOf('acme_core', '1.0'),
    wheelOf('acme_core', '1.1'),
    // For no Python that there is.
    wheelOf('acme_core', '2.0', { requiresPython: '>=99' }),
    wheelOf('acme_local', '1.0'),
    wheelOf('acme_local', '1.0+corp.1'),
    published('acme_sdist', '1.0', sdist('acme_sdist', '1.0')),
    wheelOf('acme_tools', '1.0', { requires: ['acme-core>=1', 'acme-sdist', 'idna'] }),
    wheelOf('acme_late', '1.0'),
  ]
  return knowsYanks ? [...all, { ...wheelOf('acme_core', '1.2'), yanked: 'it loses data' }] : all
}

function wheelOf(project: string, version: string, options: WheelOptions = {}): PublishedFile {
  const { requiresPython } = options
  return { ...published(project, version, wheel(project, version, options)), ...(requiresPython && { requiresPython }) }
}

function published(project: string, version: string, file: UpstreamFile): PublishedFile {
  return { ...file, project, version, sha256: createHash('sha256').update(file.bytes).digest('hex') }
}
