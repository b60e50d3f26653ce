/** Asks for one address again and again, in a process of its own, and says how long the slowest answer took. */
import { Agent, get } from 'node:http'

/** Between two questions, in ms. */
const PAUSE_MS = 1

const [url = ''] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let slowestMs = 0
let asked = 0

function ask(): void {
  const startedAt = performance.now()
  get(url, { agent, headers: { Accept: 'application/vnd.pypi.simple.v1+json' } }, (response) => {
    response.resume().on('end', () => {
      if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode}`)
      slowestMs = Math.max(slowestMs, performance.now() - startedAt)
      asked += 1
      setTimeout(ask, PAUSE_MS)
    })
  })
}

process.on('message', () => {
  process.send?.({ slowestMs, asked })
  slowestMs = asked = 0
})
process.on('disconnect', () => process.exit())
ask()
console.log(`Probes what serves ${url}`)
