import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { authorizationRequest } from '../oidc/protocol.ts'
import { dpopProof, newKey } from '../oidc/signing.ts'
import { startPlan } from './plan.ts'

/** Modules of fapi2-security-profile-final-test-plan that have nothing to do with a client's profile; all others are in test/oidc/fapi2.http.test.ts. */
const plan = await startPlan({ after })

test('OIDC-30 FAPI 2.0, AccessTokenTypeHeaderCaseSensitivity: the scheme of a token may be written in any case', async () => {
  const { access_token } = await plan.redeem(await plan.ask(plan.ada()))
  const key = await newKey()
  const { request, answer } = await plan.ask(plan.ada())
  const fields = { grant_type: 'authorization_code', code: answer?.code ?? '', redirect_uri: request.client.redirect_uri }
  const dpop = await dpopProof(key, `${plan.issuer}/token`)
  const { body: bound } = await plan.token(plan.first, { ...fields, code_verifier: request.verifier }, { dpop })
  const statusOf = async (authorization: string, headers: Record<string, string> = {}) =>
    (await fetch(`${plan.issuer}/userinfo`, { headers: { authorization, ...headers } })).status
  const proof = () => dpopProof(key, `${plan.issuer}/userinfo`, { method: 'GET', token: bound.access_token })

  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) assert.equal(await statusOf(`${scheme} ${access_token}`), 200, scheme)
  for (const scheme of ['DPoP', 'dpop', 'DPOP'])
    assert.equal(await statusOf(`${scheme} ${bound.access_token}`, { dpop: await proof() }), 200, scheme)
})

test('OIDC-30 FAPI 2.0, EnsureRegisteredRedirectUri: a pushed request without redirect URI, or with one that is not registered, is refused', async () => {
  const push = async (redirect_uri: string | undefined) =>
    plan.call('/par', authorizationRequest(plan.first, { redirect_uri }).params, { as: plan.first })

  assert.equal((await push(plan.first.redirect_uri)).status, 201)
  for (const uri of [undefined, `${plan.first.redirect_uri}/other`, 'https://evil.example/'])
    assert.equal((await push(uri)).status, 400, String(uri))
})
