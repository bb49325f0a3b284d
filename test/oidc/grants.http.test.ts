import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { authorizationRequest, authorize, codeFrom, redemption, signUp, startProtocol, tokensFor } from './protocol.ts'

const app = await startProtocol({ after })
const ada = await signUp(app)
const { auroraWeb, auroraApp } = app.clients

/** As whoever clears away a grant would leave it: revoked, or not there at all. */
async function endGrants(how: 'revoked' | 'deleted'): Promise<void> {
  const { db } = app.app.store
  if (how === 'deleted') await db.deleteFrom('oidc_grants').execute()
  else await db.updateTable('oidc_grants').set({ revoked_at: new Date() }).execute()
}

test('OIDC-4 the access and refresh tokens and the code of a grant that is gone open nothing, anywhere', async () => {
  for (const how of ['revoked', 'deleted'] as const) {
    const tokens = await tokensFor(app, ada, auroraWeb, { scope: 'openid email' })
    const forApi = await tokensFor(app, ada, auroraWeb, { scope: 'consents:read', nonce: undefined, resource: `${app.issuer}/customers` })
    const request = authorizationRequest(auroraWeb)
    const fields = redemption(request, await codeFrom(ada, request))
    assert.equal((await app.userinfo(tokens.access_token)).status, 200)
    await endGrants(how)

    assert.equal((await app.userinfo(tokens.access_token)).status, 401, how)
    for (const token of [tokens.access_token, tokens.refresh_token!, forApi.access_token])
      assert.deepEqual((await app.introspect(auroraWeb, token)).body, { active: false }, how)
    assert.equal((await app.refresh(auroraWeb, tokens.refresh_token!)).body.error, 'invalid_grant', how)
    assert.equal((await app.token(auroraWeb, fields)).body.error, 'invalid_grant', how)
  }
})

test('OIDC-6 what one authorization had less of, the next has again: nothing that was left out sticks', async () => {
  const scopeOf = async (scope: string) => (await tokensFor(app, ada, auroraWeb, { scope })).scope
  const claims = async (scope: string) =>
    Object.keys((await app.userinfo((await tokensFor(app, ada, auroraWeb, { scope })).access_token)).body).sort()

  assert.equal(await scopeOf('openid email'), 'openid email')
  assert.equal(await scopeOf('openid'), 'openid')
  assert.equal(await scopeOf('openid email'), 'openid email')
  assert.deepEqual(await claims('openid email'), ['email', 'email_verified', 'sub'])
})

test('OIDC-6 a refusal is of that request alone', async () => {
  const request = authorizationRequest(auroraApp, { prompt: 'consent', scope: 'openid email' })
  const page = await authorize(ada, request)
  assert.equal(page.name, 'confirm')
  const refused = await ada.submit(page, {}, { name: 'action', value: 'deny' })
  const again = await tokensFor(app, ada, auroraApp, { prompt: 'consent', scope: 'openid email' })

  assert.equal(refused.url.searchParams.get('error'), 'access_denied')
  assert.equal(again.scope, 'openid email')
})
