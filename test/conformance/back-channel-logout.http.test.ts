import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { after, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { freePorts } from '../harness/app.ts'
import { startPlan } from './plan.ts'

/** oidcc-backchannel-rp-initiated-logout-certification-test-plan, with the suite's endpoint on this machine */
const [port] = await freePorts(1)
const plan = await startPlan({ after }, { suite: `http://localhost:${port}` })
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

test('OIDC-30 Back-Channel OP, oidcc-backchannel-logout-discovery-endpoint-verification: the metadata tells that logout tokens are sent, with sid', async () => {
  const metadata = (await (await fetch(`${plan.issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>

  assert.equal(metadata.backchannel_logout_supported, true)
  assert.equal(metadata.backchannel_logout_session_supported, true)
})

test('OIDC-30 Back-Channel OP, oidcc-backchannel-rp-initiated-logout: the client gets one signed logout token with all its claims and no nonce, and the browser comes back with the state', async () => {
  const received = await listen()
  const browser = await plan.freshlySignedIn()
  const asked = await plan.ask(browser)
  const tokens = await plan.redeem(asked)
  const { claims: known } = await plan.idTokenOf(tokens, asked.request)

  const query = new URLSearchParams({ id_token_hint: tokens.id_token!, post_logout_redirect_uri: plan.postLogout, state: 's' })
  const back = await browser.submit(await browser.open(`/sign-out?${query}`))
  await plan.app.idle()

  assert.equal(back.url.href, `${plan.postLogout}?state=s`)
  assert.equal(received.length, 1)
  const [{ method, headers, body }] = received as [Received]
  assert.deepEqual([method, headers['content-type']], ['POST', 'application/x-www-form-urlencoded'])
  assert.deepEqual([...body.keys()], ['logout_token'])
  const { payload, protectedHeader } = await jwtVerify(body.get('logout_token')!, createRemoteJWKSet(new URL(`${plan.issuer}/jwks`)), {
    issuer: plan.issuer,
    audience: plan.first.client_id,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'events'],
  })
  assert.equal(protectedHeader.alg, 'RS256', 'as the client’s ID tokens')
  assert.deepEqual(payload.events, { [EVENT]: {} })
  assert.deepEqual([payload.sub, payload.sid], [known.sub, known.sid])
  assert.equal('nonce' in payload, false)
  assert.equal((await plan.ask(browser, { prompt: 'none' })).answer?.error, 'login_required')
})

interface Received {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: URLSearchParams
}

async function listen(): Promise<Received[]> {
  const received: Received[] = []
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += String(chunk)
    received.push({ method: req.method, headers: req.headers, body: new URLSearchParams(body) })
    res.setHeader('cache-control', 'no-store')
    res.end()
  })
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return received
}
