/** A page as large as numpy's, made up: about 4,400 files with hashes, sizes and dates, in JSON. */
import { createHash } from 'node:crypto'

const VERSIONS = 150
const PYTHONS = ['cp310', 'cp311', 'cp312', 'cp313', 'cp314']
const PLATFORMS = [
  'macosx_11_0_arm64',
  'macosx_14_0_x86_64',
  'manylinux_2_27_aarch64.manylinux_2_28_aarch64',
  'manylinux_2_27_x86_64.manylinux_2_28_x86_64',
  'musllinux_1_2_x86_64',
  'win_amd64',
]

export function largePage(project: string): Buffer {
  const versions = Array.from({ length: VERSIONS }, (_, i) => `1.${Math.floor(i / 10)}.${i % 10}`)
  const files = versions.flatMap((version, i) =>
    filenames(project, version).map((filename) => entry(filename, new Date(Date.UTC(2012, i, 1)).toISOString())),
  )
  return Buffer.from(JSON.stringify({ meta: { 'api-version': '1.1' }, name: project, versions, files }))
}

function filenames(project: string, version: string): string[] {
  const wheels = PYTHONS.flatMap((python) =>
    PLATFORMS.map((platform) => `${project}-${version}-${python}-${python}-${platform}.whl`),
  )
  return [`${project}-${version}.tar.gz`, ...wheels.slice(0, 28)]
}

function entry(filename: string, uploadTime: string) {
  const sha256 = createHash('sha256').update(filename).digest('hex')
  const metadata = createHash('sha256').update(`${filename}.metadata`).digest('hex')
  return {
    filename,
    url: `https://files.pythonhosted.org/packages/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256.slice(4)}/${filename}`,
    hashes: { sha256 },
    size: 1_000_000 + Number.parseInt(sha256.slice(0, 6), 16),
    'upload-time': uploadTime,
    'requires-python': '>=3.9',
    yanked: false,
    'core-metadata': filename.endsWith('.whl') ? { sha256: metadata } : false,
  }
}
