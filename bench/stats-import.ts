/** How fast an access log of ten million lines is counted, and in how much memory, beside `zcat | awk` with the same sum. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { type Row, row } from './figures.ts'
import { cleanEnvironment, topic } from './harness.ts'
import { usage } from './processes.ts'

const TOPIC = 'stats-import'
const LINES = 10_000_000
const LINES_OF_PIECE = 1000
const LOOK_EVERY_MS = 50
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** What a mirror sees: most ask for few files, and one line in ten is something else. */
const FILES = 50_000
const CLIENTS = [
  ...Array.from({ length: 10 }, (_, i) => String.raw`pip/26.${i} {\x22ci\x22:null,\x22cpu\x22:\x22x86_64\x22}`),
  ...Array.from({ length: 10 }, (_, i) => String.raw`uv/0.13.${i} {\x22installer\x22:{\x22name\x22:\x22uv\x22}}`),
  'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
]

/** By day, filename and the user agent up to its first blank: the same sum but for the names of clients. */
const AWK = `
{ split($2, request, " "); split($3, answer, " ") }
request[1] == "GET" && answer[1] == 200 {
  parts = split(request[2], path, "/"); split($6, client, " ")
  count[substr($1, index($1, "[") + 1, 11) " " path[parts] " " client[1]] += 1
}
END { for (key in count) sum += count[key]; print sum }
`

await topic(async ({ folder }) => {
  const log = join(folder, 'access.log.gz')
  await pipeline(pieces, createGzip({ level: 1 }), createWriteStream(log))
  const program = join(folder, 'sum.awk')
  writeFileSync(program, AWK)
  const awk = await run('bash', ['-c', `zcat "$0" | awk -F '"' -f "$1"`, log, program])
  const ours = await run(process.execPath, [MAIN, 'stats', 'import', '--data', join(folder, 'data'), log])
  const [expected, counted] = [
    Number(awk.output),
    Number(/: ([\d,]+) downloads/.exec(ours.output)?.[1]?.replaceAll(',', '')),
  ]
  if (expected !== counted) throw new Error(`awk counts ${expected} downloads, Unidex ${counted}: ${ours.output}`)
  const rows: Row[] = []
  for (const [contender, { seconds, rssBytes }] of [
    ['Unidex', ours],
    ['zcat | awk', awk],
  ] as const) {
    const isOurs = contender === 'Unidex'
    const named = { topic: TOPIC, contender, case: '10 million lines, gzip' }
    const against = isOurs && { against: { name: 'zcat | awk', values: [LINES / awk.seconds] } }
    rows.push(row({ ...named, unit: 'lines/s', values: [LINES / seconds], ...against }))
    if (rssBytes > 0)
      rows.push(row({ ...named, unit: 'MB', values: [rssBytes / 1e6], ...(isOurs && { goal: '≤ 400 MB' }) }))
  }
  return rows
})

/** How long it takes, and the most memory that it was seen to hold with all that it starts. */
async function run(program: string, words: readonly string[]) {
  const startedAt = performance.now()
  const child = spawn(program, words, {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: cleanEnvironment(),
  })
  let [output, rssBytes] = ['', 0]
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  const looking = setInterval(() => {
    rssBytes = Math.max(rssBytes, usage(child.pid ?? 0)?.rssBytes ?? 0)
  }, LOOK_EVERY_MS)
  const [code] = await once(child, 'close')
  clearInterval(looking)
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${output}`)
  return { output, rssBytes, seconds: (performance.now() - startedAt) / 1000 }
}

/** Twenty days; the same at each run. */
function* pieces(): Generator<string, void> {
  let state = 1
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  for (let start = 0; start < LINES; start += LINES_OF_PIECE) {
    let piece = ''
    for (let i = start; i < start + LINES_OF_PIECE; i += 1) piece += line(i, random)
    yield piece
  }
}

function line(i: number, random: () => number): string {
  // The square of the square: a few files are asked for again and again.
  const file = Math.floor(random() ** 4 * FILES)
  const second = Math.floor((i / LINES) * 20 * 86_400)
  const time = new Date(Date.UTC(2026, 10, 1) + second * 1000).toISOString()
  const path = `/packages/${hex(file, 2)}/${hex(file >> 8, 2)}/${hex(file, 60)}/project_${file % 9000}-1.${Math.floor(file / 9000)}-py3-none-any.whl`
  const status = i % 10 === 0 ? 304 : 200
  const client = CLIENTS[Math.floor(random() * CLIENTS.length)] ?? ''
  return `203.0.113.${i % 250} - - [${time.slice(8, 10)}/Nov/2026:${time.slice(11, 19)} +0000] "GET ${path} HTTP/1.1" ${status} ${10_000 + file} "-" "${client}"\n`
}

function hex(number: number, length: number): string {
  return (number & 0xffffff).toString(16).padStart(length, '0').slice(-length)
}
