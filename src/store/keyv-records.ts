/** Records in a Keyv, whatever their size: a large one in parts, since one write of many megabytes would hold up all others. */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Keyv } from 'keyv'

/** With one name one thing at a time is to be done. */
export interface KeyvRecords {
  /** undefined: there is none, or not all of it. */
  get(name: string): Promise<unknown>
  set(name: string, record: Buffer): Promise<void>
  delete(name: string): Promise<void>
}

/** Reading or writing so many bytes takes a few milliseconds. */
const PART_BYTES = 1024 * 1024

/** The first byte of a head, which stands for a record and names its parts; no record begins with it. */
const HEAD = 2
const DIGEST_BYTES = 32
const HEAD_BYTES = 1 + DIGEST_BYTES + 4

/** More than any record has: a head that claims more was damaged. */
const MAX_PARTS = 1024

/** Parts that no head names any more fall out as unused, as do all that lose one of their own. */
export function keyvRecords(keyv: Keyv<unknown>): KeyvRecords {
  /** Until the head is written, readers have the record of before. */
  async function setInParts(name: string, record: Buffer): Promise<void> {
    const head = headOf(record)
    const outdated = new Set(partsNamedBy(await keyv.get(name)))
    for (const [i, part] of (partsNamedBy(head) ?? []).entries()) {
      outdated.delete(part)
      if (!(await keyv.set(part, record.subarray(i * PART_BYTES, (i + 1) * PART_BYTES)))) return
      await setImmediate()
    }
    await keyv.set(name, head)
    for (const part of outdated) await keyv.delete(part)
  }

  return {
    async get(name) {
      const found = await keyv.get(name)
      const names = partsNamedBy(found)
      if (names === undefined) return found
      const parts: Uint8Array[] = []
      for (const each of names) {
        const part = await keyv.get(each)
        if (!(part instanceof Uint8Array)) return undefined
        parts.push(part)
        await setImmediate()
      }
      return Buffer.concat(parts)
    },
    async set(name, record) {
      if (record.length > PART_BYTES) await setInParts(name, record)
      else await keyv.set(name, record)
    },
    async delete(name) {
      await keyv.delete(name)
    },
  }
}

function headOf(record: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES, HEAD)
  createHash('sha256').update(record).digest().copy(head, 1)
  head.writeUInt32BE(Math.ceil(record.length / PART_BYTES), 1 + DIGEST_BYTES)
  return head
}

/**
 * In order; undefined: it is no head. Parts are called by the content of the whole, so that those of two records are never
 * taken for one.
 */
function partsNamedBy(found: unknown): string[] | undefined {
  if (!(found instanceof Uint8Array) || found[0] !== HEAD || found.length !== HEAD_BYTES) return undefined
  const head = Buffer.from(found)
  const digest = head.toString('hex', 1, 1 + DIGEST_BYTES)
  const count = Math.min(head.readUInt32BE(1 + DIGEST_BYTES), MAX_PARTS)
  return Array.from({ length: count }, (_, i) => `part ${digest} ${i}`)
}
