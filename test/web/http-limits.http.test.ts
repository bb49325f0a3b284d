import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { exchange, type Raw, rawConnection, statusesIn } from './raw.ts'

const LIMITS = { headMs: 1_000, requestMs: 1_500, keepAliveMs: 800, silentMs: 3_000 }
const { issuer, logLines } = await startTestApp({ after }, { app: { httpLimits: LIMITS } })
const host = new URL(issuer).host
const HEAD = `Host: ${host}\r\n`
const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'

const statusOf = async (sent: string | Buffer): Promise<number | undefined> => statusesIn(await exchange(issuer, sent))[0]

test('SEC-98 who sends a head or a body slowly, or nothing more, is cut', async () => {
  const slow: Record<string, string> = {
    head: `GET / HTTP/1.1\r\n${HEAD}X-Slow: `,
    body: `POST /token HTTP/1.1\r\n${HEAD}${FORM}Content-Length: 1000\r\n\r\n`,
    'chunked body': `POST /token HTTP/1.1\r\n${HEAD}${FORM}Transfer-Encoding: chunked\r\n\r\n`,
    'kept alive': `GET /jwks HTTP/1.1\r\n${HEAD}\r\n`,
    nothing: '',
  }
  const drip: Record<string, string> = { head: 'a', body: 'a', 'chunked body': '1\r\na\r\n' }
  const startedMs = performance.now()

  const lived = await Promise.all(
    Object.entries(slow).map(async ([what, sent]) => {
      const raw = await rawConnection(issuer, sent)
      const dripping = setInterval(() => drip[what] && raw.socket.write(drip[what]), 100)
      await raw.ended
      clearInterval(dripping)
      return [what, performance.now() - startedMs] as const
    }),
  )

  for (const [what, ms] of lived) assert.ok(ms < 6_000, `${what}: ${ms} ms`)
})

