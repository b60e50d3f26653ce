/** A client that reads files as cheaply as can be, in a process of its own: sockets with one buffer, nothing kept. */
import { createHash } from 'node:crypto'
import { connect } from 'node:net'

/** Files to read, each once, over so many connections that are kept alive. */
export interface Reading {
  readonly origin: string
  readonly paths: readonly string[]
  readonly connections: number
  /** Computes the sha256 of what comes, as installers do. */
  readonly checks?: boolean
}

export interface Read {
  readonly bytes: number
  readonly ms: number
  /** To the first byte of the first body. */
  readonly firstByteMs: number
}

const BUFFER_BYTES = 1024 * 1024

export async function readFiles({ origin, paths, connections, checks = false }: Reading): Promise<Read> {
  const { hostname, port } = new URL(origin)
  const queue = [...paths]
  const startedAt = performance.now()
  let firstByteMs = Infinity
  let bytes = 0

  const connection = () =>
    new Promise<void>((resolve, reject) => {
      let head = ''
      let left = 0
      let hash = createHash('sha256')
      const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
      const socket = connect({ host: hostname, port: Number(port), noDelay: true, onread: { buffer, callback: took } })
      function next(): void {
        const path = queue.shift()
        if (path === undefined) {
          socket.destroy()
          resolve()
        } else socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`)
      }
      function took(length: number): boolean {
        let body = length
        if (left === 0) {
          head += buffer.toString('latin1', 0, length)
          const end = head.indexOf('\r\n\r\n')
          if (end === -1) return true
          const size = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
          if (!head.startsWith('HTTP/1.1 200') || size === undefined) {
            reject(new Error(`${queue.length} left, and this came:\n${head.slice(0, end)}`))
            return false
          }
          left = Number(size)
          body = head.length - end - 4
          head = ''
        }
        if (checks) hash.update(buffer.subarray(length - body, length))
        if (body > 0) firstByteMs = Math.min(firstByteMs, performance.now() - startedAt)
        left -= body
        bytes += body
        if (left > 0) return true
        if (checks) hash.digest('hex')
        hash = createHash('sha256')
        next()
        return true
      }
      socket.on('connect', next).on('error', reject)
      socket.on('close', () => reject(new Error('The connection ended before the file')))
    })

  await Promise.all(Array.from({ length: connections }, connection))
  return { bytes, ms: performance.now() - startedAt, firstByteMs }
}

if (import.meta.main) {
  process.on('message', (reading: Reading) => {
    readFiles(reading).then(
      (read) => process.send?.(read),
      (error: unknown) => process.send?.({ error: String(error) }),
    )
  })
}
