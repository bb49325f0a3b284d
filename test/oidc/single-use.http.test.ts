import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { authorizationRequest, codeFrom, type Protocol, protocolOf, redemption, signUp, startProtocol, tokensFor } from './protocol.ts'

const app = await startProtocol({ after })
const ada = await signUp(app)
const { auroraWeb } = app.clients

const outcomes = (answers: readonly { status: number; body: { error?: string } }[]): string[] =>
  answers.map(({ status, body }) => `${status} ${body.error ?? 'tokens'}`).sort()
const oneOf = (count: number): string[] => ['200 tokens', ...Array.from({ length: count - 1 }, () => '400 invalid_grant')]

test('OIDC-1 of twenty redemptions of one code at the same moment exactly one gets tokens', async () => {
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(ada, request)

  const answers = await Promise.all(Array.from({ length: 20 }, () => app.token(auroraWeb, redemption(request, code))))

  assert.deepEqual(outcomes(answers), oneOf(20))
})

test('OIDC-1, OIDC-8 of twenty uses of one refresh token at the same moment exactly one rotates it, and its family lives on', async () => {
  const { refresh_token } = await tokensFor(app, ada, auroraWeb)

  const answers = await Promise.all(Array.from({ length: 20 }, () => app.refresh(auroraWeb, refresh_token!)))

  assert.deepEqual(outcomes(answers), oneOf(20))
  const winner = answers.find((a) => a.status === 200)!.body
  assert.equal((await app.userinfo(winner.access_token)).status, 200)
  assert.equal((await app.refresh(auroraWeb, winner.refresh_token!)).status, 200)
})

test('PERF-9 of fifty uses of one code, and of one refresh token, spread over two processes exactly one wins', async (t) => {
  const other = await startSecondProcess(t)
  const [codeRequest, refreshRequest] = [authorizationRequest(auroraWeb), authorizationRequest(auroraWeb)]
  const code = await codeFrom(ada, codeRequest)
  const { body: first } = await other.token(auroraWeb, redemption(refreshRequest, await codeFrom(ada, refreshRequest)))
  const spread = <T>(use: (at: Pick<Protocol, 'token' | 'refresh'>) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: 50 }, (_, i) => use(i % 2 === 0 ? app : other)))

  const redeemed = await spread((at) => at.token(auroraWeb, redemption(codeRequest, code)))
  const refreshed = await spread((at) => at.refresh(auroraWeb, first.refresh_token!))

  assert.deepEqual(outcomes(redeemed), oneOf(50))
  assert.deepEqual(outcomes(refreshed), oneOf(50))
})

test('SEC-14 a code that comes a second time is refused, and every token of its grant is dead, those of a rotation too', async () => {
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(ada, request)
  const first = (await app.token(auroraWeb, redemption(request, code))).body
  const second = (await app.refresh(auroraWeb, first.refresh_token!)).body

  const replay = await app.token(auroraWeb, redemption(request, code))

  assert.deepEqual([replay.status, replay.body.error], [400, 'invalid_grant'])
  for (const { access_token } of [first, second]) assert.equal((await app.userinfo(access_token)).status, 401)
  assert.equal((await app.refresh(auroraWeb, second.refresh_token!)).body.error, 'invalid_grant')
  const { body } = await app.introspect(auroraWeb, second.access_token)
  assert.deepEqual(body, { active: false })
})

test('SEC-15 a code is of no use to another client, for another redirect URI or with another verifier, and stays unspent', async () => {
  const { borealisWeb } = app.clients
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(ada, request)
  const right = redemption(request, code)

  const wrong = [
    await app.token(borealisWeb, right),
    await app.token(auroraWeb, { ...right, redirect_uri: borealisWeb.redirect_uri }),
    await app.token(auroraWeb, { ...right, code_verifier: authorizationRequest(auroraWeb).verifier }),
  ]

  assert.deepEqual(outcomes(wrong), Array(3).fill('400 invalid_grant'))
  assert.equal((await app.token(auroraWeb, right)).status, 200)
})

test('SEC-15 a refresh token is of no use to another client', async () => {
  const { refresh_token } = await tokensFor(app, ada, auroraWeb)

  const { body } = await app.refresh(app.clients.borealisWeb, refresh_token!)

  assert.equal(body.error, 'invalid_grant')
  assert.equal((await app.refresh(auroraWeb, refresh_token!)).status, 200)
})

test('SEC-16 a refresh gets no scope and no resource that the code did not have, and a refusal spends nothing', async () => {
  const { refresh_token } = await tokensFor(app, ada, auroraWeb, { scope: 'openid email' })

  const more = await app.refresh(auroraWeb, refresh_token!, { scope: 'openid email phone' })
  const elsewhere = await app.refresh(auroraWeb, refresh_token!, { resource: `${app.issuer}/customers`, scope: 'openid' })
  const less = await app.refresh(auroraWeb, refresh_token!, { scope: 'openid' })

  assert.equal(more.body.error, 'invalid_scope')
  assert.equal(elsewhere.body.error, 'invalid_target')
  assert.equal(less.body.scope, 'openid')
})

// These move the clock, so they come last.

test('OIDC-25, OIDC-28 a code lives 60 seconds and an access token ten minutes, not a second longer', async () => {
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(ada, request)
  const { access_token, expires_in } = await tokensFor(app, ada, auroraWeb)
  assert.equal(expires_in, 600)

  await app.advance(60)
  assert.equal((await app.token(auroraWeb, redemption(request, code))).body.error, 'invalid_grant')
  assert.equal((await app.userinfo(access_token)).status, 200)

  await app.advance(541)
  assert.equal((await app.userinfo(access_token)).status, 401)
})

async function startSecondProcess(t: { after(hook: () => Promise<void>): void }) {
  const script = fileURLToPath(new URL('second-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, app.databaseUrl, app.issuer], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(async () => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const { value: port } = (await lines.next()) as { value: string }
  return protocolOf(app, `http://127.0.0.1:${port}`)
}
