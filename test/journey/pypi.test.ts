/** The first thing that anybody does: start it without settings, and install well-known projects of PyPI through it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ALL_CLIENTS, CLIENT_PROGRAMS, installWell } from './support/clients.ts'
import { PROGRAMS, describeWith, runWell, temporaryFolder } from './support/programs.ts'
import { type RunningServer, serve } from './support/server.ts'

const PROJECTS = ['fastapi', 'pandas', 'boto3', 'rich']

describeWith(CLIENT_PROGRAMS)('without any setting, in front of PyPI', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await serve({ folder: temporaryFolder(afterAll) })
  })
  afterAll(async () => void (await server.end()))

  it.each(ALL_CLIENTS)('%s installs fastapi, pandas, boto3 and rich, and they work', async (client) => {
    const { python, versions } = await installWell(client, server.indexUrl, ...PROJECTS)
    for (const project of PROJECTS) expect(versions).toHaveProperty(project)
    expect(await python('import fastapi, pandas, boto3, rich; print(pandas.Series([1, 2]).sum())')).toBe('3\n')
  })

  it('a lock with hashes is the one that PyPI itself gives', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'requirements.in'), PROJECTS.join('\n'))
    const lock = async (indexUrl: string) => {
      const words = [
        'pip',
        'compile',
        '--no-config',
        '--no-cache',
        '--generate-hashes',
        '--no-header',
        '--no-annotate',
        '--default-index',
        indexUrl,
      ]
      return (await runWell(PROGRAMS.uv, [...words, '--python', PROGRAMS.python, 'requirements.in'], { folder })).stdout
    }
    const [ours, theirs] = await Promise.all([lock(server.indexUrl), lock('https://pypi.org/simple/')])
    expect(ours).toContain('--hash=sha256:')
    expect(ours).toBe(theirs)
  })
})
