import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, codeFrom, redemption, signUp, startProtocol, type TestClient } from './protocol.ts'

const app = await startProtocol({ after })
const ada = await signUp(app)
const { auroraWeb, auroraApp, borealisWeb, parcellyWeb } = app.clients
const web: TestClient = auroraWeb

/** Stands on our own origin, says so with a 4xx, and leads nowhere. */
function assertErrorPage(page: Shown, what: string): void {
  assert.ok(page.status >= 400 && page.status < 500, `${what}: ${page.status}`)
  assert.equal(page.headers.get('location'), null, what)
  assert.equal(page.url.origin, app.issuer, what)
  assert.equal(page.name, 'error', what)
}

/** Came back to the client with an error that carries state and issuer (SEC-5). */
function assertErrorAt(page: Shown, client: TestClient, state: string | undefined, error: string): void {
  assert.equal(page.url.href.split('?')[0], client.redirect_uri, `${page.name} ${page.status}`)
  const { error: told, state: returned, iss } = Object.fromEntries(page.url.searchParams)
  assert.deepEqual({ told, returned, iss }, { told: error, returned: state, iss: app.issuer })
}

test('SEC-1, OIDC-13 a redirect URI that is not the registered one, letter by letter, leads to an error page of ours', async () => {
  const { port } = new URL(web.redirect_uri)
  const variants = {
    'trailing slash': `${web.redirect_uri}/`,
    'extra query': `${web.redirect_uri}?x=1`,
    'empty query': `${web.redirect_uri}?`,
    'path in other case': web.redirect_uri.replace('callback', 'Callback'),
    'host in other case': web.redirect_uri.replace('localhost', 'LocalHost'),
    'scheme in other case': web.redirect_uri.replace('http:', 'HTTP:'),
    'escaped slash': web.redirect_uri.replace('/callback', '/%2fcallback'),
    'escaped letter': web.redirect_uri.replace('callback', '%63allback'),
    'dot segment': web.redirect_uri.replace('/callback', '/x/../callback'),
    'escaped dot segment': web.redirect_uri.replace('/callback', '/x/%2e%2e/callback'),
    userinfo: web.redirect_uri.replace('//', '//ada@'),
    'host as userinfo': `${web.redirect_uri.replace('/callback', '')}@evil.example/callback`,
    'other host': web.redirect_uri.replace('localhost', 'localhost.evil.example'),
    fragment: `${web.redirect_uri}#x`,
    'empty fragment': `${web.redirect_uri}#`,
    'zero-padded port': web.redirect_uri.replace(`:${port}`, `:0${port}`),
    'other port': web.redirect_uri.replace(`:${port}`, ':1'),
    'integer IP': web.redirect_uri.replace('localhost', '2130706433'),
    'loopback IP': web.redirect_uri.replace('localhost', '127.0.0.1'),
    'trailing dot': web.redirect_uri.replace('localhost', 'localhost.'),
    NUL: `${web.redirect_uri}\0`,
    CRLF: `${web.redirect_uri}\r\nSet-Cookie: x=1`,
    tab: web.redirect_uri.replace('callback', 'call\tback'),
    backslash: web.redirect_uri.replace('/callback', '\\callback'),
    homoglyph: web.redirect_uri.replace('localhost', 'loсalhost'),
    'leading space': ` ${web.redirect_uri}`,
    script: 'javascript:alert(1)',
    data: 'data:text/html,x',
    'another client’s': borealisWeb.redirect_uri,
    relative: '/callback',
    missing: undefined,
    wildcard: web.redirect_uri.replace('callback', '*'),
  }
  for (const [what, redirect_uri] of Object.entries(variants)) {
    const request = authorizationRequest(web, { redirect_uri })
    assertErrorPage(await authorize(ada, request), what)
    assertErrorPage(await authorize(ada, { ...request, params: { ...request.params, prompt: 'none' } }), `${what}, prompt=none`)
    assertErrorPage(
      await authorize(ada, { ...request, params: { ...request.params, response_type: 'token' } }),
      `${what}, other error first`,
    )
    assertErrorPage(await ada.post('/authorize', request.params), `${what}, by POST`)
    assert.notEqual((await app.call('/par', request.params, { as: web })).status, 201, `${what}, pushed`)
  }
})

test('OIDC-13 an app’s loopback redirect may name any port and nothing else (RFC 8252 §7.3)', async () => {
  const at = (redirect_uri: string) => authorize(ada, authorizationRequest(auroraApp, { redirect_uri, prompt: 'none' }))

  for (const good of ['http://127.0.0.1:51234/callback', 'http://127.0.0.1/callback', 'com.example.aurora:/callback']) {
    const page = await at(good)
    assert.equal(page.url.href.split('?')[0], good)
  }
  for (const bad of [
    'http://127.0.0.1:51234/other',
    'http://127.0.0.2:51234/callback',
    'http://localhost:51234/callback',
    'https://127.0.0.1:51234/callback',
  ]) {
    assertErrorPage(await at(bad), bad)
  }
})

