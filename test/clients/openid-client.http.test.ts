import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as oidc from 'openid-client'
import { startTestApp } from '../harness/app.ts'
import { newKey, redirectOf, webClient, withEntries } from '../oidc/signing.ts'
import { adaJoins, Shopper } from './shopper.ts'

const key = await newKey('ES256', 'of-the-bank')
const fapi = {
  profile: 'fapi2',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [key.jwk] },
  authorization_signed_response_alg: 'ES256',
}
const app = await startTestApp({ after }, { group: withEntries({ clients: [webClient('bank', fapi)] }) })
await adaJoins(app)

test('openid-client as a FAPI 2.0 client: pushed request, assertion, DPoP, signed answer, userinfo, refresh, revocation', async () => {
  const config = await oidc.discovery(new URL(app.issuer), 'bank', {}, oidc.PrivateKeyJwt({ key: key.private, kid: 'of-the-bank' }), {
    execute: [oidc.allowInsecureRequests, oidc.useJwtResponseMode, oidc.enableNonRepudiationChecks],
  })
  const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'))
  const [state, nonce, pkceCodeVerifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
  const redirect_uri = redirectOf('bank')
  const ada = new Shopper(app, { stopAt: redirect_uri })

  const asked = await oidc.buildAuthorizationUrlWithPAR(
    config,
    {
      redirect_uri,
      scope: 'openid email',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    },
    { DPoP },
  )
  assert.deepEqual([...asked.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const back = await ada.signIn(await ada.open(asked))
  assert.deepEqual([...back.url.searchParams.keys()], ['response'])
  const tokens = await oidc.authorizationCodeGrant(
    config,
    back.url,
    { expectedState: state, expectedNonce: nonce, pkceCodeVerifier },
    undefined,
    { DPoP },
  )
  const { sub } = tokens.claims()!
  const info = await oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP })
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token!, undefined, { DPoP })
  await oidc.tokenRevocation(config, refreshed.refresh_token ?? tokens.refresh_token!)

  assert.equal(tokens.token_type, 'dpop')
  assert.deepEqual(info, { sub, email: 'ada.lovelace@example.com', email_verified: true })
  assert.notEqual(refreshed.access_token, tokens.access_token)
  await assert.rejects(oidc.fetchUserInfo(config, refreshed.access_token, sub, { DPoP }))
})
