import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Connections that wait to be taken. With Node's 511 a crowd loses its first packets under load and comes back seconds later, before anybody could tell it to wait. */
const BACKLOG = 4_096

/**
 * Binds a listener for each address (`localhost` is two), all at one port.
 *
 * @param create makes one more listener of the same kind
 * @throws what the system says: EADDRINUSE, EACCES
 */
export async function listenOn(create: () => Server, { hosts, port }: { hosts: readonly string[]; port: number }): Promise<Server[]> {
  const [first, ...others] = hosts
  const server = noteSilent(create()).listen({ port, host: first, backlog: BACKLOG })
  await once(server, 'listening')
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  const servers = [server]
  for (const host of others) {
    const twin = noteSilent(create()).listen({ port: bound, host, backlog: BACKLOG })
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

/** Connections on which no request has come yet: to Node they are busy, and once it closes it does not look for slow ones any more. */
const silent = new WeakMap<Server, Set<Socket>>()

function noteSilent(server: Server): Server {
  const sockets = new Set<Socket>()
  silent.set(server, sockets)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return server.prependListener('request', ({ socket }) => sockets.delete(socket))
}

const LOOK_AGAIN_MS = 50
/** For a first request that is on its way. Browsers open connections that they may never use. */
const FIRST_REQUEST_MS = 1_000

/** Takes no new connection, lets requests under way finish, and ends each connection once it has none. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  // A connection that was busy just now would otherwise be kept for its next request.
  const ending = setInterval(() => server.closeIdleConnections(), LOOK_AGAIN_MS)
  const cut = setTimeout(() => {
    for (const socket of silent.get(server) ?? []) socket.destroy()
  }, FIRST_REQUEST_MS)
  await closed
  clearInterval(ending)
  clearTimeout(cut)
}
