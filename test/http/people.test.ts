/** Pages for people as a client gets them: what they say, under which status, and whom they ask. */
import { describe, expect, it } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

async function setUp() {
  const corp = await simpleUpstream({ 'acme-core': [upstreamFile('acme_core-1.0.tar.gz')] })
  const pypi = await simpleUpstream({ tool: [upstreamFile('tool-1.0.tar.gz'), upstreamFile('tool-2.0.tar.gz')] })
  const unidex = await startUnidex(
    {
      upstreams: {
        corp: {
          url: corp.url,
          private: true,
          owns: ['acme-*'],
          auth: { username: 'ci', password: { env: 'CORP_PASSWORD' } },
        },
        pypi: { url: pypi.url },
      },
      indexes: {
        default: { upstreams: ['corp', 'pypi'], rules: [{ projects: ['tool'], versions: '<2' }] },
        open: { upstreams: ['pypi'] },
      },
    },
    { environment: { CORP_PASSWORD: 'hush-hush' } },
  )
  const asking = async (path: string, accept = 'text/html') => {
    const response = await unidex.get(path, { accept })
    return { status: response.status, text: await response.text(), location: response.headers.get('location') }
  }
  return { corp, pypi, asking, ...unidex }
}

describe('the page of a project', () => {
  it('says what is served, what is hidden, and by which line', async () => {
    const { asking } = await setUp()
    const { status, text } = await asking('/projects/tool')
    expect(status).toBe(200)
    expect(text).toContain('<title>tool in default – Unidex</title>')
    expect(text).toContain(
      'tool-2.0.tar.gz of upstream pypi is hidden by the rule versions: &lt;2 (merge-rules.json:1)',
    )
  })

  it('is the explanation itself for a program', async () => {
    const { asking } = await setUp()
    const { text } = await asking('/projects/tool', 'application/json')
    expect(JSON.parse(text)).toMatchObject({
      project: 'tool',
      outcome: 'served',
      files: [
        { filename: 'tool-1.0.tar.gz', served: true },
        { filename: 'tool-2.0.tar.gz', served: false },
      ],
    })
  })

  it('shows what the reader filters for', async () => {
    const { asking } = await setUp()
    expect((await asking('/projects/tool?show=served')).text).not.toContain('>tool-2.0.tar.gz<')
    expect((await asking('/projects/tool?text=2.0')).text).not.toContain('>tool-1.0.tar.gz<')
  })

  it('is 404 for a name that nobody has, 503 while nobody can say, and asks no more than a client does', async () => {
    const { asking, pypi, corp } = await setUp()
    expect((await asking('/projects/nobody')).status).toBe(404)
    expect((await asking('/open/projects/acme-core')).status).toBe(404)
    expect(pypi.requests).not.toContain('GET /simple/acme-core/')
    await corp.stop()
    const { status, text } = await asking('/projects/acme-core')
    expect(status).toBe(503)
    expect(text).toContain('cannot be said now')
    expect(pypi.requests).not.toContain('GET /simple/acme-core/')
  })

  it('is 502 with what to do, as for a client, where an upstream refuses us: waiting would not help', async () => {
    const { asking, corp } = await setUp()
    corp.instead = (_request, response) => {
      response.writeHead(401).end()
      return true
    }
    const [page, program] = [
      await asking('/projects/acme-core'),
      await asking('/projects/acme-core', 'application/json'),
    ]
    expect([page.status, program.status, JSON.parse(program.text)]).toEqual([
      502,
      502,
      expect.objectContaining({ outcome: 'failed', mayHeal: false }),
    ])
  })

  it('exists for views of a date, and for no index that there is not', async () => {
    const { asking } = await setUp()
    expect((await asking('/open@2020-01-31/projects/tool')).text).toContain('as it stood at')
    expect((await asking('/elsewhere/projects/tool')).status).toBe(404)
  })

  it('is found by the form, which leads to its address and nowhere else', async () => {
    const { asking } = await setUp()
    expect(await asking('/projects/?name=Acme_Core')).toMatchObject({ status: 303, location: 'acme-core' })
    expect(await asking('/projects/?name=tool&index=open')).toMatchObject({ location: '../open/projects/tool' })
    expect(await asking('/projects/?name=tool&index=//evil.example')).toMatchObject({ location: 'tool' })
    expect(await asking('/projects/?name=//evil.example')).toMatchObject({ status: 404, location: null })
  })
})

describe('the front page', () => {
  it.each([
    'pip config set',
    '[[tool.uv.index]]',
    '[[tool.poetry.source]]',
    '[[tool.pdm.source]]',
    'verify_ssl = true',
  ])('has lines to copy for each client, with the address of each index: %s', async (said) => {
    const { asking } = await setUp()
    const blocks = (await asking('/')).text.match(/<code>.*?<\/code>/gs)?.filter((each) => each.includes(said)) ?? []
    const addresses = blocks.map((each) => /http:\S+?\/simple\//.exec(each)?.[0])
    expect(addresses).toEqual(['http://127.0.0.1:8642/simple/', 'http://127.0.0.1:8642/open/simple/'])
  })

  it('says which upstream fails, and what was served nevertheless', async () => {
    const { asking, pypi, clock, get } = await setUp()
    expect((await asking('/')).text).toContain('Every answer was confirmed by its upstreams.')
    await get('/simple/tool/')
    await pypi.stop()
    clock.forward(3_600_000)
    expect((await get('/simple/tool/')).status).toBe(200)
    const { text } = await asking('/')
    expect(text).toContain('Served as it was kept')
    expect(text).toContain('<a href="projects/tool">')
    expect(text).toMatch(/down, left alone|failed last/)
  })
})

describe('the page of the rules', () => {
  it('has the sentences of check, and no secret', async () => {
    const { asking } = await setUp()
    const { text } = await asking('/-/rules')
    expect(text).toContain('from the environment variable CORP_PASSWORD')
    expect(text).not.toContain('hush-hush')
  })
})
