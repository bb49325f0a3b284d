import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'

const { issuer } = await startTestApp({ after })

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

const ask = (path: string, accept: string | undefined, init: RequestInit = {}): Promise<Response> =>
  fetch(`${issuer}${path}`, { ...init, headers: { ...(accept === undefined ? {} : { accept }), ...init.headers } })

test('an error of ours is an RFC 9457 document for programs, and a page for whoever asks for HTML by name', async () => {
  for (const accept of ['*/*', 'application/json', 'application/problem+json', '', 'image/png']) {
    const answer = await ask('/nowhere', accept)
    const document = (await answer.json()) as Record<string, unknown>
    assert.equal(answer.status, 404)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/, accept)
    assert.deepEqual([document.type, document.title, document.status], ['urn:atrium:problem:not_found', 'not found', 404])
    assert.equal(document.instance, `urn:request:${answer.headers.get('x-request-id')}`)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
  for (const accept of [BROWSER, 'text/html']) {
    const answer = await ask('/nowhere', accept)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(await answer.text(), /data-page="error"/)
  }
})

test('each kind of refusal has its type', async () => {
  const typeOf = async (answer: Promise<Response>): Promise<unknown> => ((await (await answer).json()) as { type: string }).type
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  assert.equal(await typeOf(ask('/', '*/*', { method: 'DELETE' })), 'urn:atrium:problem:method_not_allowed')
  assert.equal(await typeOf(ask('/%00', '*/*')), 'urn:atrium:problem:malformed_url')
  assert.equal(
    await typeOf(ask('/sign-in/x', '*/*', { method: 'POST', body: 'a'.repeat(66_000), headers: form })),
    'urn:atrium:problem:body_too_large',
  )
  assert.equal(
    await typeOf(ask('/sign-in/x', '*/*', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })),
    'urn:atrium:problem:unsupported_media_type',
  )
  assert.equal(
    await typeOf(ask('/dev/clock', '*/*', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } })),
    'urn:atrium:problem:malformed_body',
  )
})

test('endpoints of the protocol answer in the protocol’s own form, also what was refused before they saw it', async () => {
  const refusals = [
    ask('/token', BROWSER, { method: 'POST', body: 'a'.repeat(66_000) }),
    ask('/token', '*/*', {
      method: 'POST',
      body: 'a=1',
      headers: { 'content-encoding': 'gzip', 'content-type': 'application/x-www-form-urlencoded' },
    }),
    ask('/token', '*/*', { method: 'DELETE' }),
    ask('/introspect', BROWSER, { method: 'POST', body: new URLSearchParams({ token: 'x' }) }),
  ]

  for (const refusal of refusals) {
    const answer = await refusal
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
    assert.match(String(((await answer.json()) as { error: string }).error), /^invalid_(request|client)$/)
    assert.ok(answer.status >= 400 && answer.status < 500)
  }
})
