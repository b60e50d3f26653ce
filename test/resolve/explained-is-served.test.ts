/** What is explained cannot differ from what is served: random rules, upstreams and facts, asked both ways over the same server. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readRules } from '../../src/config/read-rules.ts'
import { explain } from '../../src/resolve/explanation.ts'
import { explanationJson } from '../../src/resolve/explanation-json.ts'
import { findIn } from '../../src/resolve/missing.ts'
import { filePath } from '../../src/simple/file-url.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { name } from '../support/build.ts'
import { type UpstreamFile, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const UPSTREAMS = ['corp', 'extra', 'pypi'] as const
const PROJECT = 'acme'
const DAY_MS = 24 * 60 * 60 * 1000

const aFile = fc
  .record({
    version: fc.constantFrom('1.0', '1.1', '2.0', '2.0+cpu'),
    ending: fc.constantFrom('.tar.gz', '.zip', '-py3-none-any.whl'),
    content: fc.constantFrom('a', 'b'),
    age: fc.option(fc.integer({ min: 0, max: 9 })),
    yanked: fc.constantFrom(undefined, true, 'broken <b>'),
    elsewhere: fc.nat(7),
  })
  .map(({ version, ending, content, age, yanked, elsewhere }) => {
    const filename = `${PROJECT}-${version}${ending}`
    return upstreamFile(filename, content, {
      ...(age !== null && { 'upload-time': new Date(Date.now() - age * DAY_MS - 60_000).toISOString() }),
      ...(yanked !== undefined && { yanked }),
      ...(elsewhere === 0 && { url: `https://elsewhere.example/${encodeURIComponent(filename)}` }),
    })
  })

/** undefined: it has no such project. `down`: it cannot say. */
const aPage = fc.oneof(
  { weight: 6, arbitrary: fc.uniqueArray(aFile, { maxLength: 5, selector: ({ filename }) => filename }) },
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant('down' as const) },
)

const aSetting = fc.oneof(
  fc.record({ upstreams: fc.shuffledSubarray([...UPSTREAMS], { minLength: 1 }) }),
  { weight: 3, arbitrary: fc.record({ strategy: fc.constantFrom('first-index', 'by-version', 'by-file') }) },
  fc.record({ deny: fc.constantFrom('not here', false) }),
  fc.record({ versions: fc.constantFrom('<2', '!=1.1') }),
  fc.record({ files: fc.constantFrom(['*.whl'], ['!*.zip']) }),
  fc.record({ yanked: fc.constantFrom('hide', 'keep') }),
  fc.record({ cooldown: fc.constantFrom('0d', '4d') }),
  fc.constant({ excludeNewer: new Date(Date.now() - 5 * DAY_MS).toISOString() }),
)

const aRule = fc
  .array(aSetting, { minLength: 1, maxLength: 3 })
  .map((settings) => Object.assign({}, ...settings) as object)

const aWorld = fc.record({
  pages: fc.record({ corp: aPage, extra: aPage, pypi: aPage }),
  rules: fc.array(aRule, { maxLength: 2 }),
  isPrivate: fc.nat(3).map((nth) => nth === 0),
  isOptional: fc.boolean(),
  cooldown: fc.constantFrom(undefined, '3d'),
  /** Delivered as something else. */
  delivered: fc.option(aFile),
  daysBack: fc.option(fc.integer({ min: 0, max: 8 })),
})

it('the files that are explained as served are the page; a hidden one is 403 with the reason that is explained', async () => {
  const upstreams = { corp: await simpleUpstream(), extra: await simpleUpstream(), pypi: await simpleUpstream() }
  const seen = { served: 0, hidden: 0, absent: 0, denied: 0, failed: 0, refused: 0 }

  await fc.assert(
    fc.asyncProperty(aWorld, async ({ pages, rules, isPrivate, isOptional, cooldown, delivered, daysBack }) => {
      for (const each of UPSTREAMS) {
        const page = pages[each]
        upstreams[each].projects =
          page === undefined || page === 'down' ? {} : { [PROJECT]: page satisfies UpstreamFile[] }
        upstreams[each].instead = (request, response) => {
          if (page !== 'down' || request.url === '/simple/') return false
          response.writeHead(500).end()
          return true
        }
      }
      const written = {
        upstreams: {
          corp: { url: upstreams.corp.url, private: isPrivate },
          extra: { url: upstreams.extra.url, optional: isOptional },
          pypi: { url: upstreams.pypi.url, ...(cooldown !== undefined && { cooldown }) },
        },
        indexes: {
          default: { upstreams: UPSTREAMS, rules: rules.map((rule) => ({ projects: [PROJECT], ...rule })) },
        },
      }
      let policy
      try {
        policy = readRules(JSON.stringify(written), { file: 'merge-rules.json', strict: false }).policy
      } catch {
        // Rules that are refused serve nothing.
        seen.refused += 1
        return
      }
      const state = memoryState()
      if (delivered !== null) state.served('pypi', name(PROJECT), delivered.filename, 'f'.repeat(64))
      const ends: (() => Promise<void> | void)[] = []
      const { unidex, clock, get } = await startUnidex(written, { state, atEnd: (end) => ends.push(end) })
      try {
        await unidex.listsRead()
        const view =
          daysBack === null
            ? 'default'
            : `default@${new Date(clock.now() - daysBack * DAY_MS).toISOString().slice(0, 10)}`
        const trace = await unidex.current().resolver.trace(view, name(PROJECT))
        const explanation = explain(trace, policy, clock.now())
        const page = await get(`/${view}/simple/${PROJECT}/`, { accept: 'application/vnd.pypi.simple.v1+json' })

        const { outcome } = explanation
        const finding = findIn(explanation, {}, clock.now())
        expect(outcome).toBe(await outcomeOf(page.clone()))
        if (outcome !== 'served') {
          seen[outcome] += 1
          expect([finding.served, finding.reasons.length > 0]).toEqual([false, true])
          return
        }
        const listed = ((await page.json()) as { files: { filename: string }[] }).files.map(({ filename }) => filename)
        expect(explanation.files.filter(({ served }) => served).map(({ filename }) => filename)).toEqual(listed)
        expect(finding.served).toBe(listed.length > 0)
        seen.served += listed.length

        if (trace.result.kind !== 'page') throw new Error('a page is not explained as one')
        for (const { file } of trace.result.hidden) {
          const said = explanation.files.find(
            ({ filename, upstream, served }) => filename === file.filename && upstream === file.upstream && !served,
          )
          const response = await get(`/${view}/files/${file.upstream}/${filePath(file.url)}`)
          expect([response.status, (await response.text()).trim()]).toEqual([
            403,
            expect.stringContaining(said?.reason ?? '?'),
          ])
          seen.hidden += 1
        }
        for (const { filename } of explanation.files) {
          expect(findIn(explanation, { filename }, clock.now()).served).toBe(listed.includes(filename))
        }
        expect(JSON.parse(explanationJson(explanation))).toMatchObject({ project: PROJECT, index: 'default' })
      } finally {
        for (const end of ends.toReversed()) await end()
      }
    }),
    { numRuns: 600 },
  )

  // A property that met only one kind of world would show little.
  for (const met of [seen.served, seen.hidden, seen.absent, seen.denied, seen.failed]) expect(met).toBeGreaterThan(0)
}, 60_000)

async function outcomeOf(response: Response): Promise<string> {
  if (response.status === 404) return 'absent'
  if (response.status >= 500) return 'failed'
  const { 'project-status': status } = (await response.json()) as { 'project-status'?: { reason?: string } }
  return status?.reason === 'not here' ? 'denied' : 'served'
}
