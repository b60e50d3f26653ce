/** Sends records to standard output, many at a time and no faster than they are read. */
import { once } from 'node:events'

const CHUNK_BYTES = 64 * 1024

export async function writeRecords(records: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  let waiting: Buffer[] = []
  let bytes = 0
  for await (const record of records) {
    waiting.push(record)
    bytes += record.length
    if (bytes < CHUNK_BYTES) continue
    if (!process.stdout.write(Buffer.concat(waiting))) await once(process.stdout, 'drain')
    waiting = []
    bytes = 0
  }
  process.stdout.write(Buffer.concat(waiting))
}