test('SEC-11 an unknown client, and one whose channel is not built, get an error page', async () => {
  for (const client_id of [
    'nobody',
    'aurora-kiosk',
    'contact-centre',
    'stylist-service',
    'order-history',
    'Aurora-Web',
    'aurora-web ',
    '',
  ]) {
    assertErrorPage(await authorize(ada, authorizationRequest(web, { client_id })), `client ${client_id}`)
  }
})

test('OIDC-19 nothing of a wrong request stands in the page as markup', async () => {
  const evil = '"><script>alert(1)</script>'
  for (const params of [
    { client_id: evil },
    { redirect_uri: `http://localhost/${evil}` },
    { redirect_uri: evil, response_type: evil, scope: evil, state: evil },
  ]) {
    const page = await authorize(ada, authorizationRequest(web, params))
    assertErrorPage(page, JSON.stringify(params))
    assert.equal(page.text.includes('<script>alert'), false)
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'nonce-/)
  }
})

test('OIDC-14, SEC-3 PKCE is asked of every client, by S256 only', async () => {
  for (const client of [auroraWeb, auroraApp, borealisWeb, parcellyWeb] as TestClient[]) {
    const wrong = {
      'no challenge': { code_challenge: undefined, code_challenge_method: undefined },
      plain: { code_challenge_method: 'plain' },
      'no method, which means plain': { code_challenge_method: undefined },
      'method alone': { code_challenge: undefined },
      'other method': { code_challenge_method: 's256' },
      'short challenge': { code_challenge: 'short' },
    }
    for (const [what, params] of Object.entries(wrong)) {
      const request = authorizationRequest(client, params)
      const page = await authorize(ada, request)
      assert.equal(page.url.searchParams.get('error'), 'invalid_request', `${client.client_id}, ${what}`)
      assertErrorAt(page, client, request.params.state, 'invalid_request')
      const pushed = await app.call('/par', request.params, { as: client })
      assert.equal(pushed.body.error, 'invalid_request', `${client.client_id}, ${what}, pushed`)
    }
  }
})

test('OIDC-14, SEC-3 a code is not redeemed without its verifier or with another one, and refusals spend nothing', async () => {
  const request = authorizationRequest(web)
  const code = await codeFrom(ada, request)
  const { code_verifier, ...without } = redemption(request, code)

  const wrong = [
    await app.token(web, without),
    await app.token(web, { ...without, code_verifier: request.params.code_challenge! }),
    await app.token(web, { ...without, code_verifier: `${code_verifier}x` }),
    await app.token(web, { ...without, code_verifier: '' }),
  ]
  const short = await app.token(web, { ...without, code_verifier: 'short' })

  assert.deepEqual(
    wrong.map(({ body }) => body.error),
    Array(4).fill('invalid_grant'),
  )
  assert.equal(short.body.error, 'invalid_request')
  assert.equal((await app.token(web, { ...without, code_verifier: code_verifier! })).status, 200)
})

test('SEC-5 success and error come back with the issuer and the state', async () => {
  const request = authorizationRequest(web)
  const done = await authorize(ada, request)
  assert.equal(done.url.searchParams.get('iss'), app.issuer)
  assert.equal(done.url.searchParams.get('state'), request.params.state)

  const refused = authorizationRequest(web, { scope: 'openid purchases' })
  assertErrorAt(await authorize(ada, refused), web, refused.params.state, 'invalid_scope')
})

test('SEC-24, OIDC-14 implicit, hybrid and unknown response types do not exist', async () => {
  for (const response_type of ['token', 'id_token', 'id_token token', 'code id_token', 'code token', 'none', 'code code x']) {
    const request = authorizationRequest(web, { response_type })
    const page = await authorize(ada, request)
    const told = new URLSearchParams(page.url.hash.slice(1)).get('error') ?? page.url.searchParams.get('error')
    assert.equal(told, 'unsupported_response_type', response_type)
    assert.equal(page.url.href.includes('token='), false)
    assert.equal(page.url.searchParams.has('code'), false)
  }
})

test('OIDC-12 a client gets no scope it is not registered with', async () => {
  for (const [client, scope] of [
    [parcellyWeb, 'openid email'],
    [borealisWeb, 'openid loyalty'],
    [auroraApp, 'openid purchases'],
  ] as const) {
    const page = await authorize(ada, authorizationRequest(client, { scope }))
    assert.equal(page.url.searchParams.get('error'), 'invalid_scope', scope)
  }
})

