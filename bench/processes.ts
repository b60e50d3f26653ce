/** What a server uses of the machine, with all processes that it started. Linux alone tells. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'

export interface Usage {
  /** Since its start, in seconds. */
  readonly cpuSeconds: number
  /** Resident, the sum over its processes, in bytes. */
  readonly rssBytes: number
}

/** Of a process group; undefined where the system does not tell. */
export function usage(group: number): Usage | undefined {
  if (!existsSync('/proc/self/stat')) return undefined
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(stat)
    .filter((each) => each?.group === group)
  return {
    cpuSeconds: all.reduce((sum, each) => sum + (each?.cpuSeconds ?? 0), 0),
    rssBytes: all.reduce((sum, each) => sum + (each?.rssBytes ?? 0), 0),
  }
}

/** Of the processes that this one started and saw end, in seconds; undefined where the system does not tell. */
export function endedCpuSeconds(): number | undefined {
  return statFields('self')
    ?.slice(13, 15)
    .reduce((sum, ticks) => sum + ticks / TICKS, 0)
}

const TICKS = existsSync('/proc/self/stat') ? Number(execFileSync('getconf', ['CLK_TCK'])) : 1
const PAGE = existsSync('/proc/self/stat') ? Number(execFileSync('getconf', ['PAGESIZE'])) : 1

function stat(pid: string): (Usage & { group: number }) | undefined {
  const fields = statFields(pid)
  if (fields === undefined) return undefined
  const [group = 0, user = 0, system = 0, pages = 0] = [fields[2], fields[11], fields[12], fields[21]]
  return { group, cpuSeconds: (user + system) / TICKS, rssBytes: pages * PAGE }
}

/** The fields of proc(5) from the third on; undefined where the process is gone. */
function statFields(pid: string): number[] | undefined {
  try {
    // The name before ")" may hold blanks.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number)
  } catch {
    return undefined
  }
}
