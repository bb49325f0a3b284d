import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import type { HttpBrowser, Shown } from '../harness/http-browser.ts'
import { payloadOf } from '../oidc/protocol.ts'
import { startPlan } from './plan.ts'

/** oidcc-rp-initiated-logout-certification-test-plan */
const plan = await startPlan({ after })
const { postLogout } = plan

interface SignedIn {
  readonly browser: HttpBrowser
  readonly hint: string
}

async function signedIn(): Promise<SignedIn> {
  const browser = await plan.freshlySignedIn()
  return { browser, hint: (await plan.redeem(await plan.ask(browser))).id_token! }
}

const signOut = (browser: HttpBrowser, params: Record<string, string>): Promise<Shown> =>
  browser.open(`/sign-out?${new URLSearchParams(params)}`)

const isSignedOut = async (browser: HttpBrowser): Promise<boolean> =>
  (await plan.ask(browser, { prompt: 'none' })).answer?.error === 'login_required'

const named = (name: string, rule: string) => `OIDC-30 RP-Initiated Logout OP, ${name}: ${rule}`

test(named('oidcc-rp-initiated-logout-discovery-endpoint-verification', 'the metadata names the end_session_endpoint'), async () => {
  const metadata = (await (await fetch(`${plan.issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>

  assert.equal(metadata.end_session_endpoint, `${plan.issuer}/sign-out`)
})

test(named('oidcc-rp-initiated-logout', 'leads back with the state, and prompt=none then is login_required'), async () => {
  const { browser, hint } = await signedIn()

  const asked = await signOut(browser, { id_token_hint: hint, post_logout_redirect_uri: postLogout, state: 'a state' })
  assert.equal(asked.name, 'sign_out')
  const back = await browser.submit(asked)

  assert.equal(back.url.href, `${postLogout}?state=a+state`)
  assert.equal(await isSignedOut(browser), true)
})

test(named('oidcc-rp-initiated-logout', 'a sign-out may be asked for by POST'), async () => {
  const { browser, hint } = await signedIn()

  const asked = await browser.post('/sign-out', { id_token_hint: hint, post_logout_redirect_uri: postLogout, state: 's' })

  assert.equal((await browser.submit(asked)).url.href, `${postLogout}?state=s`)
  assert.equal(await isSignedOut(browser), true)
})

for (const [name, uri] of [
  ['oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', `${postLogout}/bad`],
  ['oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', `${postLogout}?foo=bar`],
] as const) {
  test(named(name, 'an address that is not registered leads to an error page, nowhere else, and ends nothing'), async () => {
    const { browser, hint } = await signedIn()

    const page = await signOut(browser, { id_token_hint: hint, post_logout_redirect_uri: uri, state: 's' })

    assert.deepEqual([page.url.origin, page.status, page.name], [plan.issuer, 400, 'error'])
    assert.equal(await isSignedOut(browser), false)
  })
}

for (const [name, forge] of [
  ['oidcc-rp-initiated-logout-modified-id-token-hint', (claims: Record<string, unknown>) => new UnsecuredJWT(claims).encode()],
  [
    'oidcc-rp-initiated-logout-bad-id-token-hint',
    async (claims: Record<string, unknown>, kid: string) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign((await generateKeyPair('RS256')).privateKey),
  ],
] as const) {
  test(named(name, 'a hint that is unsigned or signed by somebody else leads to an error page and ends nothing'), async () => {
    const { browser, hint } = await signedIn()
    const { kid } = JSON.parse(Buffer.from(hint.split('.')[0]!, 'base64url').toString()) as { kid: string }
    const forged = await forge(payloadOf(hint), kid)

    const page = await signOut(browser, { id_token_hint: forged, post_logout_redirect_uri: postLogout, state: 's' })

    assert.deepEqual([page.url.origin, page.status, page.name], [plan.issuer, 400, 'error'])
    assert.equal(await isSignedOut(browser), false)
  })
}

test(named('oidcc-rp-initiated-logout-no-id-token-hint', 'without a hint nobody is led to an address'), async () => {
  const { browser } = await signedIn()

  const page = await signOut(browser, { post_logout_redirect_uri: postLogout, state: 's' })

  assert.equal(page.url.origin, plan.issuer)
  const end = page.name === 'sign_out' ? await browser.submit(page) : page
  assert.equal(end.url.origin, plan.issuer)
})

for (const [name, paramsOf] of [
  ['oidcc-rp-initiated-logout-no-params', () => ({})],
  ['oidcc-rp-initiated-logout-no-post-logout-redirect-uri', (hint: string) => ({ id_token_hint: hint, state: 's' })],
  ['oidcc-rp-initiated-logout-only-state', () => ({ state: 's' })],
] as const) {
  test(named(name, 'without an address the sign-out ends at a page of ours'), async () => {
    const { browser, hint } = await signedIn()

    const done = await browser.submit(await signOut(browser, paramsOf(hint)))

    assert.deepEqual([done.url.origin, done.status, done.name], [plan.issuer, 200, 'signed_out'])
    assert.equal(await isSignedOut(browser), true)
  })
}

test(named('oidcc-rp-initiated-logout-no-state', 'without a state none comes back'), async () => {
  const { browser, hint } = await signedIn()

  const back = await browser.submit(await signOut(browser, { id_token_hint: hint, post_logout_redirect_uri: postLogout }))

  assert.equal(back.url.href, postLogout)
  assert.equal(await isSignedOut(browser), true)
})
