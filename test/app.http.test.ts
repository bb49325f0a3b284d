import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { Secret } from '../src/ports/secret.ts'
import { startTestApp } from './harness/app.ts'
import { HttpBrowser } from './harness/http-browser.ts'
import { authorizationRequest, authorize, clientsOf } from './oidc/protocol.ts'

test('SEC-111 closing lets go of the mail server too: a connection kept for the next mail would keep the process', async (t) => {
  const mailServer = await keepingSmtpServer(t)
  const app = await startTestApp(t, {
    app: { smtp: { url: new Secret(`smtp://127.0.0.1:${mailServer.port}`), from: 'id@group.example' } },
  })
  const browser = new HttpBrowser(app.issuer)
  const begun = await authorize(browser, authorizationRequest(clientsOf(app).auroraWeb))
  const page = await browser.submit(begun, {}, { name: 'action', value: 'sign-up' })
  await browser.submit(page, { email: 'ada@home.example' })
  await app.app.idle()
  const [socket] = mailServer.sockets
  assert.ok(socket && !socket.destroyed, 'kept for the next mail')

  const startedMs = performance.now()

  await Promise.all([once(socket, 'close'), app.app.close()])

  assert.ok(performance.now() - startedMs < 10_000, 'sooner than a silent connection times out')
})

/** Takes every mail, and never ends a connection. */
async function keepingSmtpServer(t: TestContext) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    socket.write('220 sink\r\n')
    let isData = false
    createInterface({ input: socket }).on('line', (line) => {
      if (isData && line !== '.') return
      isData = /^data/i.test(line)
      socket.write(isData ? '354 go on\r\n' : '250 ok\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { sockets, port: (server.address() as { port: number }).port }
}
