/** The pages for people in a real browser: two widths, light and dark, without script; `UNIDEX_PICTURES=FOLDER` keeps pictures. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dayOf } from '../../src/stats/day.ts'
import { name } from '../support/build.ts'
import { serveUnidex } from '../support/serving.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { testStats } from '../support/stats.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const PICTURES = process.env['UNIDEX_PICTURES']
const DAY = 24 * 60 * 60 * 1000

const isMissing = !existsSync(CHROMIUM) && process.env['CI'] === undefined
if (isMissing) process.stderr.write(`Skipped: there is no browser at ${CHROMIUM} (CHROMIUM names another)\n`)

const uploaded = (filename: string, daysAgo: number, more: object = {}) =>
  upstreamFile(filename, filename, { 'upload-time': new Date(Date.now() - daysAgo * DAY).toISOString(), ...more })

/** 2,200 versions with two files each, the newest of them of today. */
const LARGE = Array.from({ length: 2200 }, (_, i) => {
  const version = `${1 + Math.floor(i / 100)}.${i % 100}.0`
  return ['-py3-none-any.whl', '.tar.gz'].map((end) => uploaded(`large-${version}${end}`, 2199 - i))
}).flat()

const NORMAL = [
  ...Array.from({ length: 14 }, (_, i) =>
    ['-py3-none-any.whl', '.tar.gz'].map((end) => uploaded(`normal-1.${i}${end}`, 400 - i * 30)),
  ).flat(),
  uploaded('normal-2.0-py3-none-any.whl', 1, { 'requires-python': '>=3.11' }),
  uploaded('normal-1.14.tar.gz', 20, { yanked: '<b>broken</b> \u202egnorw' }),
]

async function setUp() {
  const corp = await simpleUpstream({ 'acme-core': [uploaded('acme_core-1.0.tar.gz', 50)] })
  const extra = await simpleUpstream({ normal: [uploaded('normal-1.3.tar.gz', 300)] })
  const pypi = await simpleUpstream({ large: LARGE, normal: NORMAL, empty: [] })
  const stats = testStats()
  const unidex = await serveUnidex(
    {
      upstreams: {
        corp: { url: corp.url, private: true, owns: ['acme-*'] },
        extra: { url: extra.url },
        pypi: { url: pypi.url, cooldown: '3d' },
      },
      indexes: {
        default: {
          upstreams: ['corp', 'extra', 'pypi'],
          rules: [
            { projects: ['normal'], upstreams: ['pypi', 'extra'], strategy: 'by-file' },
            { projects: ['requestes'], deny: 'a typosquat of requests' },
          ],
        },
        'data-team': { upstreams: ['corp', 'pypi'] },
      },
    },
    { stats },
  )
  for (const project of ['normal', 'large', 'empty', 'acme-core', 'nobody']) await unidex.get(`/simple/${project}/`)
  return { corp, extra, pypi, stats, ...unidex }
}

const LOOKS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const

describe.skipIf(isMissing)('a page in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())

  /** Looked at in every way: nothing wider than the window, no finding, nothing that the policy had to stop. */
  async function look(url: string, name: string, act: (page: Page) => Promise<void> = async () => {}) {
    for (const { width, colorScheme } of LOOKS) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true })
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      await page.goto(url)
      await act(page)
      if (PICTURES !== undefined)
        await page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`), fullPage: true })
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      await page.addScriptTag({ path: AXE })
      const findings = await page.evaluate<string[]>(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" ")}`))',
      )
      expect({ name, width, colorScheme, overflow, findings }).toEqual({
        name,
        width,
        colorScheme,
        overflow: 0,
        findings: [],
      })
      // The answer's own status is no complaint about the page.
      expect(complaints.filter((each) => !each.includes('the server responded with a status'))).toEqual([])
      await context.close()
    }
  }

  it('says how the upstreams are, and can be read in every look', async () => {
    const { origin, pypi, get } = await setUp()
    await look(`${origin}/`, 'front')
    pypi.instead = (_, response) => {
      response.writeHead(500).end()
      return true
    }
    for (const project of ['large2', 'other', 'third']) await get(`/simple/${project}/`)
    await look(`${origin}/`, 'front-down', async (page) => {
      expect(await page.getByText('failed', { exact: false }).count()).toBeGreaterThan(0)
    })
    await look(`${origin}/projects/somebody`, 'project-down')
  })

  it('shows a project with its verdicts in every look', async () => {
    const { origin } = await setUp()
    await look(`${origin}/projects/normal`, 'normal', async (page) => {
      expect(await page.title()).toBe('normal in default – Unidex')
      expect(await page.locator('b').count()).toBe(0)
    })
    await look(`${origin}/projects/large`, 'large', async (page) => {
      expect(await page.locator('details[open]').count()).toBe(1)
    })
    await look(`${origin}/projects/empty`, 'empty')
    await look(`${origin}/projects/nobody`, 'nobody')
    await look(`${origin}/projects/requestes`, 'denied')
    await look(`${origin}/data-team/projects/acme-core`, 'owned')
    await look(`${origin}/-/rules`, 'rules')
  })

  it('shows downloads in every look', async () => {
    const { origin, stats } = await setUp()
    await look(`${origin}/stats/`, 'downloads-none')
    const rows = [
      ['normal', 'corp'],
      ['large', 'pypi'],
      ['a-project-with-a-long-name-that-somebody-thought-of', 'pypi'],
    ]
    for (let daysAgo = 1; daysAgo < 60; daysAgo += 1) {
      const day = dayOf(Date.now() - daysAgo * DAY)
      stats.add(
        rows.map(([project = '', upstream = ''], i) => ({
          day,
          file: {
            project: name(project),
            filename: `${project}-1.${daysAgo % 20}.tar.gz`,
            upstream,
            isPrivate: i === 0,
          },
          client: i === 0 ? `pip/26.${daysAgo % 3}` : 'uv/0.13.9',
          count: ((daysAgo * 37) % 50) * (i + 1),
        })),
      )
    }
    await look(`${origin}/stats/?days=90`, 'downloads')
    await look(`${origin}/stats/projects/normal`, 'downloads-project', async (page) => {
      expect(await page.title()).toBe('Downloads of normal – Unidex')
    })
  })

  it('is used with the keyboard alone and without script, under its own policy', async () => {
    const { origin } = await setUp()
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(origin)
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
    await page.getByRole('textbox', { name: 'Project' }).fill('Large')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/projects/large')
    expect(await page.evaluate('getComputedStyle(document.querySelector("main")).maxWidth')).toBe('1024px')
    await page.getByLabel('Filename has').fill('large-22.99')
    await page.getByRole('button', { name: 'Filter' }).click()
    expect(await page.locator('.file').allTextContents()).toEqual([
      'large-22.99.0-py3-none-any.whl',
      'large-22.99.0.tar.gz',
    ])
    await page.goto(`${origin}/projects/large`)
    await page.getByRole('link', { name: 'Older versions' }).click()
    await page.waitForURL('**part=2**')
    await context.close()
  })
})
