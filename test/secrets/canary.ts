/** Secrets that must show up nowhere but at their own upstream, and the search for them in everything that is left behind. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'

export interface Canary {
  /** Where it stands: for messages. */
  readonly slot: string
  readonly value: string
  /** The user that it is shown with, where it is a password. */
  readonly user?: string
}

/** Has signs that each encoding writes in another way. */
export function canary(slot: string, user?: string): Canary {
  return { slot, value: `s3cret/${slot}+?=&"x`, ...(user !== undefined && { user }) }
}

/** Every way in which it could be written. */
export function formsOf({ value, user }: Canary): string[] {
  const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '')
  // In the middle of something longer, base64 begins at one of three places.
  const inside = ['', 'x', 'xx'].map((before) => base64(before + value).slice(before.length === 0 ? 0 : 4, -4))
  return [
    value,
    encodeURIComponent(value),
    encodeURI(value),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString('hex'),
    Buffer.from(value).toString('base64url'),
    ...inside,
    ...(user === undefined ? [] : [base64(`${user}:${value}`), `${user}:${value}`]),
  ]
}

/** Which of `canaries` are in `text`, and how they are written there. */
export function foundIn(text: string, canaries: readonly Canary[]): string[] {
  return canaries.flatMap((each) =>
    formsOf(each)
      .filter((form) => text.includes(form))
      .map((form) => `${each.slot} as ${form}`),
  )
}

/** All that is kept below a folder as text, with what is compressed in its databases unpacked. */
export function textOfFolder(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  return files
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [path, readFileSync(path, 'latin1'), ...(name.endsWith('.sqlite') ? cellsOf(path) : [])].join('\n')
    })
    .join('\n')
}

function cellsOf(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
    return tables.flatMap(({ name }) =>
      database
        .prepare(`SELECT * FROM "${String(name)}"`)
        .all()
        .flatMap((row) => Object.values(row).map(unpacked)),
    )
  } finally {
    database.close()
  }
}

function unpacked(cell: unknown): string {
  if (!(cell instanceof Uint8Array)) return String(cell)
  const bytes = Buffer.from(cell)
  const start = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))
  return start === -1 ? bytes.toString('latin1') : zstdDecompressSync(bytes.subarray(start)).toString()
}
