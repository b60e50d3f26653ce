/** Load on one address: `wrk` where it is installed, else a generator of our own, in a process of its own either way. */
import { execFile, spawnSync } from 'node:child_process'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Load {
  /** Our own generator where an answer may take longer than the whole measurement: wrk counts none that is under way. */
  readonly slow?: boolean
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  readonly seconds: number
}

/** Name of the generator, for the report. */
export const generator = spawnSync('wrk', ['-v']).error === undefined ? 'wrk' : 'bench/load.ts'

/** Answered requests per second. @throws where an answer is neither 2xx nor 3xx */
export async function requestsPerSecond(load: Load): Promise<number> {
  const output = generator === 'wrk' && load.slow !== true ? await runWrk(load) : await runOurs(load)
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1]
  if (rate === undefined || /Non-2xx|Socket errors/.test(output))
    throw new Error(`Not every request was answered:\n${output}`)
  return Number(rate)
}

async function runWrk({ url, headers, connections, seconds }: Load): Promise<string> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const words = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '30s', ...given, url]
  return (await promisify(execFile)('wrk', words)).stdout
}

async function runOurs(load: Load): Promise<string> {
  return (await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(load)])).stdout
}

/**
 * Asks on each connection again as soon as it is answered, and waits for the last answers: where one takes long, those under
 * way at the end are most of them.
 */
async function ask({ url, headers, connections, seconds }: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const start = performance.now()
  const end = start + seconds * 1000
  let answered = 0
  const once = () =>
    new Promise<void>((resolve, reject) => {
      get(url, { agent, headers }, (response) => {
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`Non-2xx: ${response.statusCode}`))
        response.resume().on('end', resolve).on('error', reject)
      }).on('error', reject)
    })
  const connection = async () => {
    for (; performance.now() < end; answered += 1) await once()
  }
  await Promise.all(Array.from({ length: connections }, connection))
  agent.destroy()
  return (answered * 1000) / (performance.now() - start)
}

if (import.meta.main) console.log(`Requests/sec: ${await ask(JSON.parse(process.argv[2] ?? '') as Load)}`)
