import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CLIENT_FAILURES } from '../../src/limits/rules.ts'
import { freePorts } from '../harness/app.ts'
import { protocolOf, startProtocol, startTwin } from './protocol.ts'

/** A secret with everything that Basic, forms and URLs each write in their own way. */
const SECRET = 'colon:percent%20plus+space and=amp&quote"-0123456789'
const app = await startProtocol(
  { after },
  { trustProxy: ['127.0.0.1', '::1'], group: (yaml) => yaml.replace('client_secret: aurora-demo-secret', `client_secret: '${SECRET}'`) },
)
const { borealisWeb } = app.clients
const GRANT = { grant_type: 'client_credentials' }

/** RFC 6749 §2.3.1: both parts form-encoded, then Base64. */
const formEncoded = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2)
const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
const right = basic('aurora-web', formEncoded(SECRET))

let hosts = 0
const somewhere = (): string => `198.51.${100 + Math.floor(hosts / 250)}.${(hosts++ % 250) + 1}`
const ask = (authorization: string, from: string, path = '/token', fields: Record<string, string> = GRANT) =>
  app.call(path, fields, { headers: { authorization, 'x-forwarded-for': from } })

test('SEC-17 a secret with colon, percent, plus and space works as RFC 6749 encodes it, and in no other spelling', async () => {
  const inBody = (client_secret: string) => app.call('/token', { ...GRANT, client_id: 'aurora-web', client_secret })
  assert.equal((await ask(right, somewhere())).status, 200)
  assert.equal((await ask(basic('aurora-web', encodeURIComponent(SECRET)), somewhere())).status, 200)
  assert.equal((await inBody(SECRET)).status, 200)

  const wrong = [
    SECRET,
    formEncoded(formEncoded(SECRET)),
    `${formEncoded(SECRET)}%20`,
    formEncoded(SECRET.toUpperCase()),
    '',
    '%00',
    'ü',
    '%C3%BC',
  ]
  for (const secret of wrong) {
    const { status, body } = await ask(basic('aurora-web', secret), somewhere())
    assert.ok([400, 401].includes(status), `${secret}: ${status}`)
    assert.equal(body.access_token, undefined)
  }
  for (const secret of [formEncoded(SECRET), ` ${SECRET}`, SECRET.slice(0, -1), 'ü', '\u0000']) {
    const { status } = await inBody(secret)
    assert.ok([400, 401].includes(status), `${secret}: ${status}`)
  }
  assert.ok([400, 401].includes((await inBody('')).status))
})

test('SEC-17 who fails too often at one endpoint is refused at all of them, with the right secret too, and only there', async () => {
  const from = somewhere()
  const paths = ['/token', '/introspect', '/revoke', '/par']
  const statuses: number[] = []
  for (let i = 0; i <= CLIENT_FAILURES.address.most; i++) {
    const path = paths[i % paths.length]!
    statuses.push((await ask(basic('aurora-web', `wrong-${i}`), from, path, path === '/token' ? GRANT : { token: 'x' })).status)
  }
  assert.deepEqual(statuses, [...Array(CLIENT_FAILURES.address.most).fill(401), 429])

  const answers = [
    await ask(right, from),
    await ask(basic('aurora-web', 'wrong'), from),
    await ask(right, from, '/introspect', { token: 'x' }),
  ]
  for (const { status, body, headers } of answers) {
    assert.deepEqual(
      [status, body],
      [429, { error: 'temporarily_unavailable', error_description: 'too many failed attempts to authenticate' }],
    )
    assert.match(headers.get('retry-after') ?? '', /^([1-5]?\d|60)$/)
  }
  assert.equal((await ask(right, somewhere())).status, 200, 'the client elsewhere')
  assert.equal((await ask(basic('borealis-web', borealisWeb.secret), from)).status, 200, 'another client there')
  assert.equal(app.logLines.filter((line) => line.includes('is not believed there for a while')).length, 1)

  await app.advance(61)
  assert.equal((await ask(right, from)).status, 200)
})

test('SEC-17 made-up clients share one count, and a client that is none is told the same as one that is', async () => {
  const from = somewhere()
  const answers = []
  for (let i = 0; i <= CLIENT_FAILURES.address.most; i++) answers.push(await ask(basic(`nobody-${i}`, 'wrong'), from))
  const known = await ask(basic('aurora-web', 'wrong'), from)

  assert.equal(answers.at(-1)!.status, 429)
  assert.deepEqual([answers[0]!.status, answers[0]!.body], [known.status, known.body])
})

test('SEC-39 another process counts on: it believes nobody after one more failure', async (t) => {
  const port = (await freePorts(1))[0]!
  const twin = { issuer: `http://localhost:${port}`, port }
  await startTwin(t, app, twin)
  const there = protocolOf(twin)
  const network = { authorization: basic('aurora-web', 'wrong') } // the twin trusts no proxy, so it sees a network
  const { pool } = app.app.store
  await there.call('/token', GRANT, { headers: network })
  await pool.query("update rate_limits set taken = $1 where expires_at < now() + interval '1 day' and taken = 1", [
    CLIENT_FAILURES.network.most,
  ])

  assert.equal((await there.call('/token', GRANT, { headers: network })).status, 429)
  assert.equal((await there.call('/token', GRANT, { headers: { authorization: right } })).status, 429)
})
