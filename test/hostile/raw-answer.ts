/** A request as bytes, and everything that comes back until the connection ends. */
import { once } from 'node:events'
import { connect } from 'node:net'

/** In Latin-1, so that each byte is a sign. */
export async function rawAnswer(origin: string, path: string): Promise<string> {
  const { hostname, port, host } = new URL(origin)
  const socket = connect(Number(port), hostname)
  // A connection that is cut is what some ask for.
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}
