/** The name of a request: what its lines in the log and an error that a client sees have in common. */
import { randomBytes } from 'node:crypto'

/** What a client, or who stands in front, may call it: plain and short, so that it stays one word wherever it is written. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/

/** Another process, or the next one, has another; made when it is first needed. */
let prefix: string | undefined
let count = 0

const ids = new WeakMap<Request, string>()

/** What the client calls its request, if that can be written anywhere. */
export function givenId(header: string | string[] | null | undefined): string | undefined {
  return typeof header === 'string' && PLAIN.test(header) ? header : undefined
}

/** The same at each call: the client's own, else a new one (`k3v9-2s`). */
export function requestId(request: Request): string {
  const before = ids.get(request)
  if (before !== undefined) return before
  const id = givenId(request.headers.get('x-request-id')) ?? newId()
  ids.set(request, id)
  return id
}

function newId(): string {
  prefix ??= randomBytes(4).readUInt32BE().toString(36)
  count += 1
  return `${prefix}-${count.toString(36)}`
}
