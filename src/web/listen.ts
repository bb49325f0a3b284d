import { once } from 'node:events'
import type { Server } from 'node:http'

/**
 * Binds a listener for each address (`localhost` is two), all at one port.
 *
 * @param create makes one more listener of the same kind
 * @throws what the system says: EADDRINUSE, EACCES
 */
export async function listenOn(create: () => Server, { hosts, port }: { hosts: readonly string[]; port: number }): Promise<Server[]> {
  const [first, ...others] = hosts
  const server = create().listen(port, first)
  await once(server, 'listening')
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  const servers = [server]
  for (const host of others) {
    const twin = create().listen(bound, host)
    // A machine without IPv6 has one loopback address only.
    const failed = await Promise.race([
      once(twin, 'listening').then(() => undefined),
      once(twin, 'error').then(([error]) => error as NodeJS.ErrnoException),
    ])
    if (failed && failed.code !== 'EADDRNOTAVAIL' && failed.code !== 'EAFNOSUPPORT') throw failed
    if (!failed) servers.push(twin)
  }
  return servers
}

const LOOK_AGAIN_MS = 50

/** Takes no new connection, lets requests under way finish, and ends each connection once it has none. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  // A connection that was busy just now would otherwise be kept for its next request.
  const ending = setInterval(() => server.closeIdleConnections(), LOOK_AGAIN_MS)
  await closed
  clearInterval(ending)
}
