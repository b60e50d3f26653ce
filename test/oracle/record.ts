/** What is said of a case, in three bytes: as the oracle writes it. */

export type Status = '404' | 'held' | '502' | '503' | '200' | 'withheld'

/** What becomes of a name. `withheld` is a 200 without files, quarantined; `held` a 404 for the sake of the owner. */
export interface Said {
  readonly status: Status
  /** Upstreams whose word was wanted, from their cache or from themselves. */
  readonly consulted: Iterable<string>
  /** Those that the page is made of, by priority. */
  readonly sources?: readonly string[]
  readonly stale?: boolean
  readonly partial?: boolean
  /** Its owner does not have it any more. */
  readonly alarm?: boolean
  /** An upstream was asked and denied us. */
  readonly denied?: boolean
}

export const RECORD_BYTES = 3

/** A rules file that is refused at start: all of its cases are one. */
export const REFUSED = Buffer.from([0xff, 0xff, 0xff])
/** What can never be right, whatever the oracle says. */
export const IMPOSSIBLE = Buffer.from([0xfe, 0xfe, 0xfe])

const STATUSES: readonly Status[] = ['404', 'held', '502', '503', '200', 'withheld']
const UPSTREAMS = ['a', 'b', 'c', 'z']

export function record(said: Said): Buffer {
  const { stale = false, partial = false, alarm = false, denied = false, sources = [] } = said
  const flags = (Number(stale) << 3) | (Number(partial) << 4) | (Number(alarm) << 5) | (Number(denied) << 6)
  const consulted = [...said.consulted].reduce((mask, upstream) => mask | (1 << UPSTREAMS.indexOf(upstream)), 0)
  const made = sources.reduce((digits, upstream) => digits * 4 + UPSTREAMS.indexOf(upstream) + 1, 0)
  return Buffer.from([STATUSES.indexOf(said.status) | flags, consulted, made])
}

/** The status of a record. */
export function statusOf(bytes: Buffer): Status | 'refused' | 'impossible' {
  if (bytes.equals(REFUSED)) return 'refused'
  return STATUSES[(bytes[0] ?? 0) & 7] ?? 'impossible'
}

/** The same in words, for whoever has to find out who is wrong. */
export function sayRecord(bytes: Buffer): string {
  const status = statusOf(bytes)
  if (status === 'refused' || status === 'impossible') return status
  const [first = 0, mask = 0, last = 0] = bytes
  const flags = ['stale', 'partial', 'alarm', 'denied'].filter((_, at) => first & (8 << at))
  const consulted = UPSTREAMS.filter((_, at) => mask & (1 << at)).join('')
  return `${[status, ...flags].join(' ')}, consulted ${consulted || 'nobody'}, last byte ${last.toString(4)} (base 4)`
}
