/** What reaches the person who installs: the words behind a status, since clients show nothing of a body. */
import { expect, it, onTestFinished } from 'vitest'
import { simpleUpstream } from '../support/simple-upstream.ts'
import { ALL_CLIENTS, CLIENT_PROGRAMS, install } from './support/clients.ts'
import { describeWith, temporaryFolder } from './support/programs.ts'
import { serve } from './support/server.ts'
import { wheel } from './support/wheel.ts'

async function setUp() {
  const pypi = await simpleUpstream({ acme: [wheel('acme', '1.0'), wheel('acme', '1.1')] })
  const gone = await simpleUpstream({})
  await gone.stop()
  const rules = {
    upstreams: { pypi: { url: pypi.url }, gone: { url: gone.url } },
    indexes: {
      default: {
        upstreams: ['pypi'],
        rules: [
          { projects: ['acme'], versions: '<1.1' },
          { projects: ['lost'], upstreams: ['gone'] },
        ],
      },
    },
  }
  const server = await serve({ folder: temporaryFolder(), rules })
  onTestFinished(async () => void (await server.end()))
  const hidden = `${server.origin}/files/pypi/${new URL(pypi.url).host}/files/acme-1.1-py3-none-any.whl`
  return { ...server, hidden }
}

describeWith(CLIENT_PROGRAMS)('an error that teaches', () => {
  it.each(ALL_CLIENTS)('%s shows why a file is hidden, and where to read more', async (client) => {
    const { indexUrl, origin, hidden } = await setUp()
    const { code, output } = await install(client, indexUrl, `acme @ ${hidden}`)
    expect(code).not.toBe(0)
    expect(output.replaceAll(/\s+/g, ' ')).toContain(
      'acme-1.1-py3-none-any.whl of upstream pypi is hidden by the rule versions: <1.1',
    )
    expect(output).toContain(`more at ${origin}/projects/acme`)
  })

  it('uv shows which upstream cannot say, and where to read more', async () => {
    const { indexUrl, origin } = await setUp()
    const { output } = await install('uv', indexUrl, 'lost')
    expect(output).toContain('cannot say (GET /simple/lost/ failed: no connection')
    expect(output).toContain(`more at ${origin}/projects/lost`)
  })
})
