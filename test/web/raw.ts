import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection without an HTTP client in between: what is written is what the server reads. */
export interface Raw {
  readonly socket: Socket
  /** All that came so far. */
  text(): string
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<void>
}

export async function rawConnection(issuer: string, sent?: string | Buffer): Promise<Raw> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(issuer).port) })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {}) // a reset is an end too
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await once(socket, 'connect')
  if (sent !== undefined) socket.write(sent)
  return { socket, text: () => Buffer.concat(chunks).toString('latin1'), ended }
}

/** Sends one text on a connection of its own and waits until the server has answered and closed, or has said nothing more for a moment. */
export async function exchange(issuer: string, sent: string | Buffer, { quietMs = 250 } = {}): Promise<string> {
  const raw = await rawConnection(issuer, sent)
  const idle = new Promise<void>((resolve) => {
    const quiet = setTimeout(resolve, 5_000)
    raw.socket.on('data', () => quiet.refresh() && setTimeout(resolve, quietMs))
    raw.socket.on('close', () => clearTimeout(quiet))
  })
  await Promise.race([raw.ended, idle])
  raw.socket.destroy()
  return raw.text()
}

export const statusesIn = (answer: string): number[] => [...answer.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status))
