import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type TestContext, test } from 'node:test'
import { allowLoopback, createGuardedFetch } from '../../src/ports/guarded-fetch.ts'
import { Secret } from '../../src/ports/secret.ts'
import { httpSms } from '../../src/ports/sms.ts'

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A provider on loopback, which answers as it is told. */
async function provider(t: TestContext, { status = 200 } = {}) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    asked.push({ method: request.method, url: request.url, headers: request.headers, body })
    response.writeHead(status).end('{"to":"+4915112345678"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fetch = createGuardedFetch({ allow: allowLoopback })
  t.after(async () => {
    await fetch.close()
    server.close()
  })
  const url = new Secret(`http://127.0.0.1:${(server.address() as { port: number }).port}/accounts/1/messages?v=2`)
  const say = (body: string, headers: Record<string, string> = {}) =>
    httpSms(fetch, {
      url,
      method: 'POST',
      body: new Secret(body),
      from: 'Atrium & Co',
      headers: Object.entries(headers).map(([name, value]) => ({ name, value: new Secret(value) })),
    })
  return { say, asked }
}

const MESSAGE = { to: '+4915112345678', text: 'Aurora: "your" code & more {from}\n48151623' }

test('a JSON body carries number, words and sender, quoted, and the headers the provider wants', async (t) => {
  const { say, asked } = await provider(t)

  await say('{"to":"{to_digits}","msg":{"body":"{text}"},"from":"{from}"}', { Authorization: 'Bearer k3y' }).send(MESSAGE)

  const [{ method, url, headers, body }] = asked as [Asked]
  assert.deepEqual({ method, url }, { method: 'POST', url: '/accounts/1/messages?v=2' })
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers.authorization, 'Bearer k3y')
  assert.deepEqual(JSON.parse(body), { to: '4915112345678', msg: { body: MESSAGE.text }, from: 'Atrium & Co' })
})

test('a form is encoded, and a content type of the operator’s takes the place of ours', async (t) => {
  const { say, asked } = await provider(t)

  await say('To={to}&From={from}&Body={text}', { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }).send(MESSAGE)

  assert.deepEqual(Object.fromEntries(new URLSearchParams(asked[0]!.body)), { To: MESSAGE.to, From: 'Atrium & Co', Body: MESSAGE.text })
  assert.equal(asked[0]!.headers['content-type'], 'application/x-www-form-urlencoded; charset=utf-8')
})

test('an answer that is no success is a failure to be tried again, whose code names the status and no number', async (t) => {
  const { say } = await provider(t, { status: 429 })

  await assert.rejects(say('{"to":"{to}","text":"{text}"}').send(MESSAGE), (error: Error & { code: string }) => {
    assert.equal(error.code, 'sms_status_429')
    assert.doesNotMatch(`${error.message} ${error.stack}`, /4915112345678|48151623/)
    return true
  })
})
