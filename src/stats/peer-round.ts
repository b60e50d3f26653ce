/** Reads what other servers publish of their downloads: each day once, again where it has changed, and never half of it. */
import { paced } from '../pace/steps.ts'
import type { Count } from './count.ts'
import { type Day, dayAfter, dayOf, parseDay } from './day.ts'
import type { DownloadStats } from './download-stats.ts'
import { readPeerFile } from './peer-file.ts'

/** A server that publishes counts, asked below its `local-stats/days/`. Both throw where it cannot say. */
export interface PeerClient {
  /** The bytes; undefined: there is no such file. `name` is empty for the list of all. */
  read(name: string): Promise<{ readonly bytes: Buffer; readonly tag?: string } | undefined>
  /** What tells one state of the file from another; undefined: it is not there, or does not say. */
  tag(name: string): Promise<string | undefined>
}

/** Counts come late: logs are read once a day, and servers are down. Older days are looked at again once a day. */
const LATE_DAYS = 7

/** Ten years of days. */
const MAX_DAYS = 3660

export interface PeerRound {
  readonly peer: string
  readonly client: PeerClient
  readonly stats: DownloadStats
  readonly now: () => number
  /** Every day is looked at, however old it is. */
  readonly all: boolean
}

/** How many days were read, those that had changed among them. @throws where the peer cannot say, or what it says cannot be read */
export async function readPeer({ peer, client, stats, now, all }: PeerRound): Promise<number> {
  const today = dayOf(now())
  const list = (await client.read(''))?.bytes.toString('latin1') ?? ''
  if (list.includes(`content="${stats.identity()}"`))
    throw new Error('it is this server itself, whose counts are counted already')
  const known = stats.peerDays(peer)
  let read = 0
  let failure: Error | undefined
  for (const day of daysIn(list, today)) {
    const isKnown = known.has(day)
    if (isKnown && !all && day < dayAfter(today, -LATE_DAYS)) continue
    const before = known.get(day)
    if (isKnown && before !== undefined && (await client.tag(`${day}.bz2`)) === before) continue
    const file = await client.read(`${day}.bz2`)
    if (file === undefined) continue
    let counts: Count[]
    try {
      counts = await paced(readPeerFile(file.bytes), { behind: true })
    } catch (error) {
      // The other days are not worse for it, and what was known of this one stays.
      failure ??= new Error(`${day}.bz2 cannot be read`, { cause: error })
      continue
    }
    await paced(stats.setPeerDay(peer, { day, etag: file.tag, counts }), { behind: true })
    read += 1
  }
  if (failure !== undefined) throw failure
  return read
}

/** The days that a listing links to, of whichever web server it is, the first one first. */
function daysIn(list: string, today: Day): Day[] {
  const days = new Set<Day>()
  for (const [, text = ''] of list.matchAll(/(\d{4}-\d\d-\d\d)\.bz2/g)) {
    const day = parseDay(text)
    if (day !== undefined && day <= today) days.add(day)
  }
  return [...days].toSorted().slice(-MAX_DAYS)
}
