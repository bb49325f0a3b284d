import { connect, type Socket } from 'node:net'
import type { BenchContext } from './bench.ts'

export interface RawAnswer {
  readonly status: number
  /** Everything up to the body. */
  readonly head: string
}

/** Sends the same request again and again, on as many keep-alive connections as it takes: a client that costs next to nothing beside its server. */
export function openRawCaller({ after }: BenchContext, origin: string, request: string): () => Promise<RawAnswer> {
  const { hostname, port } = new URL(origin)
  const idle: Connection[] = []
  const all: Connection[] = []
  const bytes = Buffer.from(request)
  after(async () => {
    for (const { socket } of all) socket.destroy()
  })
  return async () => {
    const connection = idle.pop() ?? new Connection(connect(Number(port), hostname))
    if (!connection.isUsed) all.push(connection)
    const answer = await connection.ask(bytes)
    if (connection.isOpen && !/\r\nconnection: close/i.test(answer.head)) idle.push(connection)
    return answer
  }
}

class Connection {
  readonly socket: Socket
  isUsed = false
  isOpen = true
  #received = ''
  #waiting: PromiseWithResolvers<RawAnswer> | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => this.#take(chunk))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => {
      this.isOpen = false
      this.#waiting?.reject(new Error('the server closed the connection'))
    })
  }

  ask(request: Buffer): Promise<RawAnswer> {
    this.isUsed = true
    this.#waiting = Promise.withResolvers()
    this.socket.write(request)
    return this.#waiting.promise
  }

  #take(chunk: string): void {
    this.#received += chunk
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#received.slice(0, end)
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    const isWhole = length === undefined ? this.#received.endsWith('\r\n0\r\n\r\n') : this.#received.length >= end + 4 + Number(length)
    if (!isWhole) return
    this.#received = ''
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), head })
    this.#waiting = undefined
  }
}
