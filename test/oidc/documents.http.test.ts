import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startProtocol } from './protocol.ts'

const app = await startProtocol({ after })
const PATHS = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/jwks']
const ask = (path: string, init: RequestInit = {}) => fetch(`${app.issuer}${path}`, init)

test('PERF-6 metadata and keys are the same bytes for everybody, may be kept for a minute, and carry every security header', async () => {
  for (const path of PATHS) {
    const first = await ask(path)
    const again = await ask(path, { headers: { origin: 'https://shop.example', accept: 'text/html' } })

    assert.equal(await again.text(), await first.text())
    for (const answer of [first, again]) {
      assert.equal(answer.status, 200)
      assert.match(answer.headers.get('content-type')!, /^application\/(jwk-set\+)?json/)
      assert.equal(answer.headers.get('cache-control'), 'public, max-age=60')
      assert.equal(answer.headers.get('access-control-allow-origin'), '*')
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      assert.ok(answer.headers.get('x-request-id'))
    }
    assert.notEqual(first.headers.get('x-request-id'), again.headers.get('x-request-id'))
  }
})

test('who has a document already is told so, and HEAD tells its length', async () => {
  for (const path of PATHS) {
    const full = await ask(path)
    const body = await full.arrayBuffer()
    const etag = full.headers.get('etag')!

    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const unchanged = await ask(path, { headers: { 'if-none-match': known } })
      assert.equal(unchanged.status, 304, known)
      assert.equal(await unchanged.text(), '')
      assert.equal(unchanged.headers.get('etag'), etag)
    }
    assert.equal((await ask(path, { headers: { 'if-none-match': '"other"' } })).status, 200)
    const head = await ask(path, { method: 'HEAD' })
    assert.equal(head.headers.get('content-length'), String(body.byteLength))
    assert.equal(head.headers.get('etag'), etag)
  }
})

test('other methods are refused as everywhere, and a page of any origin may ask first', async () => {
  for (const path of PATHS) {
    await ask(path)
    const posted = await ask(path, { method: 'POST' })
    const preflight = await ask(path, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'GET' },
    })

    assert.equal(posted.status, 405)
    assert.equal(posted.headers.get('allow'), 'GET, HEAD')
    assert.equal(preflight.status, 204)
    assert.ok(preflight.headers.get('access-control-allow-origin'))
  }
})
