import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

/** Binds one server's listener to several addresses (`localhost` is two). @throws what the system says: EADDRINUSE, EACCES */
export async function listenOn(server: Server, { hosts, port }: { hosts: readonly string[]; port: number }): Promise<Server[]> {
  const [first, ...others] = hosts
  server.listen(port, first)
  await once(server, 'listening')
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  const more = others.map((host) => {
    const twin = createServer({ keepAliveTimeout: server.keepAliveTimeout })
    Object.assign(twin, {
      headersTimeout: server.headersTimeout,
      requestTimeout: server.requestTimeout,
      maxHeadersCount: server.maxHeadersCount,
    })
    for (const listener of server.listeners('request')) twin.on('request', listener as (...args: unknown[]) => void) // the app's own callback
    return { twin, host }
  })
  const twins: Server[] = []
  for (const { twin, host } of more) {
    twin.listen(bound, host)
    // A machine without IPv6 has one loopback address only.
    const failed = await Promise.race([
      once(twin, 'listening').then(() => undefined),
      once(twin, 'error').then(([error]) => error as NodeJS.ErrnoException),
    ])
    if (failed && failed.code !== 'EADDRNOTAVAIL' && failed.code !== 'EAFNOSUPPORT') throw failed
    if (!failed) twins.push(twin)
  }
  return [server, ...twins]
}

/** Takes no new request, lets those under way finish, drops idle connections. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  await closed
}
