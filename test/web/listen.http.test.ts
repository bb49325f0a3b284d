import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { test } from 'node:test'
import { closeServer, listenOn } from '../../src/web/listen.ts'
import { rawConnection, statusesIn } from './raw.ts'

/** A browser opens connections beforehand and anybody can open them for fun: Ctrl-C must not wait for either. */
const SOON_MS = 5_000

test('SEC-111 a connection on which no whole request came does not hold up a stop, and one with a request does', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const [server, issuer] = await listening(async (_req, res) => {
    asked.resolve()
    await answer.promise
    res.end('done')
  })
  const silent = await rawConnection(issuer)
  const slow = await rawConnection(issuer, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
  const underWay = await rawConnection(issuer, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await asked.promise
  const startedMs = performance.now()

  const closed = closeServer(server)

  await Promise.all([silent.ended, slow.ended])
  assert.ok(performance.now() - startedMs < SOON_MS)
  answer.resolve()
  await Promise.all([closed, underWay.ended])
  assert.deepEqual(statusesIn(underWay.text()), [200])
})

test('SEC-111 a first request that was on its way when the stop began is answered', async () => {
  const [server, issuer] = await listening((_req, res) => res.end('done'))
  const accepted = once(server, 'connection')
  const late = await rawConnection(issuer)
  await accepted

  const closed = closeServer(server)
  late.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')

  await Promise.all([closed, late.ended])
  assert.deepEqual(statusesIn(late.text()), [200])
})

async function listening(listener: RequestListener): Promise<readonly [Server, string]> {
  const [server] = await listenOn(() => createServer(listener), { hosts: ['127.0.0.1'], port: 0 })
  const address = server!.address()
  assert.ok(address && typeof address === 'object')
  return [server!, `http://127.0.0.1:${address.port}`]
}
