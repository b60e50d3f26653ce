/** Clients of one file that is on its way: who leaves is not missed, and when all have left the upstream is left alone too. */
import { readdirSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { content } from '../disk/product.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import { SOON, openCrowd } from './crowd.ts'

const BYTES = 8_000_000
const LARGE = upstreamFile('large-1.0.tar.gz', content('large', BYTES))
/** Shows when the time is over in which a transfer that everybody left could still be joined. */
const OTHER = upstreamFile('other-1.0.tar.gz', content('other', BYTES))

/** An upstream that has sent so many bytes of `LARGE`, and waits; of `OTHER` it sends just enough to begin. */
async function setUp(sentBytes: number) {
  const crowd = await openCrowd()
  const { pypi } = crowd
  pypi.projects['large'] = [LARGE]
  pypi.projects['other'] = [OTHER]
  const answers: ServerResponse[] = []
  let other: ServerResponse | undefined
  pypi.instead = (request, response) => {
    if (request.url === `/files/${LARGE.filename}`) answers.push(send(response, LARGE.bytes, sentBytes))
    else if (request.url === `/files/${OTHER.filename}`) other = send(response, OTHER.bytes, 100_000)
    else return false
    return true
  }
  const folder = join(crowd.folder, 'files', 'drafts')
  const visitFile = (filename: string) => crowd.visit(`/files/pypi/${new URL(pypi.url).host}/files/${filename}`)
  return {
    ...crowd,
    answers,
    visit: () => visitFile(LARGE.filename),
    /** From now on nothing waits. */
    goOn() {
      pypi.instead = undefined
      for (const answer of answers) answer.end(LARGE.bytes.subarray(sentBytes))
    },
    /** Until a transfer that was left before would have ended. */
    async untilGraceIsOver() {
      const visitor = visitFile(OTHER.filename)
      await visitor.begun
      visitor.leave()
      await expect.poll(() => other?.closed, SOON).toBe(true)
    },
    /** How often the upstream was asked for the file. */
    asked: () => pypi.requests.filter((each) => each === `GET /files/${LARGE.filename}`).length,
    drafts: () => readdirSync(folder),
    draftBytes: () => Math.max(...readdirSync(folder).map((name) => statSync(join(folder, name)).size)),
  }
}

function send(response: ServerResponse, bytes: Buffer, length: number): ServerResponse {
  response.writeHead(200, { 'Content-Length': bytes.length }).write(bytes.subarray(0, length))
  return response
}

describe('of the clients of a file that is on its way', () => {
  it.each([
    ['before a byte of it came', 0],
    ['in the middle of it', 2_000_000],
  ])('those who leave %s are not missed', async (_when, sentBytes) => {
    const { visit, goOn, answers, asked, drafts } = await setUp(sentBytes)
    const visitors = [visit(), visit(), visit(), visit()]
    await expect.poll(() => answers.length, SOON).toBe(1)
    if (sentBytes > 0) await Promise.all(visitors.map(({ begun }) => begun))
    for (const each of visitors.splice(0, 2)) each.leave()
    goOn()
    for (const each of await Promise.all(visitors.map(({ whole }) => whole)))
      expect(each).toEqual({ status: 200, body: LARGE.bytes })
    expect(asked()).toBe(1)
    await expect.poll(drafts, SOON).toEqual([])
  })

  it.each([
    ['at its beginning', 100_000],
    ['in the middle of it', 2_000_000],
  ])('when all have left %s the transfer ends, and its draft goes', async (_when, sentBytes) => {
    const { visit, goOn, answers, drafts, events } = await setUp(sentBytes)
    const visitors = [visit(), visit(), visit()]
    await Promise.all(visitors.map(({ begun }) => begun))
    await expect.poll(drafts, SOON).toHaveLength(1)
    for (const each of visitors) each.leave()
    await expect.poll(() => answers.map(({ closed }) => closed), SOON).toEqual([true])
    await expect.poll(drafts, SOON).toEqual([])
    expect(events.filter(({ event }) => event === 'file_refused' || event === 'bug')).toEqual([])

    goOn()
    expect(await visit().whole).toEqual({ status: 200, body: LARGE.bytes })
  })

  it('one who comes just after the last has left finds it still going', async () => {
    const { visit, goOn, asked, untilGraceIsOver } = await setUp(2_000_000)
    const first = visit()
    await first.begun
    first.leave()
    const second = visit()
    await second.begun
    await untilGraceIsOver()
    goOn()
    expect(await second.whole).toEqual({ status: 200, body: LARGE.bytes })
    expect(asked()).toBe(1)
  })

  it('when all have left near its end the rest is fetched, since it will be wanted again', async () => {
    const { visit, goOn, asked, draftBytes, untilGraceIsOver } = await setUp(7_000_000)
    const visitor = visit()
    await visitor.begun
    await expect.poll(draftBytes, SOON).toBeGreaterThan(BYTES / 2)
    visitor.leave()
    await untilGraceIsOver()
    goOn()
    expect(await visit().whole).toEqual({ status: 200, body: LARGE.bytes })
    expect(asked()).toBe(1)
  })
})

it('of the clients of several kept files each gets its own, whoever leaves in the middle', async () => {
  const { pypi, visit } = await openCrowd()
  const files = ['one', 'two', 'three'].map((name) => upstreamFile(`${name}-1.0.tar.gz`, content(name, 3_000_000)))
  for (const file of files) pypi.projects[file.filename.split('-')[0] ?? ''] = [file]
  const visitFile = ({ filename }: (typeof files)[number]) =>
    visit(`/files/pypi/${new URL(pypi.url).host}/files/${filename}`)
  for (const file of files) expect((await visitFile(file).whole).body.equals(file.bytes)).toBe(true)
  for (let round = 0; round < 5; round += 1) {
    const visitors = files.flatMap((file) => [1, 2, 3].map(() => ({ file, visitor: visitFile(file) })))
    const [left, stayed] = [visitors.filter((_, nth) => nth % 3 === 0), visitors.filter((_, nth) => nth % 3 > 0)]
    for (const { visitor } of left) void visitor.begun.then(() => visitor.leave())
    for (const { file, visitor } of stayed) expect((await visitor.whole).body.equals(file.bytes)).toBe(true)
  }
})
