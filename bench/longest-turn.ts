/** Loaded into a server before it starts: on SIGUSR2 it writes how much of the processor the longest turn of its event loop used. */
import { writeFileSync } from 'node:fs'

/** Of the processor and not of the clock: on a busy machine a process waits for long without doing anything. */
function usedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

let longestMs = 0
let last = usedMs()

/** A timer comes by once in a turn, however long that is. */
setInterval(() => {
  const now = usedMs()
  longestMs = Math.max(longestMs, now - last)
  last = now
}, 1).unref()

/** What was before does not count the next time. */
process.on('SIGUSR2', () => {
  writeFileSync(process.env['BENCH_LONGEST_TURN'] ?? '', String(longestMs))
  longestMs = 0
})
