import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { freePorts } from '../harness/app.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import {
  authorizationRequest,
  authorize,
  confirmed,
  protocolOf,
  redemption,
  sender,
  signIn,
  signInFrom,
  signUp,
  startProtocol,
  startTwin,
  type TestClient,
} from './protocol.ts'

const app = await startProtocol({ after })
await signUp(app)
const { auroraWeb } = app.clients
const { port } = new URL(app.issuer)

const PATHS = [
  '/',
  '/.well-known/openid-configuration',
  '/jwks',
  '/authorize?client_id=aurora-web',
  '/token',
  '/userinfo',
  '/introspect',
  '/par',
  '/sign-out',
  '/account',
  '/sign-in/x',
  '/dev/mailbox',
  '/dev/clock',
  '/assets/x',
  '/nowhere',
]

function ask(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }> {
  return new Promise((resolve, reject) => {
    const req = httpRequest({ host: '127.0.0.1', port, path, method, headers }, async (res) => {
      let text = ''
      for await (const chunk of res) text += String(chunk)
      resolve({ status: res.statusCode ?? 0, text, headers: res.headers })
    })
    req.on('error', reject).end()
  })
}

/** The status line of a request written by hand. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text.replaceAll('\n', '\r\n')))
    let got = ''
    socket.on('data', (chunk) => {
      got += String(chunk)
      if (got.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('close', () => resolve(got))
    socket.on('error', reject)
  })
}

test('OIDC-17, SEC-58 a host that is not the issuer’s gets 421 everywhere', async () => {
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1:${port}`,
    'localhost',
    `localhost.:${port}`,
    `localhost:${port}.evil.example`,
    `evil.example@localhost:${port}`,
    '',
  ]) {
    for (const path of PATHS) {
      const { status, text } = await ask(path, { host })
      assert.ok(status === 421 || (host === '' && status === 400), `${host} ${path}: ${status}`)
      assert.equal(text.includes('evil.example'), false)
    }
  }
  assert.equal((await ask('/token', { host: 'evil.example' }, 'POST')).status, 421)
})

test('OIDC-17 an absolute target, two hosts and none are refused', async () => {
  const path = '/.well-known/openid-configuration'
  const refused = {
    'absolute target of another host': `GET http://evil.example${path} HTTP/1.1\nHost: localhost:${port}\nConnection: close\n\n`,
    'absolute target of our host': `GET http://localhost:${port}${path} HTTP/1.1\nHost: localhost:${port}\nConnection: close\n\n`,
    'absolute target and another Host': `GET http://localhost:${port}${path} HTTP/1.1\nHost: evil.example\nConnection: close\n\n`,
    'two hosts': `GET ${path} HTTP/1.1\nHost: localhost:${port}\nHost: evil.example\nConnection: close\n\n`,
    'two hosts the other way': `GET ${path} HTTP/1.1\nHost: evil.example\nHost: localhost:${port}\nConnection: close\n\n`,
    'no host': `GET ${path} HTTP/1.1\nConnection: close\n\n`,
    'no host, HTTP/1.0': `GET ${path} HTTP/1.0\n\n`,
    'double slash': `GET //evil.example${path} HTTP/1.1\nHost: localhost:${port}\nConnection: close\n\n`,
  }
  for (const [what, text] of Object.entries(refused)) {
    const answer = await raw(text)
    assert.match(answer, /^HTTP\/1\.1 4(00|21) /, `${what}: ${answer.split('\r\n')[0]}`)
    assert.equal(answer.includes('evil.example'), false, what)
  }
  assert.match(await raw(`GET ${path} HTTP/1.1\nHost: localhost:${port}\nConnection: close\n\n`), /^HTTP\/1\.1 200 /)
})

test('OIDC-17 no link of a page follows the request to another host', async () => {
  for (const path of ['//evil.example/x', '/\\evil.example/x', '/\\/evil.example', '/x//evil.example', '/sign-in//evil.example']) {
    const { status, text } = await ask(path, { host: `localhost:${port}`, accept: 'text/html' })
    assert.ok(status >= 400 && status < 500, `${path}: ${status}`)
    const links = [...text.matchAll(/(?:href|action|src)="([^"]*)"/g)].map(
      ([, link]) => new URL(link!.replaceAll('&amp;', '&'), app.issuer).host,
    )
    assert.ok(links.length > 3, path)
    assert.equal(links.includes('evil.example'), false, path)
  }
})

test('OIDC-17, SEC-58 forwarded headers of a stranger change nothing: metadata, iss, redirects', async () => {
  const forged = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '1.2.3.4',
    forwarded: 'host=evil.example;proto=https',
    'x-original-url': '/evil',
    'x-rewrite-url': '/evil',
  }
  const [plain, odd] = [
    await fetch(`${app.issuer}/.well-known/openid-configuration`),
    await fetch(`${app.issuer}/.well-known/openid-configuration`, { headers: forged }),
  ]
  assert.deepEqual(await odd.json(), await plain.json())

  const browser = new HttpBrowser(app.issuer)
  Object.assign(browser.headers, forged)
  const page = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)))
  assert.equal(page.url.searchParams.get('iss'), app.issuer)
  assert.equal(
    browser.setCookies.some((line) => /evil|domain=|;\s*secure/i.test(line)),
    false,
  )
})

const attributesOf = (line: string) => {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
  return { name: pair.split('=')[0]!, value: pair.slice(pair.indexOf('=') + 1), flags: rest.map((part) => part.toLowerCase()) }
}

test('OIDC-20, SEC-28 on an http issuer cookies have no prefix and no Secure, but HttpOnly, SameSite=Lax, a path of their own and no domain', async () => {
  const browser = await signIn(app)
  const cookies = browser.setCookies.map(attributesOf)

  assert.deepEqual([...new Set(cookies.map(({ name }) => name))].sort(), [
    'atrium_device',
    'atrium_interaction',
    'atrium_interaction.sig',
    'atrium_resume',
    'atrium_resume.sig',
    'atrium_session',
  ])
  for (const { name, flags } of cookies) {
    assert.ok(flags.includes('httponly') && flags.includes('samesite=lax'), `${name}: ${flags}`)
    assert.equal(
      flags.some((flag) => flag === 'secure' || flag.startsWith('domain')),
      false,
      name,
    )
    const path = flags.find((flag) => flag.startsWith('path='))
    assert.match(
      path ?? '',
      name.includes('interaction') ? /^path=\/sign-in\/./ : name.includes('resume') ? /^path=\/authorize\/./ : /^path=\/$/,
      name,
    )
  }
})

test('OIDC-20, SEC-28 on an https issuer the session is __Host-, what is bound to a path __Secure-, and all are Secure', async (t) => {
  const issuer = 'https://id.example.test'
  const [twinPort] = await freePorts(1)
  await startTwin(t, app, { issuer, port: twinPort! })
  const send = sender(`http://127.0.0.1:${twinPort}`, 'id.example.test')
  const browser = new HttpBrowser(issuer, (url, init) => send(`${url.pathname}${url.search}`, init))
  const web: TestClient = auroraWeb

  const request = authorizationRequest(web)
  const page = await signInFrom(browser, await authorize(browser, request))
  const { status, body } = await protocolOf({ issuer }, `http://127.0.0.1:${twinPort}`).token(
    web,
    redemption(request, page.url.searchParams.get('code')!),
  )
  const account = await confirmed(browser, await browser.open('/account'))

  assert.equal(status, 200, JSON.stringify(body))
  assert.match(account.name, /^account/)
  assert.equal(account.headers.get('strict-transport-security'), 'max-age=31536000; includeSubDomains')
  const cookies = browser.setCookies.map(attributesOf)
  assert.deepEqual([...new Set(cookies.map(({ name }) => name))].sort(), [
    '__Host-atrium_account',
    '__Host-atrium_device',
    '__Host-atrium_session',
    '__Secure-atrium_interaction',
    '__Secure-atrium_interaction.sig',
    '__Secure-atrium_resume',
    '__Secure-atrium_resume.sig',
  ])
  for (const { name, flags } of cookies) {
    assert.ok(
      ['httponly', 'samesite=lax', 'secure'].every((flag) => flags.includes(flag)),
      `${name}: ${flags}`,
    )
    assert.equal(
      flags.some((flag) => flag.startsWith('domain')),
      false,
      name,
    )
    if (name.startsWith('__Host-')) assert.ok(flags.includes('path=/'), name)
  }
})

test('OIDC-20 a cookie holds an opaque id and nothing else, and one in the place of another opens nothing (SEC-28)', async () => {
  const browser = await signIn(app)
  const journey = new HttpBrowser(app.issuer)
  const page = await authorize(journey, authorizationRequest(auroraWeb))
  const session = browser.cookie('atrium_session')!
  for (const { value } of [...browser.cookies, ...journey.cookies]) assert.match(value, /^[\w.-]+$/)

  const swapped = new HttpBrowser(app.issuer)
  swapped.put({ host: 'localhost', path: '/', name: 'atrium_session', value: journey.cookie('atrium_interaction')! })
  assert.equal((await authorize(swapped, authorizationRequest(auroraWeb))).name, 'identify')
  const resume = journey.copy((cookie) => cookie.name.startsWith('atrium_resume'))
  for (const { name, value } of resume.cookies)
    resume.put({ host: 'localhost', path: '/', name: name.replace('resume', 'interaction'), value })
  assert.equal((await resume.open(page.url)).name, 'error', 'the signature is of another name')
  assert.ok(session)
})

test('SEC-12 no page can be framed, whatever page', async () => {
  for (const path of ['/', '/authorize', '/sign-out', '/sign-in/x', '/account', '/nowhere']) {
    const { headers } = await new HttpBrowser(app.issuer).step(path)
    assert.equal(headers.get('x-frame-options'), 'DENY', path)
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
  }
})
