/** Load on one address: `wrk` where it is installed, else a generator of our own, in a process of its own either way. */
import { execFile, spawnSync } from 'node:child_process'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Load {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  readonly seconds: number
}

/** Name of the generator, for the report. */
export const generator = spawnSync('wrk', ['-v']).error === undefined ? 'wrk' : 'bench/load.ts'

/** Answered requests per second. @throws where an answer is neither 2xx nor 3xx */
export async function requestsPerSecond(load: Load): Promise<number> {
  const output = generator === 'wrk' ? await runWrk(load) : await runOurs(load)
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1]
  if (rate === undefined || /Non-2xx|Socket errors/.test(output))
    throw new Error(`Not every request was answered:\n${output}`)
  return Number(rate)
}

async function runWrk({ url, headers, connections, seconds }: Load): Promise<string> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const words = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, ...given, url]
  return (await promisify(execFile)('wrk', words)).stdout
}

async function runOurs(load: Load): Promise<string> {
  return (await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(load)])).stdout
}

/** Asks on each connection again as soon as it is answered. */
async function ask({ url, headers, connections, seconds }: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const end = performance.now() + seconds * 1000
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
  return answered / seconds
}

if (import.meta.main) console.log(`Requests/sec: ${await ask(JSON.parse(process.argv[2] ?? '') as Load)}`)
