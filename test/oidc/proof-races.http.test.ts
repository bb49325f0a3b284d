import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { authorizationRequest, codeFrom, redemption, signUp, startProtocol, type Tokens } from './protocol.ts'
import { assertionFields, dpopProof, newKey, now, redirectOf, webClient, withEntries } from './signing.ts'

const key = await newKey()
const clients = [webClient('signer', { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })]
const app = await startProtocol({ after }, { group: withEntries({ clients }) })
const ada = await signUp(app)
const client = { client_id: 'signer', redirect_uri: redirectOf('signer') }
const { auroraApp } = app.clients

const assertion = (claims: object = {}) => assertionFields({ issuer: app.issuer, client_id: 'signer', key }, claims)
const atToken = (fields: Record<string, string>, proof: Record<string, string>) =>
  app.call<Tokens & { error?: string }>('/token', { ...fields, ...proof })
const refreshOf = ({ refresh_token }: Tokens) => ({ grant_type: 'refresh_token', refresh_token: refresh_token! })
const times = <T>(n: number, make: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: n }, make))

async function codeFields(as = client): Promise<Record<string, string>> {
  const request = authorizationRequest(as)
  return redemption(request, await codeFrom(ada, request))
}
async function codesInTurn(n: number): Promise<Record<string, string>[]> {
  const codes: Record<string, string>[] = []
  while (codes.length < n) codes.push(await codeFields())
  return codes
}

test('OIDC-8, OIDC-15 of refreshes with one assertion at the same moment one is answered; the others’ tokens stay good, and no family ends', async () => {
  const families: Tokens[] = []
  for (const code of await codesInTurn(6)) families.push((await atToken(code, await assertion())).body)
  const shared = await assertion()

  const answers = await Promise.all(families.map((tokens) => atToken(refreshOf(tokens), shared)))

  assert.deepEqual(
    answers.map(({ status, body }) => `${status} ${body.error ?? ''}`).sort(),
    ['200 ', ...Array.from({ length: 5 }, () => '401 invalid_client')],
    'and not invalid_grant, upon which a client throws its token away',
  )
  const losers = families.filter((_, i) => answers[i]!.status !== 200)
  for (const tokens of losers) assert.equal((await atToken(refreshOf(tokens), await assertion())).status, 200)
})

test('OIDC-1, OIDC-15 a code that came with a copied assertion is redeemed with the next one', async () => {
  const codes = await codesInTurn(4)
  const shared = await assertion()

  const answers = await Promise.all(codes.map((code) => atToken(code, shared)))

  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const [i, code] of codes.entries()) {
    const { status, body } = await atToken(code, await assertion())
    assert.equal(status, answers[i]!.status === 200 ? 400 : 200, body.error)
  }
})

test('OIDC-29, OIDC-8 the same with one DPoP proof: one is answered, and the others’ tokens are refreshed with proofs of their own', async () => {
  const dpop = await newKey()
  const proof = async () => ({ dpop: await dpopProof(dpop, `${app.issuer}/token`) })
  const families: Tokens[] = []
  for (let i = 0; i < 4; i++) families.push((await app.token(auroraApp, await codeFields(auroraApp), await proof())).body)
  const shared = await proof()

  const answers = await Promise.all(families.map((tokens) => app.token(auroraApp, refreshOf(tokens), shared)))

  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const [i, tokens] of families.entries())
    if (answers[i]!.status !== 200) assert.equal((await app.token(auroraApp, refreshOf(tokens), await proof())).status, 200)
})

test('OIDC-15, SEC-4 an assertion that is valid for days, or for ever, is refused and no fault: it could not be remembered that long', async () => {
  const service = { grant_type: 'client_credentials' }
  for (const ahead of [2 * 3_600, 3 * 86_400, 400 * 86_400, 1e12, 1e15, 1e300]) {
    const { status, body } = await atToken(service, await assertion({ exp: now() + ahead }))
    assert.deepEqual([status, body.error], [401, 'invalid_client'], `${ahead} s`)
  }
  const hour = await assertion({ exp: now() + 3_600 })
  const twice = await times(4, () => atToken(service, hour))
  assert.equal(twice.filter(({ status }) => status === 200).length, 1)
  assert.equal((await atToken(service, hour)).status, 401)
})
