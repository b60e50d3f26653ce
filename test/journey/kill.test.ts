/** Power fails while a large file is on its way: nothing half is kept, and the next start goes on as if nothing had been. */
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { temporaryFolder } from './support/programs.ts'
import { serve } from './support/server.ts'

const SLICE = 64 * 1024

describe('a server that is killed', () => {
  it('in the middle of a download gives the whole file after the next start, and leaves no rest behind', async () => {
    const large = upstreamFile('big-1.0.tar.gz', randomBytes(20_000_000))
    const upstream = await simpleUpstream({ big: [large] })
    let isSlow = true
    upstream.instead = (request, response) => {
      if (!isSlow || request.url?.startsWith('/files/') !== true) return false
      void (async () => {
        response.writeHead(200, { 'Content-Length': large.bytes.length })
        for (let at = 0; at < large.bytes.length && !response.destroyed; at += SLICE) {
          response.write(large.bytes.subarray(at, at + SLICE))
          await sleep(20)
        }
        response.end()
      })()
      return true
    }
    const folder = temporaryFolder()
    const rules = { upstreams: { pypi: { url: upstream.url } }, indexes: { default: { upstreams: ['pypi'] } } }
    const path = `/files/pypi/${new URL(upstream.url).host}/files/${large.filename}`

    const killed = await serve({ folder, rules })
    const cut = await fetch(killed.origin + path)
    const received = await readUntil(cut, 2_000_000)
    expect(filesBelow(folder).filter(isDraft)).toHaveLength(1)
    await killed.end('SIGKILL')
    await expect(received.rest()).rejects.toThrow('terminated')
    expect(filesBelow(folder).filter(isDraft)).toHaveLength(1)

    isSlow = false
    const { origin, end } = await serve({ folder, rules })
    onTestFinished(async () => void (await end()))
    const whole = Buffer.from(await (await fetch(origin + path)).arrayBuffer())
    expect(sha256(whole)).toBe(sha256(large.bytes))
    expect(filesBelow(folder).filter(isDraft)).toEqual([])
  })
})

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((each) =>
    each.isFile() ? [join(each.parentPath, each.name)] : [],
  )

const isDraft = (path: string) => path.includes('/drafts/')

/** Reads at least `bytes`; the rest can be read afterwards. */
async function readUntil(response: Response, bytes: number) {
  const reader = response.body?.getReader()
  if (reader === undefined) throw new Error('There is no body')
  for (let received = 0; received < bytes;) {
    const { value, done } = await reader.read()
    if (done) throw new Error('The body ended')
    received += value.length
  }
  return {
    async rest() {
      while (!(await reader.read()).done);
    },
  }
}
