/** Pages kept in any Keyv, whatever storage lies behind it; what the storage does wrong is a miss. */
import type { Keyv } from 'keyv'
import { type Report, silent } from '../log/report.ts'
import { reportFailures } from './failures.ts'
import { readRecord, writeRecord } from './page-record.ts'
import type { PageKey, PageStore } from './page-store.ts'

/** Changes with the meaning of the values: pages of another version are not found, and fall out as unused. */
const VERSION = 'p1'

export interface KeyvPageStoreOptions {
  readonly report?: Report
  /** Ms since the epoch. */
  readonly now?: () => number
}

/**
 * `keyv` must keep Buffers as they are (`serialization: false`) and should not expire anything: old pages serve in an
 * outage.
 */
export function keyvPageStore(
  keyv: Keyv<unknown>,
  { report = silent, now = Date.now }: KeyvPageStoreOptions = {},
): PageStore {
  const failed = reportFailures(report, 'pages', now)
  // With a listener Keyv's methods do not reject: a failed read is a miss, a failed write is false.
  keyv.on('error', (error: unknown) => failed('storage', error))

  return {
    async get(key) {
      try {
        const name = nameOf(key)
        const record = await keyv.get(name)
        if (record === undefined) return undefined
        const kept = record instanceof Uint8Array ? await readRecord(name, record) : undefined
        if (kept !== undefined) return kept.value
        report('warn', 'store_corrupt', { store: 'pages', upstream: key.upstream, page: key.page })
        await keyv.delete(name)
      } catch (error) {
        failed('get', error)
      }
      return undefined
    },
    async set(key, value) {
      try {
        const name = nameOf(key)
        await keyv.set(name, await writeRecord(name, value))
      } catch (error) {
        failed('set', error)
      }
    },
    async delete(key) {
      try {
        await keyv.delete(nameOf(key))
      } catch (error) {
        failed('delete', error)
      }
    },
  }
}

/** None of the parts has a space in it, so that two keys never have one name. */
function nameOf({ upstream, fingerprint, page }: PageKey): string {
  return [VERSION, upstream, fingerprint, page].join(' ')
}