test('SEC-98 who does not read the answers is cut', async () => {
  const raw = await rawConnection(issuer)
  raw.socket.pause()
  for (let i = 0; i < 2_000 && !raw.socket.destroyed; i++) raw.socket.write(`GET /.well-known/openid-configuration HTTP/1.1\r\n${HEAD}\r\n`)
  const startedMs = performance.now()

  // the server's end; a paused socket sees it only as a failed write
  while (!raw.socket.destroyed && performance.now() - startedMs < 15_000) {
    raw.socket.write(`GET / HTTP/1.1\r\n${HEAD}\r\n`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }

  assert.ok(raw.socket.destroyed, 'cut')
})

test('SEC-98 with 2,000 slow connections open others are answered as ever', { timeout: 60_000 }, async () => {
  const p95 = async (): Promise<number> => {
    const times: number[] = []
    for (let i = 0; i < 300; i++) {
      const startedMs = performance.now()
      const answer = await fetch(`${issuer}/jwks`)
      await answer.arrayBuffer()
      times.push(performance.now() - startedMs)
    }
    return times.sort((a, b) => a - b)[285] ?? 0
  }
  await p95() // warm
  const before = await p95()
  const slow: Raw[] = []
  for (let batch = 0; batch < 20; batch++)
    slow.push(...(await Promise.all(Array.from({ length: 100 }, () => rawConnection(issuer, `POST /token HTTP/1.1\r\n${HEAD}`)))))

  const meanwhile = await p95()

  assert.ok(meanwhile < 2 * before + 25, `${before} ms before, ${meanwhile} ms meanwhile`)
  await Promise.all(slow.map((raw) => raw.ended))
})

test('SEC-97 a head that is too large or has too many lines, a body that is too large, a compressed one: refused at once, and the connection closed', async () => {
  const post = `POST /token HTTP/1.1\r\n${HEAD}${FORM}`
  const many = Array.from({ length: 120 }, (_, i) => `X-${i}: a\r\n`).join('')

  assert.equal(await statusOf(`GET /${'a'.repeat(17_000)} HTTP/1.1\r\n${HEAD}\r\n`), 431)
  assert.equal(await statusOf(`GET / HTTP/1.1\r\n${HEAD}X-Long: ${'a'.repeat(17_000)}\r\n\r\n`), 431)
  assert.equal(await statusOf(`GET / HTTP/1.1\r\n${HEAD}${many}\r\n`), 431)
  for (const length of [65_537, 1_000_000_000, '9'.repeat(15)]) {
    const answer = await exchange(issuer, `${post}Content-Length: ${length}\r\n\r\na=1`)
    assert.deepEqual(statusesIn(answer), [413], String(length))
    assert.match(answer, /^connection: close\r$/im)
  }
  for (const path of ['/token', '/par', '/introspect', '/revoke', '/authorize', '/sign-in/x', '/account/profile', '/dev/clock'])
    assert.equal(await statusOf(`POST ${path} HTTP/1.1\r\n${HEAD}${FORM}Content-Length: 70000\r\n\r\n`), 413, path)
  assert.equal(await statusOf(`${post}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc`), 415)
})

test('SEC-97 an endless body without a length is cut where the limit is, and memory stays flat', async () => {
  const chunk = `${(16_384).toString(16)}\r\n${'a'.repeat(16_384)}\r\n`
  const before = process.memoryUsage.rss()
  for (const path of ['/token', '/sign-in/x', '/nowhere']) {
    const raw = await rawConnection(issuer, `POST ${path} HTTP/1.1\r\n${HEAD}${FORM}Transfer-Encoding: chunked\r\n\r\n`)
    let sent = 0
    while (!raw.socket.destroyed && sent < 200_000_000) {
      sent += chunk.length
      if (!raw.socket.write(chunk)) await new Promise((resolve) => raw.socket.once('drain', resolve).once('close', resolve))
    }
    raw.socket.destroy()
    assert.ok(sent < 50_000_000, `${path} took ${sent} bytes`)
  }

  assert.ok(process.memoryUsage.rss() - before < 50_000_000)
})

test('SEC-97 a million parameters are refused', async () => {
  const body = 'a=&'.repeat(21_000)
  const page = `POST /token HTTP/1.1\r\n${HEAD}${FORM}Content-Length: ${body.length}\r\n\r\n${body}`
  const status = (await statusOf(page)) ?? 0

  assert.ok(status >= 400 && status < 500, String(status))
})

/** What two readers of one connection could read in two ways (RFC 9112 §11.2). */
const SMUGGLING: Readonly<Record<string, string>> = {
  'Content-Length and Transfer-Encoding': `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'Transfer-Encoding and Content-Length': `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
  'two lengths': `Content-Length: 3\r\nContent-Length: 4\r\n\r\na=1`,
  'a list of lengths': `Content-Length: 3, 3\r\n\r\na=1`,
  'a signed length': `Content-Length: +3\r\n\r\na=1`,
  'a hexadecimal length': `Content-Length: 0x3\r\n\r\na=1`,
  'a negative length': `Content-Length: -1\r\n\r\na=1`,
  'an unknown coding': `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'chunked not last': `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  'chunked twice': `Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunked and cow': `Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n`,
  'a space before the colon': `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  'a folded line': `Transfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n\r\na=1`,
  'a bare carriage return': `X: a\rContent-Length: 3\r\n\r\na=1`,
  'a bare line feed in the head': `X: a\nContent-Length: 3\r\n\r\na=1`,
  'a NUL in a value': `X: a\0b\r\nContent-Length: 3\r\n\r\na=1`,
  'a chunk length with a sign': `Transfer-Encoding: chunked\r\n\r\n+3\r\na=1\r\n0\r\n\r\n`,
  'a chunk without its end': `Transfer-Encoding: chunked\r\n\r\n3\r\na=1XX0\r\n\r\n`,
  'chunk extensions without end': `Transfer-Encoding: chunked\r\n\r\n3;${'a'.repeat(20_000)}\r\na=1\r\n0\r\n\r\n`,
}

for (const [what, rest] of Object.entries(SMUGGLING)) {
  test(`SEC-96 refused, with all that follows on the connection: ${what}`, async () => {
    const before = logLines.length
    const follows = `GET /smuggled HTTP/1.1\r\n${HEAD}\r\n`

    const answer = await exchange(issuer, `POST /token HTTP/1.1\r\n${HEAD}${FORM}${rest}${follows}`)

    const statuses = statusesIn(answer)
    assert.ok(
      statuses.every((status) => status >= 400 && status < 500),
      answer,
    )
    assert.ok(statuses.length <= 1, `one answer at most, and the connection closed: ${statuses}`)
    assert.equal(
      logLines.slice(before).some((line) => line.includes('unmatched')),
      false,
      'what follows was not read as a request',
    )
  })
}

test('SEC-96 HTTP/1.0 has no transfer codings, and GET no body', async () => {
  assert.deepEqual(
    statusesIn(await exchange(issuer, `POST /token HTTP/1.0\r\n${HEAD}${FORM}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)),
    [400],
  )
  const get = `GET /jwks HTTP/1.1\r\n${HEAD}Content-Length: 30\r\n\r\nGET /smuggled HTTP/1.1\r\nX: a\r\n`
  assert.deepEqual(statusesIn(await exchange(issuer, get)), [400])
  assert.deepEqual(statusesIn(await exchange(issuer, `GET /jwks HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)), [400])
})

test('pipelined requests are answered in their order', async () => {
  const answer = await exchange(
    issuer,
    `GET /jwks HTTP/1.1\r\n${HEAD}\r\nGET /nowhere HTTP/1.1\r\n${HEAD}\r\nGET /.well-known/openid-configuration HTTP/1.1\r\n${HEAD}\r\n`,
    { quietMs: 600 },
  )

  assert.deepEqual(statusesIn(answer), [200, 404, 200])
})

test('SEC-25, SEC-58 of headers that decide there is one: a second Host, Content-Type, Authorization or Origin is refused, and so is any target but a path', async () => {
  const get = (target: string, headers = HEAD) => statusOf(`GET ${target} HTTP/1.1\r\n${headers}\r\n`)

  assert.equal(await get('/', `${HEAD}Host: evil.example\r\n`), 421)
  assert.equal(await get('/', 'Host: evil.example\r\n'), 421)
  assert.equal(await get('/', `Host: ${host}.\r\n`), 421)
  assert.equal(await get('/', `Host: evil.example@${host}\r\n`), 421)
  assert.equal(await get('/', ''), 400)
  for (const name of ['Authorization', 'Content-Type', 'Origin', 'DPoP', 'Sec-Fetch-Site'])
    assert.equal(await get('/jwks', `${HEAD}${name}: a\r\n${name.toLowerCase()}: b\r\n`), 400, name)
  for (const target of [`http://evil.example/`, `${issuer}/jwks`, '//evil.example/', '/%00', '/%zz', 'jwks'])
    assert.ok([400, 421].includes((await get(target)) ?? 0), target)
  assert.equal(await statusOf(`OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`), 400)
})

test('a method that a path does not have is 405 with Allow; TRACE mirrors nothing, CONNECT opens nothing', async () => {
  for (const [path, allow] of [
    ['/account/profile', 'HEAD, GET, POST'],
    ['/token', 'POST'],
    ['/authorize', 'GET, HEAD, POST'],
    ['/jwks', 'GET, HEAD'],
    ['/', 'HEAD, GET'],
    ['/dev/clock', 'HEAD, GET, POST'],
  ] as const) {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE']) {
      const answer = await exchange(issuer, `${method} ${path} HTTP/1.1\r\n${HEAD}X-Secret: canary\r\nConnection: close\r\n\r\n`)
      assert.deepEqual(statusesIn(answer), [405], `${method} ${path}`)
      assert.match(answer, new RegExp(`^allow: ${allow}\r$`, 'im'), `${method} ${path}`)
      assert.doesNotMatch(answer, /canary/)
    }
  }
  assert.deepEqual(statusesIn(await exchange(issuer, `CONNECT ${host} HTTP/1.1\r\n${HEAD}\r\n`)), [])
  assert.deepEqual(statusesIn(await exchange(issuer, `BREW / HTTP/1.1\r\n${HEAD}\r\n`)), [400])
})

test('deep JSON is refused on our own endpoints', async () => {
  const body = `${'['.repeat(499)}${']'.repeat(499)}`
  const post = `POST /dev/clock HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

  assert.equal(await statusOf(post), 400)
})
