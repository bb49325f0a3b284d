import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import { createAdmission } from '../../src/web/admission.ts'

const load = { queries: 0, hashes: 0, turnedAway: 0 }
const admission = createAdmission({
  clockMs: () => performance.now(),
  https: true,
  queriesWaiting: () => load.queries,
  hashesFullness: () => load.hashes,
  onTurnedAway: () => load.turnedAway++,
})
const slow: ServerResponse[] = []
const server = createServer((req, res) => {
  if (admission.turnAway(req, res)) return
  if (req.url === '/slow') slow.push(res)
  else res.end('served')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
after(() => {
  admission.stop()
  server.close()
  server.closeAllConnections()
})
beforeEach(() => Object.assign(load, { queries: 0, hashes: 0, turnedAway: 0 }))

const statusOf = async (path: string, init?: RequestInit) => (await fetch(origin + path, init)).status

/** Keeps the event loop from turning. */
function work(ms: number): void {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}

test('whoever is not accepted is told at once when to come back, in the form they read', async () => {
  load.queries = 1_000

  const api = await fetch(`${origin}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }) })
  const page = await fetch(`${origin}/authorize?client_id=x`, { headers: { accept: 'text/html', 'accept-language': 'de-CH, en' } })

  for (const answer of [api, page]) {
    assert.equal(answer.status, 503)
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.match(answer.headers.get('strict-transport-security') ?? '', /max-age/)
  }
  assert.equal(((await api.json()) as { error: string }).error, 'temporarily_unavailable')
  const text = await page.text()
  assert.match(text, /<html lang="de">.*<body data-page="error">.*<h1>.*role="alert"/s)
  assert.equal(load.turnedAway, 2)
})

test('what costs less than a refusal is always served', async () => {
  load.queries = 1_000

  for (const path of ['/jwks', '/.well-known/openid-configuration', '/assets/atrium.css?v=1']) assert.equal(await statusOf(path), 200)
})

test('a sign-in that has begun goes on where no new one is let in', async () => {
  load.queries = 200
  assert.deepEqual(
    await Promise.all(['/sign-in/u', '/authorize/u', '/sign-out', '/revoke'].map((path) => statusOf(path))),
    [200, 200, 200, 200],
  )
  assert.deepEqual(await Promise.all(['/authorize', '/token', '/account'].map((path) => statusOf(path))), [503, 503, 503])

  Object.assign(load, { queries: 0, hashes: 0.6 })
  assert.deepEqual(await Promise.all(['/authorize', '/par', '/sign-in/u', '/token'].map((path) => statusOf(path))), [503, 503, 200, 200])
})

test('an event loop that is late turn after turn lets nobody new in while many wait; one slow moment does not count, and afterwards all is as before', async () => {
  const waiting = Array.from({ length: 40 }, () => statusOf('/slow'))
  while (slow.length < waiting.length) await new Promise((resolve) => setTimeout(resolve, 1))
  work(600)
  assert.equal(await statusOf('/token'), 200)

  const turns = Array.from({ length: 8 }, (_, turn) => turn)
  const statuses: Promise<number>[] = []
  for (const _ of turns) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    work(120)
    statuses.push(statusOf('/token'))
    work(60)
  }
  assert.ok((await Promise.all(statuses)).includes(503) || load.turnedAway > 0)

  for (const res of slow) res.end()
  await Promise.all(waiting)
  const untilMs = performance.now() + 5_000
  while ((await statusOf('/token')) === 503 && performance.now() < untilMs);
  assert.equal(await statusOf('/token'), 200)
})
