import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { HttpBrowser, Shown } from '../harness/http-browser.ts'
import {
  authorizationRequest,
  authorize,
  confirmed,
  payloadOf,
  redemption,
  signIn,
  signInFrom,
  signUp,
  startProtocol,
  type TestClient,
} from './protocol.ts'
import { redirectOf, webClient, withEntries } from './signing.ts'

const SECRET = 'a-secret-of-the-levels-clients'
const of = (rest: object) => ({ client_secret: SECRET, ...rest })
const app = await startProtocol(
  { after },
  {
    group: withEntries({
      clients: [
        webClient('wants-phr', of({ default_acr_values: ['phr'] })),
        webClient('wants-any', of({ default_acr_values: ['phr', 'email'] })),
        webClient('least-password', of({ minimum_acr: 'password' })),
        webClient('least-mfa', of({ minimum_acr: 'mfa' })),
      ],
    }),
  },
)
await signUp(app)

const client = (client_id: string): TestClient => ({ client_id, secret: SECRET, redirect_uri: redirectOf(client_id) })
const ask = (browser: HttpBrowser, client_id: string, extra: Record<string, string> = {}): Promise<Shown> =>
  authorize(browser, authorizationRequest(client(client_id), extra))
const errorOf = (page: Shown): string | null => page.url.searchParams.get('error')

test('a client’s default_acr_values count when the request names none, and only then', async () => {
  const browser = await signIn(app)

  assert.equal(errorOf(await ask(browser, 'wants-phr')), 'unmet_authentication_requirements')
  assert.ok((await ask(browser, 'wants-phr', { acr_values: 'password' })).url.searchParams.get('code'))
  assert.ok((await ask(browser, 'wants-any')).url.searchParams.get('code'))
})

test('a client’s minimum counts whatever the request says', async () => {
  const browser = await signIn(app)

  for (const acr_values of ['email', 'password', 'urn:example:any'])
    assert.equal(errorOf(await ask(browser, 'least-mfa', { acr_values })), 'unmet_authentication_requirements', acr_values)
  assert.ok((await ask(browser, 'least-password', { acr_values: 'email' })).url.searchParams.get('code'))
})

test('a session below what is asked for is asked for more, not when nobody may be asked; then the ID token tells the level', async () => {
  const browser = await signIn(app)
  // As a sign-in with an emailed code alone would leave it.
  await app.app.store.db.updateTable('oidc_sessions').set({ acr: 'email' }).execute()
  const request = authorizationRequest(client('least-password'))
  const silent = await ask(browser, 'least-password', { prompt: 'none' })
  const enough = await ask(browser, 'wants-any')
  const page = await confirmed(browser, await signInFrom(browser, await authorize(browser, request)))
  const { body } = await app.token(client('least-password'), redemption(request, page.url.searchParams.get('code')!))

  assert.equal(errorOf(silent), 'login_required')
  assert.ok(enough.url.searchParams.get('code'))
  assert.equal(payloadOf(body.id_token!).acr, 'password')
})
