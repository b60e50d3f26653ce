/** The server's connections: which are busy, how many there may be, and how they end without cutting an answer off. */
import type { Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'

export interface Connections {
  /** Must be called with each request, before it is answered. */
  began(outgoing: ServerResponse): void
  /** The answers that a connection waits for. */
  underway(socket: Socket): Iterable<ServerResponse>
  /** How many are open, and the bytes that were sent on all since the start. */
  traffic(): { readonly open: number; readonly sentBytes: number }
  /** See `RunningServer`. */
  drain(deadlineMs: number): Promise<number>
}

export interface ConnectionLimits {
  readonly maxConnections: number
  /** A connection ends with so many requests, in good order. */
  readonly maxRequestsPerSocket: number
  /** Whoever has connected and asks for nothing is waited for so long, once the server ends, in ms. */
  readonly graceMs: number
}

interface Connection {
  asked: number
  readonly underway: Set<ServerResponse>
}

/** At the limit, the connection that has been idle for longest makes room; where all are busy, what comes is turned away. */
export function trackConnections(
  server: Server,
  { maxConnections, maxRequestsPerSocket, graceMs }: ConnectionLimits,
): Connections {
  const open = new Map<Socket, Connection>()
  /** Between two requests, the longest idle first. */
  const idle = new Set<Socket>()
  let isEnding = false
  /** Until they are closed, which is later than when they are given up. */
  const writing = new Set<Socket>()
  /** On those that are closed. */
  let sentBytes = 0

  server.on('connection', (socket) => {
    if (open.size >= maxConnections) {
      const [longestIdle] = idle
      end(longestIdle ?? socket)
      if (longestIdle === undefined) return
    }
    open.set(socket, { asked: 0, underway: new Set() })
    writing.add(socket)
    socket.once('close', () => {
      sentBytes += socket.bytesWritten
      writing.delete(socket)
      forget(socket)
    })
  })

  function forget(socket: Socket): void {
    open.delete(socket)
    idle.delete(socket)
  }

  function end(socket: Socket): void {
    // Its place is free from now on, and not only when the system has closed it.
    forget(socket)
    socket.destroySoon()
  }

  /** Not before the last byte is handed over: Node takes an answer for done as soon as nothing more is added to it. */
  function ended(socket: Socket, connection: Connection, outgoing: ServerResponse): void {
    connection.underway.delete(outgoing)
    if (connection.underway.size > 0 || !open.has(socket)) return
    if (isEnding) end(socket)
    else idle.add(socket)
  }

  function endAll(isOver: (connection: Connection) => boolean): void {
    for (const [socket, connection] of open) if (isOver(connection)) end(socket)
  }

  return {
    began(outgoing) {
      const { socket } = outgoing.req
      const connection = open.get(socket)
      if (connection === undefined) return
      idle.delete(socket)
      connection.asked += 1
      connection.underway.add(outgoing)
      outgoing.once('close', () => ended(socket, connection, outgoing))
      if (isEnding || connection.asked >= maxRequestsPerSocket) outgoing.setHeader('Connection', 'close')
    },

    underway: (socket) => open.get(socket)?.underway ?? [],

    traffic() {
      let bytes = sentBytes
      for (const socket of writing) bytes += socket.bytesWritten
      return { open: open.size, sentBytes: bytes }
    },

    async drain(deadlineMs) {
      isEnding = true
      const closed = new Promise<void>((resolve) => server.once('close', resolve))
      // Not the method of `http`, which ends connections whose answers are not yet handed over.
      NetServer.prototype.close.call(server)
      for (const { underway } of open.values())
        for (const outgoing of underway) if (!outgoing.headersSent) outgoing.setHeader('Connection', 'close')
      endAll(({ asked, underway }) => asked > 0 && underway.size === 0)
      const grace = setTimeout(() => endAll(({ underway }) => underway.size === 0), graceMs)
      let cut = 0
      const deadline = setTimeout(() => {
        cut = [...open.values()].filter(({ underway }) => underway.size > 0).length
        for (const socket of open.keys()) socket.destroy()
      }, deadlineMs)
      await closed
      clearTimeout(grace)
      clearTimeout(deadline)
      // Ends the timer that `http` has for connections.
      server.close()
      return cut
    },
  }
}
