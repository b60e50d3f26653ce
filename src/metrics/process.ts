/** Figures of the process itself: its memory, its processor time, and how late its event loop is. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Family } from './exposition.ts'

/** How often the event loop is looked at, in ms: rarely enough that an idle process stays idle. */
const RESOLUTION_MS = 20

/** The families, read anew at each call. What watches the event loop begins with the first one: it costs nothing before. */
export function processFigures(): () => Family[] {
  let delay: ReturnType<typeof monitorEventLoopDelay> | undefined
  const startedAt = (performance.timeOrigin / 1000).toFixed(3)

  /** Since the last call, in seconds; what the watching itself takes is not late. */
  function delays(): { readonly longest: number; readonly p99: number } {
    if (delay === undefined) {
      delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      delay.enable()
      return { longest: 0, p99: 0 }
    }
    const late = (ns: number) => Math.max(ns / 1e9 - RESOLUTION_MS / 1000, 0)
    const all =
      delay.count === 0 ? { longest: 0, p99: 0 } : { longest: late(delay.max), p99: late(delay.percentile(99)) }
    delay.reset()
    return all
  }

  return () => {
    const { rss, heapUsed, external } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    const { longest, p99 } = delays()
    return [
      gauge('process_resident_memory_bytes', 'Resident memory in bytes', rss),
      gauge('nodejs_heap_used_bytes', 'Memory of JavaScript objects in use, in bytes', heapUsed),
      gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the heap, in bytes', external),
      {
        ...gauge('process_cpu_seconds_total', 'Processor time used, in seconds', (user + system) / 1e6),
        type: 'counter',
      },
      gauge('process_start_time_seconds', 'When the process began, in seconds since the epoch', Number(startedAt)),
      gauge(
        'nodejs_eventloop_lag_max_seconds',
        'Longest delay of the event loop since the last scrape, in seconds',
        longest,
      ),
      gauge(
        'nodejs_eventloop_lag_p99_seconds',
        'The delay of the event loop that one in a hundred exceeded since the last scrape, in seconds',
        p99,
      ),
    ]
  }
}

/** A family of one figure. */
export function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: 'gauge', samples: [{ value }] }
}
