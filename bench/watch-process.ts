/** Preloaded into a server (`node --import`): tells whoever started it how long its event loop stood still, and its memory. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Watched {
  /** The longest time between two turns of the event loop since the last question, in ms. */
  readonly stallMs: number
  /**
   * The most processor time that the main thread took between two timers since then, in ms: what such a stall is made of,
   * without the time in which other processes had the processor.
   */
  readonly busyMs: number
  /** Processor time of all its threads since then, in ms. */
  readonly cpuMs: number
  /** Resident memory, now and at its peak since the process began, in bytes. */
  readonly rss: number
  readonly peakRss: number
}

if (process.send !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let spent = process.cpuUsage()
  let busyMs = 0
  let before = threadMs()
  setInterval(() => {
    const now = threadMs()
    busyMs = Math.max(busyMs, now - before)
    before = now
  }, 1).unref()
  process.on('message', () => {
    const { user, system } = process.cpuUsage(spent)
    spent = process.cpuUsage()
    process.send?.({
      stallMs: delay.max / 1e6,
      busyMs,
      cpuMs: (user + system) / 1000,
      rss: process.memoryUsage.rss(),
      peakRss: process.resourceUsage().maxRSS * 1024,
    } satisfies Watched)
    delay.reset()
    busyMs = 0
  })
  process.channel?.unref()
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
