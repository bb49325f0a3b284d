import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { importJWK, type JWK } from 'jose'
import { authorizationRequest, redemption } from '../oidc/protocol.ts'
import { assertionFields, dpopProof, newKey, requestObject, type TestKey } from '../oidc/signing.ts'
import { startPlan } from './plan.ts'

/** That the configurations for the official suite fit the group file beside them: ids, secrets, keys and addresses. */
const plan = await startPlan({ after })

interface Configured {
  readonly client_id: string
  readonly client_secret?: string
  readonly jwks?: { readonly keys: readonly (JWK & { kid: string; alg: string })[] }
}
const configuration = (name: string) =>
  JSON.parse(readFileSync(new URL(`suite/${name}.json`, import.meta.url), 'utf8')) as Record<'client' | 'client2', Configured>

const redirectUris = { client: plan.first.redirect_uri, client2: plan.second.redirect_uri }

test('oidcc.json has the secrets of both clients', async () => {
  const { client, client2 } = configuration('oidcc')
  for (const { client_id, client_secret } of [client, client2]) {
    const { status, body } = await plan.call('/introspect', { token: 'none', client_id, client_secret: client_secret! })
    assert.deepEqual([status, body], [200, { active: false }], client_id)
  }
})

for (const name of ['fapi2', 'fapi2-message-signing'] as const) {
  test(`${name}.json has keys with which both clients get tokens`, async () => {
    const configured = configuration(name)
    for (const which of ['client', 'client2'] as const) {
      const { client_id, jwks } = configured[which]
      const key = await keyOf(jwks!.keys[0]!)
      const party = { issuer: plan.issuer, client_id, key }
      const request = authorizationRequest({ client_id, redirect_uri: redirectUris[which] })
      const params = name === 'fapi2' ? request.params : { request: await requestObject(party, request.params) }

      const pushed = await plan.call('/par', { ...params, ...(await assertionFields(party)) })
      assert.equal(pushed.status, 201, JSON.stringify(pushed.body))
      const query = new URLSearchParams({ client_id, request_uri: String(pushed.body.request_uri) })
      const code = (await plan.ada().open(`/authorize?${query}`)).url.searchParams.get('code')
      const fields = { ...redemption(request, code ?? ''), ...(await assertionFields(party)) }
      const { status } = await plan.call('/token', fields, { headers: { dpop: await dpopProof(await newKey(), `${plan.issuer}/token`) } })

      assert.equal(status, 200, client_id)
    }
  })
}

async function keyOf({ d, ...jwk }: JWK & { kid: string; alg: string }): Promise<TestKey> {
  return { alg: jwk.alg, jwk, private: (await importJWK({ ...jwk, d: d! })) as TestKey['private'], jkt: '' } // a JWK that is not symmetric is a CryptoKey
}
