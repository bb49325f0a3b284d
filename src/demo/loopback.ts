import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'

/** What the system says when it has no such address family; anything else that goes wrong is an error. */
const FAMILY_MISSING = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

export interface Listening {
  /** `http://localhost:3001` */
  readonly origin: string
  close(): Promise<void>
}

/**
 * Listens at `localhost` and nowhere else, on IPv4 and, where the machine has it, IPv6: browsers try either.
 *
 * @param port 0 picks a free one
 * @param listenerAt is called once the origin is known, before the first request is read
 */
export async function listenOnLoopback(port: number, listenerAt: (origin: string) => RequestListener): Promise<Listening> {
  const servers = [await listen('127.0.0.1', port)]
  const taken = portOf(servers[0])
  try {
    servers.push(await listen('::1', taken))
  } catch (error) {
    if (!isFamilyMissing(error)) {
      await Promise.all(servers.map(close))
      throw error
    }
  }
  const origin = `http://localhost:${taken}`
  const listener = listenerAt(origin)
  for (const server of servers) server.on('request', listener)
  return { origin, close: async () => void (await Promise.all(servers.map(close))) }
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  return server
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

function portOf(server: Server | undefined): number {
  const address = server?.address()
  if (!address || typeof address === 'string') throw new Error('the server does not listen on a port')
  return address.port
}

const isFamilyMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && FAMILY_MISSING.has(String(error.code))
