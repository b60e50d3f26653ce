/** What upstreams and clients write stays text on every page: no element, no attribute, no sign that turns the order of others. */
import { describe, expect, it } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const EVIL = `"><img src=x onerror=alert(1)>'\u202e`

async function setUp() {
  const pypi = await simpleUpstream({
    acme: [
      upstreamFile('acme-1.0.tar.gz', 'one', { yanked: EVIL, 'requires-python': `>=3 ${EVIL}` }),
      upstreamFile('acme-2.0.tar.gz'),
    ],
  })
  const unidex = await startUnidex({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'], rules: [{ projects: ['denied'], deny: EVIL }] } },
  })
  const page = async (path: string) => {
    const response = await unidex.get(path, { accept: 'text/html' })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return { pypi, page, ...unidex }
}

function expectHarmless(text: string): void {
  expect(text).not.toMatch(/<img|<script|onerror=[^&]*>/)
  expect(text).not.toMatch(/\p{Cf}/u)
}

describe('a page for people', () => {
  it('shows what upstreams and rules say as text, in an element of its own direction', async () => {
    const { page } = await setUp()
    const acme = await page('/projects/acme')
    expect(acme.text).toContain('<bdi>&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#39;\\u{202e}</bdi>')
    const denied = await page('/projects/denied')
    expect(denied.text).toContain('&lt;img')
    for (const { text } of [acme, denied, await page('/-/rules')]) expectHarmless(text)
  })

  it('shows what the reader asked for as text', async () => {
    const { page } = await setUp()
    const { text } = await page(`/projects/acme?text=${encodeURIComponent(EVIL)}&upstream=${encodeURIComponent(EVIL)}`)
    expect(text).toContain('value="&quot;&gt;&lt;img')
    expect(text).not.toMatch(/<img|<script/)
  })

  it('allows no script, no frame and no asset, and only its own style sheet', async () => {
    const { page } = await setUp()
    for (const path of ['/', '/projects/acme', '/projects/nobody', '/-/rules']) {
      const { headers, text } = await page(path)
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
      )
      expect(text).not.toMatch(/<script|style="|src="| on[a-z]+="/)
    }
  })
})
