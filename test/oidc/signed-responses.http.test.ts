import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { formsOn } from '../harness/http-browser.ts'
import {
  authorizationRequest,
  authorize,
  confirmed,
  payloadOf,
  redemption,
  signUp,
  startProtocol,
  type TestClient,
  tokensFor,
} from './protocol.ts'
import { redirectOf, webClient, withEntries } from './signing.ts'

const SECRET = 'a-secret-of-the-signed-answers'
const app = await startProtocol(
  { after },
  {
    group: withEntries({
      clients: [
        webClient('jarm', {
          client_secret: SECRET,
          authorization_signed_response_alg: 'EdDSA',
          introspection_signed_response_alg: 'ES256',
        }),
        webClient('plain', { client_secret: SECRET }),
      ],
    }),
  },
)
const ada = await signUp(app)
const { issuer } = app
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
const [jarm, plain] = ['jarm', 'plain'].map((client_id) => ({ client_id, secret: SECRET, redirect_uri: redirectOf(client_id) })) as [
  TestClient,
  TestClient,
]

const verified = async (jwt: string) =>
  (await jwtVerify(jwt, keys, { issuer, audience: 'jarm', algorithms: ['EdDSA'], requiredClaims: ['exp'] })).payload

test('JARM: jwt, query.jwt and fragment.jwt bring one signed answer, whose code is a code', async () => {
  for (const [response_mode, place] of [
    ['jwt', 'search'],
    ['query.jwt', 'search'],
    ['fragment.jwt', 'hash'],
  ] as const) {
    const request = authorizationRequest(jarm, { response_mode })
    const page = await confirmed(ada, await authorize(ada, request))
    const answer = new URLSearchParams(page.url[place].slice(1))
    const { code, state, iss, aud, ...rest } = await verified(answer.get('response')!)

    assert.deepEqual([...answer.keys()], ['response'], response_mode)
    assert.deepEqual({ state, iss, aud, rest: Object.keys(rest) }, { state: request.params.state, iss: issuer, aud: 'jarm', rest: ['exp'] })
    assert.equal((await app.token(jarm, redemption(request, String(code)))).status, 200)
  }
})

test('JARM: form_post.jwt posts the signed answer from a page', async () => {
  const request = authorizationRequest(jarm, { response_mode: 'form_post.jwt' })
  const page = await authorize(ada, request)
  const [form] = formsOn(page)

  assert.equal(form!.action, jarm.redirect_uri)
  assert.deepEqual(Object.keys(form!.hidden), ['response'])
  const { code } = await verified(form!.hidden.response!)
  assert.equal((await app.token(jarm, redemption(request, String(code)))).status, 200)
})

test('JARM: an error comes signed too, and silently where nobody is asked', async () => {
  const stranger = ada.copy(() => false)
  for (const [extra, error] of [
    [{ prompt: 'none' }, 'login_required'],
    [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
  ] as const) {
    const request = authorizationRequest(jarm, { response_mode: 'query.jwt', ...extra })
    const page = await authorize(stranger, request)
    const answer = await verified(page.url.searchParams.get('response')!)

    assert.deepEqual([answer.error, answer.state], [error, request.params.state])
    assert.equal(page.url.searchParams.has('error'), false)
  }
})

test('SEC-9 a response mode that a client is not registered for, or that nobody knows, is an error and no code', async () => {
  for (const response_mode of [
    'jwt',
    'query.jwt',
    'fragment.jwt',
    'form_post.jwt',
    'web_message',
    'nonsense',
    'query.jwt.jwt',
    '__proto__',
  ]) {
    const page = await authorize(ada, authorizationRequest(plain, { response_mode }))
    const pushed = await app.call('/par', authorizationRequest(plain, { response_mode }).params, { as: plain })

    assert.deepEqual(Object.fromEntries(page.url.searchParams).error, 'unsupported_response_mode', `${response_mode} ${page.url}`)
    assert.equal(page.url.searchParams.has('code') || page.url.searchParams.has('response'), false)
    assert.equal(pushed.status, 400, response_mode)
  }
})

const introspect = (client: TestClient, token: string, accept = 'application/token-introspection+jwt') =>
  app.call<{ text?: string; active?: boolean }>('/introspect', { token }, { as: client, headers: { accept } })

test('RFC 9701 a client that asks for it gets the introspection answer signed, with the algorithm it registered', async () => {
  const { access_token } = await tokensFor(app, ada, jarm)
  const answer = await introspect(jarm, access_token)
  const { payload, protectedHeader } = await jwtVerify(answer.body.text!, keys, { issuer, audience: 'jarm', algorithms: ['ES256'] })
  const told = payload.token_introspection as Record<string, unknown>

  assert.match(answer.headers.get('content-type') ?? '', /^application\/token-introspection\+jwt/)
  assert.equal(protectedHeader.typ, 'token-introspection+jwt')
  assert.deepEqual(Object.keys(payload).sort(), ['aud', 'iat', 'iss', 'token_introspection'])
  assert.deepEqual([told.active, told.client_id, told.scope], [true, 'jarm', 'openid'])
  assert.equal((await introspect(jarm, access_token, 'application/json')).body.active, true)
})

test('RFC 9701 of another’s token the signed answer says as little as the plain one; without a registered algorithm it is the group’s', async () => {
  const { access_token } = await tokensFor(app, ada, plain)
  const foreign = await introspect(jarm, access_token)
  const unregistered = await introspect(plain, access_token)

  assert.deepEqual(payloadOf(foreign.body.text!).token_introspection, { active: false })
  assert.equal(decodeProtectedHeader(foreign.body.text!).typ, 'token-introspection+jwt')
  assert.equal(decodeProtectedHeader(unregistered.body.text!).alg, 'ES256')
})
