/** `unidex stats fetch`: reads the counts of the peers now, however lately they were read. */
import { openPeer } from '../assembly/peer.ts'
import { visible } from '../log/log.ts'
import { askPeer } from '../stats/watched-peers.ts'
import { readFetchOptions } from './options.ts'
import { readPeers, withStats } from './stats-data.ts'
import { version } from './version.ts'

/** Exit code 1: a peer could not be read. @throws UsageError, CheckError, RefusedError */
export async function fetchStats(words: string[]): Promise<0 | 1> {
  const { rules, data } = readFetchOptions(words)
  const peers = await readPeers(rules)
  if (peers.length === 0) {
    process.stdout.write('The rules name no peers.\n')
    return 0
  }
  const open = (peer: string) => openPeer(peer, { environment: process.env, userAgent: `unidex/${version}` })
  return withStats({ ...(data !== undefined && { data }), create: true }, async (stats) => {
    let code: 0 | 1 = 0
    for (const peer of stats === undefined ? [] : peers) {
      try {
        const days = stats && (await askPeer({ peer, open, stats, now: Date.now, all: true }))
        process.stdout.write(`${peer}: ${days} new or changed days\n`)
      } catch (error) {
        code = 1
        const kept = stats?.standing(peer)?.days ?? 0
        const why = error instanceof Error ? error.message : String(error)
        process.stdout.write(`${peer}: ${visible(why)}; the ${kept} days that were read before still count\n`)
      }
    }
    return code
  })
}
