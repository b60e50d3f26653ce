/** Peers, each asked for its counts once an hour: by one of the processes that share a folder. */
import type { Report } from '../log/report.ts'
import { dayOf } from './day.ts'
import type { DownloadStats } from './download-stats.ts'
import { type PeerClient, readPeer } from './peer-round.ts'

const EVERY_MS = 60 * 60_000

/** How often somebody looks whether the hour is over, and how soon after a start. */
const LOOK_EVERY_MS = 5 * 60_000
const FIRST_AFTER_MS = 10_000

export interface WatchedPeersOptions {
  /** Addresses, as they are at that moment. */
  readonly peers: () => readonly string[]
  readonly open: (peer: string) => PeerClient & { close(): Promise<void> }
  readonly stats: DownloadStats
  readonly report: Report
  readonly now: () => number
}

export interface WatchedPeers {
  /** Asks each peer that nobody asked within the hour. Never rejects. */
  look(): Promise<void>
  /** Asks nobody any more; waits for what is under way, which is broken off. */
  close(): Promise<void>
}

export function watchPeers({ peers, open, stats, report, now }: WatchedPeersOptions): WatchedPeers {
  let underway: Promise<void> | undefined
  let client: ReturnType<typeof open> | undefined
  let isClosed = false
  let lastWhole = ''

  async function round(): Promise<void> {
    const today = dayOf(now())
    for (const peer of peers()) if (!isClosed) await ask(peer, today !== lastWhole)
    lastWhole = today
  }

  async function ask(peer: string, all: boolean): Promise<void> {
    try {
      if (!stats.claimPeer(peer, now(), EVERY_MS)) return
      await askPeer({ peer, open: (each) => (client = open(each)), stats, now, all })
    } catch (error) {
      if (isClosed) return
      report('warn', 'peer_failed', {
        peer: new URL(peer).host,
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }

  function look(): Promise<void> {
    underway ??= round().finally(() => (underway = undefined))
    return underway
  }

  const first = setTimeout(() => void look(), FIRST_AFTER_MS).unref()
  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref()
  return {
    look,
    async close() {
      isClosed = true
      clearTimeout(first)
      clearInterval(timer)
      await client?.close()
      await underway
    },
  }
}

/** One round with one peer; how many days were read. How it went is remembered. @throws as `readPeer` */
export async function askPeer({
  peer,
  open,
  ...round
}: Pick<WatchedPeersOptions, 'open' | 'stats' | 'now'> & {
  readonly peer: string
  readonly all: boolean
}): Promise<number> {
  const { stats, now } = round
  const client = open(peer)
  try {
    const read = await readPeer({ ...round, peer, client })
    stats.setStanding(peer, { at: now() })
    return read
  } catch (error) {
    stats.setStanding(peer, { at: now(), failure: error instanceof Error ? error.message : String(error) })
    throw error
  } finally {
    await client.close()
  }
}
