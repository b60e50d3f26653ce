/** A client that sends exactly the bytes that a test writes down, and takes as much of the answers as the test says. */
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { onTestFinished } from 'vitest'

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface RawConnection {
  readonly socket: Socket
  /** Text is sent as latin1: each sign is a byte. */
  send(bytes: string | Buffer): void
  /** The next answer; to HEAD none has a body. @throws where the connection ends before it is whole */
  answer(method?: string): Promise<RawAnswer>
  /** Every whole answer until the server ends the connection, and what follows them. */
  toEnd(method?: string): Promise<{ readonly answers: readonly RawAnswer[]; readonly rest: string }>
  /** Resolves when the server has ended the connection, in whichever way. */
  readonly ended: Promise<void>
  /** Bytes that were received and belong to no answer that was taken. */
  received(): number
}

/** Connects to `http://127.0.0.1:PORT`; closed when the test is over. */
export async function connectRaw(origin: string): Promise<RawConnection> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  let held: Buffer[] = []
  let length = 0
  let isOver = false
  let wake: () => void = () => undefined
  socket.on('data', (chunk: Buffer) => {
    held.push(chunk)
    length += chunk.length
    wake()
  })
  // A reset is one of the ways in which a server ends a connection.
  socket.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      isOver = true
      wake()
      resolve()
    }
    socket.once('end', end)
    socket.once('close', end)
  })
  await once(socket, 'connect')

  /** All that is held, in one piece. */
  function whole(): Buffer {
    held = [Buffer.concat(held)]
    return held[0] as Buffer
  }

  /** Looks again whenever something came. */
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
  }

  async function next(method: string): Promise<RawAnswer | undefined> {
    for (;;) {
      const wasOver = isOver
      const read = readAnswer(whole(), method, wasOver)
      if ('answer' in read) {
        held = [whole().subarray(read.end)]
        length -= read.end
        return read.answer
      }
      if (wasOver) return undefined
      await until(() => isOver || length >= read.needs)
    }
  }

  return {
    socket,
    ended,
    send(bytes) {
      if (typeof bytes === 'string') socket.write(bytes, 'latin1')
      else socket.write(bytes)
    },
    async answer(method = 'GET') {
      const answer = await next(method)
      if (answer === undefined)
        throw new Error(`The connection ended: ${JSON.stringify(whole().toString('latin1', 0, 500))}`)
      return answer
    },
    async toEnd(method = 'GET') {
      const answers: RawAnswer[] = []
      for (;;) {
        const answer = await next(method)
        if (answer === undefined) return { answers, rest: whole().toString('latin1') }
        answers.push(answer)
      }
    },
    received: () => length,
  }
}

/** Sends bytes on a connection of their own, and takes what comes until the server ends it. */
export async function askRaw(
  origin: string,
  bytes: string,
): Promise<{ readonly answers: readonly RawAnswer[]; readonly rest: string }> {
  const connection = await connectRaw(origin)
  connection.send(bytes)
  return connection.toEnd(bytes.startsWith('HEAD') ? 'HEAD' : 'GET')
}

/** A request as an honest client writes it. */
export function getRequest(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

type Read =
  /** An answer, and where it ends. */
  | { readonly answer: RawAnswer; readonly end: number }
  /** It is not whole yet, and is not before there are so many bytes. */
  | { readonly needs: number }

/** `isOver`: nothing more comes, which is the end of an answer that does not say how long it is. */
function readAnswer(bytes: Buffer, method: string, isOver: boolean): Read {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return { needs: bytes.length + 1 }
  const [start = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(start)?.[1])
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const bodyStart = headEnd + 4
  const whole = (body: Buffer, end: number): Read => ({ answer: { status, headers, body }, end })
  if (method === 'HEAD' || status === 304 || status < 200) return whole(Buffer.alloc(0), bodyStart)
  if (headers['transfer-encoding'] === 'chunked') return readChunks(bytes, bodyStart, whole)
  const length = headers['content-length']
  if (length !== undefined) {
    const end = bodyStart + Number(length)
    return end <= bytes.length ? whole(bytes.subarray(bodyStart, end), end) : { needs: end }
  }
  return isOver ? whole(bytes.subarray(bodyStart), bytes.length) : { needs: bytes.length + 1 }
}

function readChunks(bytes: Buffer, start: number, whole: (body: Buffer, end: number) => Read): Read {
  const chunks: Buffer[] = []
  for (let position = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', position)
    if (lineEnd === -1) return { needs: bytes.length + 1 }
    const size = Number.parseInt(bytes.toString('latin1', position, lineEnd), 16)
    const end = lineEnd + 2 + size + 2
    if (end > bytes.length) return { needs: end }
    if (size === 0) return whole(Buffer.concat(chunks), end)
    chunks.push(bytes.subarray(lineEnd + 2, end - 2))
    position = end
  }
}
