/** pip-compile --generate-hashes, which knows hashes from PyPI's JSON API alone: what it does not find there, it downloads. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PROGRAMS, describeWith, runWell, temporaryFolder } from './support/programs.ts'
import { pypiServer, PASSWORD, USERNAME } from './support/pypiserver.ts'
import { serve } from './support/server.ts'
import { wheel } from './support/wheel.ts'

const PROJECTS = ['fastapi', 'pandas', 'boto3', 'rich']

async function lock(indexUrl: string, ...projects: string[]): Promise<string> {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'requirements.in'), projects.join('\n'))
  const words = [
    '--generate-hashes',
    '--no-header',
    '--no-annotate',
    '--no-emit-index-url',
    '--no-config',
    '--strip-extras',
  ]
  const own = ['--cache-dir', join(folder, 'cache'), '--output-file', '-', '--quiet', '--index-url', indexUrl]
  return (
    await runWell(PROGRAMS.pipCompile, [...words, ...own, 'requirements.in'], { folder, environment: { HOME: folder } })
  ).stdout
}

describeWith(['pipCompile', 'python'])('pip-compile with hashes', () => {
  it('locks what PyPI itself gives, beside a private project, and downloads no file', async () => {
    const corp = await pypiServer(wheel('acme_tools', '1.0', { requires: ['rich'] }))
    const server = await serve({
      folder: temporaryFolder(),
      rules: {
        upstreams: {
          corp: { url: corp.url, private: true, auth: { username: USERNAME, password: { env: 'CORP_PASSWORD' } } },
          pypi: { url: 'https://pypi.org/simple/' },
        },
        indexes: { default: { upstreams: ['pypi'] }, team: { upstreams: ['corp', 'pypi'] } },
      },
      environment: { CORP_PASSWORD: PASSWORD },
    })
    const [ours, theirs, team] = await Promise.all([
      lock(server.indexUrl, ...PROJECTS),
      lock('https://pypi.org/simple/', ...PROJECTS),
      lock(`${server.origin}/team/simple/`, 'acme-tools'),
    ])
    await server.end()
    expect(ours).toContain('--hash=sha256:')
    expect(ours).toBe(theirs)
    expect(team).toMatch(/^acme-tools==1\.0 \\\n +--hash=sha256:/)
    const asked = Array.from(server.stderr().matchAll(/ request .*path=(\S+)/g), ([, path]) => path ?? '')
    expect(asked.filter((path) => path.endsWith('/json')).length).toBeGreaterThan(PROJECTS.length)
    expect(asked.filter((path) => path.includes('/files/') && !path.endsWith('.metadata'))).toEqual([])
  })
})