test('SEC-4, OIDC-18 doubled parameters and names that only an attack has are refused, and never a fault', async () => {
  const { params } = authorizationRequest(web)
  const plain = new URLSearchParams(params).toString()
  const odd = {
    'scope twice': `${plain}&scope=email`,
    'state twice': `${plain}&state=x`,
    'client_id twice': `${plain}&client_id=borealis-web`,
    'redirect_uri twice': `${plain}&redirect_uri=${encodeURIComponent('https://evil.example/')}`,
    'prompt twice': `${plain}&prompt=none&prompt=login`,
    'nonce twice': `${plain}&nonce=x`,
    'scope[]': `${plain.replace('scope=', 'scope%5B%5D=')}`,
    'scope[] beside scope': `${plain}&scope[]=email`,
    'client_id[a]': `${plain}&client_id[a]=b`,
    __proto__: `${plain}&__proto__=x`,
    '__proto__[x]': `${plain}&__proto__[x]=y`,
    'constructor.prototype': `${plain}&constructor[prototype][x]=y`,
    constructor: `${plain}&constructor=x`,
  }
  for (const [what, query] of Object.entries(odd)) {
    const response = await ada.step(`/authorize?${query}`)
    const location = response.headers.get('location')
    if (location) {
      assert.equal(new URL(location).searchParams.get('error'), 'invalid_request', what)
    } else {
      assert.ok(response.status >= 400 && response.status < 500, `${what}: ${response.status}`)
    }
    const posted = await ada.step('/authorize', { method: 'POST', body: new URLSearchParams(query) })
    assert.ok(posted.status < 500 && posted.status !== 200, `${what} by POST: ${posted.status}`)
  }
})

test('OIDC-18, SEC-25 endpoints answer wrong methods, types and sizes with a 4xx of the protocol’s own form', async () => {
  const at = (path: string, init: RequestInit) => fetch(`${app.issuer}${path}`, init)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const path of ['/token', '/introspect', '/revoke', '/par']) {
    const answers = {
      GET: await at(path, {}),
      PUT: await at(path, { method: 'PUT' }),
      json: await at(path, {
        method: 'POST',
        body: '{"grant_type":"client_credentials"}',
        headers: { 'content-type': 'application/json' },
      }),
      text: await at(path, { method: 'POST', body: 'grant_type=client_credentials', headers: { 'content-type': 'text/plain' } }),
      large: await at(path, { method: 'POST', body: `x=${'y'.repeat(100_000)}`, headers: form }),
      charset: await at(path, {
        method: 'POST',
        body: 'x=y',
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-7' },
      }),
      'no body': await at(path, { method: 'POST' }),
    }
    for (const [what, answer] of Object.entries(answers)) {
      assert.ok(answer.status >= 400 && answer.status < 500, `${path} ${what}: ${answer.status}`)
      assert.match(answer.headers.get('content-type') ?? '', /json/, `${path} ${what}`)
      assert.equal(typeof ((await answer.json()) as { error?: string }).error, 'string', `${path} ${what}`)
    }
  }
})

test('form_post answers with a page that may post to the client and nowhere else, and escapes what it carries (SEC-9)', async () => {
  const state = '"><script>alert(1)</script>'
  const ok = await authorize(ada, authorizationRequest(web, { response_mode: 'form_post', state }))
  const early = await authorize(ada, authorizationRequest(web, { response_mode: 'form_post', state, response_type: 'token' }))
  const late = await authorize(
    new HttpBrowser(app.issuer),
    authorizationRequest(web, { response_mode: 'form_post', state, prompt: 'none' }),
  )

  for (const [page, field, what] of [
    [ok, 'code', 'success'],
    [early, 'error', 'an error before the redirect URI was looked at'],
    [late, 'error', 'an error after'],
  ] as const) {
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.equal(page.url.origin, app.issuer)
    assert.match(page.text, new RegExp(`<form method="post" action="${web.redirect_uri}">`))
    assert.match(page.text, new RegExp(`name="${field}" value=`))
    assert.equal(page.text.includes('<script>alert'), false)
    assert.match(policy, new RegExp(`form-action 'self' ${new URL(web.redirect_uri).origin}(;|$)`), what)
    assert.match(policy, /script-src [^;]*'sha256-/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.equal(page.headers.get('cache-control'), 'no-store')
  }
  assertErrorPage(
    await authorize(ada, authorizationRequest(web, { response_mode: 'form_post', redirect_uri: 'https://evil.example/' })),
    'other redirect',
  )
})

test('SEC-9 a response mode that nobody knows or this client is not registered for is refused, in plain words', async () => {
  for (const response_mode of ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt', 'web_message', 'nonsense']) {
    const page = await authorize(ada, authorizationRequest(web, { response_mode }))
    assert.equal(page.url.searchParams.get('error'), 'unsupported_response_mode', response_mode)
  }
})

test('SEC-8 request objects of a client without keys are not taken, by value or by reference', async () => {
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"client_id":"aurora-web","scope":"openid"}').toString('base64url')}.`
  for (const [params, error] of [
    [{ request: none }, 'invalid_request_object'],
    [{ request_uri: 'https://evil.example/request.jwt' }, 'request_uri_not_supported'],
  ] as const) {
    const request = authorizationRequest(web, params)
    assertErrorAt(await authorize(ada, request), web, request.params.state, error)
  }
})
