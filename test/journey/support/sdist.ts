/** Tiny real sdists, made on the spot: an archive (POSIX ustar) that brings its own way to be built, so that nothing is fetched for it. */
import { gzipSync } from 'node:zlib'
import { type UpstreamFile, upstreamFile } from '../../support/simple-upstream.ts'

/** `project` in the form of filenames. Its module is called the same and has `version`. */
export function sdist(project: string, version: string): UpstreamFile {
  const top = `${project}-${version}`
  const members = {
    'PKG-INFO': `Metadata-Version: 2.1\nName: ${project}\nVersion: ${version}\n`,
    'pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    'backend.py': backend(project, version),
  }
  const blocks = Object.entries(members).flatMap(([name, content]) => entry(`${top}/${name}`, Buffer.from(content)))
  return upstreamFile(`${top}.tar.gz`, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])))
}

/** PEP 517 in a few lines of Python. */
function backend(project: string, version: string): string {
  return `
import os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "${project}-${version}-py3-none-any.whl"
    info = "${project}-${version}.dist-info"
    members = {
        "${project}/__init__.py": "version = '${version}'\\n",
        info + "/METADATA": "Metadata-Version: 2.1\\nName: ${project}\\nVersion: ${version}\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: unidex-tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(each + ",,\\n" for each in [*members, info + "/RECORD"])
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, content in {**members, info + "/RECORD": record}.items():
            archive.writestr(path, content)
    return name

def build_sdist(folder, config_settings=None):
    raise NotImplementedError
`
}

const BLOCK = 512

function entry(path: string, content: Buffer): Buffer[] {
  const head = Buffer.alloc(BLOCK)
  head.write(path, 0, 'latin1')
  head.write('0000644\0', 100, 'latin1')
  head.write('0000000\0', 108, 'latin1')
  head.write('0000000\0', 116, 'latin1')
  head.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  head.write('00000000000\0', 136, 'latin1')
  head.write('0', 156, 'latin1')
  head.write('ustar\x0000', 257, 'latin1')
  // The sum of all bytes, while its own place holds blanks.
  head.write('        ', 148, 'latin1')
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return [head, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]
}
