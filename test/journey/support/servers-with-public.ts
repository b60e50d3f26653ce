/** Servers that give the projects of a public index as if they were theirs, each in front of a small one. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type IndexServer, address, devpiIndex, installed, launch, proxpiOver, pypiServerOn } from './index-servers.ts'
import { runWell } from './programs.ts'
import { wheel } from './wheel.ts'

type Started = Pick<IndexServer, 'url' | 'stop'>

interface WithPublic {
  readonly program: string
  start(folder: string, publicUrl: string): Promise<Started>
}

/** Has what every copy of PyPI has. */
export async function publicIndex(folder: string): Promise<Started> {
  for (const project of ['pip', 'setuptools', 'idna']) {
    const { filename, bytes } = wheel(project, '1.0')
    writeFileSync(join(folder, filename), bytes)
  }
  return pypiServerOn(folder, '--disable-fallback')
}

export const SERVERS_WITH_PUBLIC: Readonly<Record<string, WithPublic>> = {
  'devpi-server, an index over a mirror': {
    program: installed('devpi', 'devpi-server'),
    async start(folder, publicUrl) {
      await runWell(installed('devpi', 'devpi-init'), ['--serverdir', folder, '--no-root-pypi'])
      const { port, origin } = await address()
      const words = ['--serverdir', folder, '--host', '127.0.0.1', '--port', port]
      const server = await launch(installed('devpi', 'devpi-server'), words, `${origin}/+api`)
      await devpiIndex(origin, 'mirror', { type: 'mirror', mirror_url: publicUrl })
      await devpiIndex(origin, 'private', { type: 'stage', bases: ['root/mirror'] })
      return { ...server, url: `${origin}/root/private/+simple/` }
    },
  },
  'simple-repository-server over a folder and an index': {
    program: installed('simple-repository-server', 'simple-repository-server'),
    async start(folder, publicUrl) {
      const { port, origin } = await address()
      const program = installed('simple-repository-server', 'simple-repository-server')
      const server = await launch(
        program,
        ['--host', '127.0.0.1', '--port', port, folder, publicUrl],
        `${origin}/simple/`,
      )
      return { ...server, url: `${origin}/simple/` }
    },
  },
  proxpi: {
    program: installed('proxpi', 'gunicorn'),
    start: (_, publicUrl) => proxpiOver(publicUrl),
  },
}
