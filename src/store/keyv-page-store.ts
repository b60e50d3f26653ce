/** Pages kept in any Keyv, whatever storage lies behind it; what the storage does wrong is a miss. */
import type { Keyv } from 'keyv'
import { oneAfterTheOther } from '../pace/order.ts'
import { type Report, silent } from '../log/report.ts'
import { reportFailures } from './failures.ts'
import { keyvRecords } from './keyv-records.ts'
import { readRecord, writeRecord } from './page-record.ts'
import type { PageKey, PageStore } from './page-store.ts'

/** Changes with the meaning of the values: pages of another version are not found, and fall out as unused. */
const VERSION = 'p2'

export interface KeyvPageStoreOptions {
  readonly report?: Report
  /** Ms since the epoch. */
  readonly now?: () => number
  /** All keys in the storage. Default: those of Keyv's own iterator, which reads every value on its way. */
  readonly storedKeys?: () => Iterable<string>
}

/**
 * `keyv` must keep Buffers as they are (`serialization: false`) and should not expire anything: old pages serve in an
 * outage.
 */
export function keyvPageStore(
  keyv: Keyv<unknown>,
  { report = silent, now = Date.now, storedKeys }: KeyvPageStoreOptions = {},
): PageStore {
  const records = keyvRecords(keyv)
  const inOrder = oneAfterTheOther()
  const failed = reportFailures(report, 'pages', now)
  // With a listener Keyv's methods do not reject: a failed read is a miss, a failed write is false.
  keyv.on('error', (error: unknown) => failed('storage', error))

  async function get(key: PageKey): Promise<unknown> {
    try {
      const name = nameOf(key)
      const record = await records.get(name)
      if (record === undefined) return undefined
      const kept = record instanceof Uint8Array ? await readRecord(name, record) : undefined
      if (kept !== undefined) return kept.value
      report('warn', 'store_corrupt', { store: 'pages', upstream: key.upstream, page: key.page })
      await records.delete(name)
    } catch (error) {
      failed('get', error)
    }
    return undefined
  }

  async function set(key: PageKey, value: unknown): Promise<void> {
    try {
      const name = nameOf(key)
      await records.set(name, await writeRecord(name, value))
    } catch (error) {
      failed('set', error)
    }
  }

  async function remove(key: PageKey): Promise<void> {
    try {
      await records.delete(nameOf(key))
    } catch (error) {
      failed('delete', error)
    }
  }

  async function keys(): Promise<readonly PageKey[]> {
    try {
      return [...(storedKeys?.() ?? (await keysOf(keyv)))].flatMap((name) => keyOf(name) ?? [])
    } catch (error) {
      failed('keys', error)
      return []
    }
  }

  return {
    keys,
    get: (key) => inOrder(nameOf(key), () => get(key)),
    set: (key, value) => inOrder(nameOf(key), () => set(key, value)),
    delete: (key) => inOrder(nameOf(key), () => remove(key)),
  }
}

/** Only the last part may have a space in it, so that two keys never have one name. */
function nameOf({ upstream, fingerprint, page }: PageKey): string {
  return [VERSION, upstream, fingerprint, page].join(' ')
}

/** undefined: a part of a large record, or of another version. */
function keyOf(name: string): PageKey | undefined {
  const [version, upstream, fingerprint, ...page] = name.split(' ')
  if (version !== VERSION || upstream === undefined || fingerprint === undefined || page.length === 0) return undefined
  return { upstream, fingerprint, page: page.join(' ') }
}

async function keysOf(keyv: Keyv<unknown>): Promise<string[]> {
  const keys: string[] = []
  for await (const [key] of keyv.iterator()) if (typeof key === 'string') keys.push(key)
  return keys
}
