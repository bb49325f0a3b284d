import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AURORA_API,
  authorizationRequest,
  authorize,
  codeFrom,
  payloadOf,
  redemption,
  signUp,
  startProtocol,
  type TestClient,
  withAuroraApi,
} from './protocol.ts'
import { redirectOf, webClient, withEntries } from './signing.ts'

const SECRET = 'a-secret-of-the-details-clients'
const extra = withEntries({
  clients: [
    webClient('no-details', { client_secret: SECRET, authorization_details_types: [] }),
    webClient('no-needs', { client_secret: SECRET, needs: [] }),
  ],
})
const app = await startProtocol({ after }, { group: (yaml) => extra(withAuroraApi(yaml)) })
const ada = await signUp(app)
const { parcellyWeb, stylistWeb, auroraWeb } = app.clients
const DAY_S = 86_400
const customers = `${app.issuer}/customers`

interface Detail {
  readonly type: string
  readonly purpose: string
  readonly attributes: readonly string[]
  readonly duration_s?: number
}

const access = (purpose: string, attributes: readonly string[], rest: object = {}): Detail => ({
  type: 'attribute_access',
  purpose,
  attributes,
  ...rest,
})

/** Ada shares these with a recipient, for a time or until she stops; nothing else of that purpose any more. */
async function share(recipient: string, purpose: string, attributes: readonly string[], for_s: number | null = null): Promise<void> {
  const { db } = app.app.store
  const { account_id } = await db.selectFrom('sharing_grants').select('account_id').distinct().executeTakeFirstOrThrow()
  const on = { account_id, recipient: recipient as never, purpose: purpose as never }
  await db.deleteFrom('sharing_grants').where('recipient', '=', on.recipient).where('purpose', '=', on.purpose).execute()
  const ends_at = for_s === null ? null : new Date(Date.now() + for_s * 1000)
  for (const attribute of attributes)
    await db
      .insertInto('sharing_grants')
      .values({ ...on, attribute: attribute as never, granted_at: new Date(), ends_at })
      .execute()
}

// Known to both for another purpose, so that no first-visit page stands in the way and grants more.
await share('parcelly', 'analytics', ['sub', 'name', 'address', 'phone_number'])
await share('stylist', 'analytics', ['sub', 'shoe_size', 'clothing_size', 'fit', 'styles', 'favourite_brands'])

/** The token response of a whole code flow with these details. */
async function tokensWith(
  client: TestClient,
  details: readonly Detail[],
  more: Record<string, string> = {},
  atToken: Record<string, string> = {},
) {
  const request = authorizationRequest(client, { authorization_details: JSON.stringify(details), ...more })
  const code = await codeFrom(ada, request)
  return (await app.token(client, { ...redemption(request, code), ...atToken })) as unknown as {
    status: number
    body: { access_token: string; refresh_token: string; error?: string; authorization_details?: Detail[] }
  }
}

test('RFC 9396 the metadata names the type', async () => {
  const metadata = (await (await fetch(`${app.issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>

  assert.deepEqual(metadata.authorization_details_types_supported, ['attribute_access'])
})

test('RFC 9396 what is asked for above the registration, or in words nobody knows, is invalid_authorization_details', async () => {
  const good = access('delivery', ['address'], { duration_s: 30 * DAY_S })
  const wrong: Record<string, unknown> = {
    'an unknown member': [{ ...good, note: 'x' }],
    'an unknown member of RFC 9396': [{ ...good, locations: ['https://x.example'] }],
    'an unknown type': [{ ...good, type: 'payment' }],
    'no type': [{ ...good, type: undefined }],
    '__proto__ as type': [{ ...good, type: '__proto__' }],
    'an unknown purpose': [{ ...good, purpose: 'nonsense' }],
    'a purpose above the registration': [{ ...good, purpose: 'analytics' }],
    'no purpose': [{ ...good, purpose: undefined }],
    'an attribute above the registration': [access('delivery', ['address', 'email'], { duration_s: DAY_S })],
    'an attribute of another purpose': [access('delivery', ['name'], { duration_s: DAY_S })],
    'an attribute twice': [access('delivery', ['address', 'address'], { duration_s: DAY_S })],
    'no attribute': [access('delivery', [], { duration_s: DAY_S })],
    'attributes as text': [{ ...good, attributes: 'address' }],
    'longer than the registration': [{ ...good, duration_s: 91 * DAY_S }],
    'without an end': [access('delivery', ['address'])],
    'no time': [{ ...good, duration_s: 0 }],
    'half a second': [{ ...good, duration_s: 0.5 }],
    'time as text': [{ ...good, duration_s: '30' }],
    'a second one that is wrong': [good, { ...good, purpose: 'analytics' }],
    'an object': good,
    'a list of texts': ['attribute_access'],
    'more than anybody needs': Array.from({ length: 51 }, () => good),
  }
  for (const [what, details] of Object.entries(wrong)) {
    const request = authorizationRequest(parcellyWeb, { authorization_details: JSON.stringify(details) })
    const page = await authorize(ada, request)
    const pushed = await app.call('/par', request.params, { as: parcellyWeb })

    assert.equal(page.url.searchParams.get('error'), 'invalid_authorization_details', what)
    assert.deepEqual([pushed.status, pushed.body.error], [400, 'invalid_authorization_details'], what)
  }
  const nonsense = await authorize(ada, authorizationRequest(parcellyWeb, { authorization_details: 'nonsense' }))
  assert.equal(nonsense.url.searchParams.get('error'), 'invalid_authorization_details')
})

test('RFC 9396 a client that is not registered for the type, or needs nothing, may not ask', async () => {
  for (const client_id of ['no-details', 'no-needs']) {
    const client = { client_id, secret: SECRET, redirect_uri: redirectOf(client_id) }
    const page = await authorize(
      ada,
      authorizationRequest(client, { authorization_details: JSON.stringify([access('service', ['email'])]) }),
    )

    assert.equal(page.url.searchParams.get('error'), 'invalid_authorization_details', client_id)
  }
})

test('RFC 9396 §7 the token response lists what is granted: of what was asked for, what the customer shares now, for no longer', async () => {
  const asked = [access('delivery', ['address', 'phone_number'], { duration_s: 30 * DAY_S })]
  await share('parcelly', 'delivery', [])
  const nothing = await tokensWith(parcellyWeb, asked)
  await share('parcelly', 'delivery', ['address'])
  const one = await tokensWith(parcellyWeb, asked)
  await share('parcelly', 'delivery', ['address', 'phone_number'], DAY_S)
  const both = await tokensWith(parcellyWeb, asked)
  await share('parcelly', 'delivery', ['address'], -1)
  const over = await tokensWith(parcellyWeb, asked)

  assert.deepEqual([nothing.status, nothing.body.authorization_details], [200, undefined])
  assert.deepEqual(one.body.authorization_details, [access('delivery', ['address'], { duration_s: 30 * DAY_S })])
  const [detail] = both.body.authorization_details!
  assert.deepEqual(detail!.attributes, ['address', 'phone_number'])
  assert.ok(detail!.duration_s! <= DAY_S && detail!.duration_s! > DAY_S - 300, String(detail!.duration_s))
  assert.deepEqual([over.status, over.body.authorization_details], [200, undefined])
})

test('RFC 9396 what is shared with another recipient, or for another purpose, grants nothing', async () => {
  await share('stylist', 'personalisation', ['shoe_size', 'fit'])
  await share('parcelly', 'service', ['name', 'address'])
  await share('parcelly', 'delivery', [])

  const { body } = await tokensWith(parcellyWeb, [access('delivery', ['address'], { duration_s: DAY_S }), access('service', ['name'])])
  const other = await tokensWith(stylistWeb, [access('personalisation', ['shoe_size', 'styles'])])

  assert.deepEqual(body.authorization_details, [access('service', ['name'])])
  assert.deepEqual(other.body.authorization_details, [access('personalisation', ['shoe_size'])])
})

test('RFC 9396 a grant that ends is gone from introspection and from the next refresh; one that begins is there', async () => {
  await share('parcelly', 'delivery', ['address'])
  const { body } = await tokensWith(parcellyWeb, [access('delivery', ['address', 'phone_number'], { duration_s: DAY_S })])
  const told = async () => (await app.introspect(parcellyWeb, body.access_token)).body.authorization_details as Detail[] | undefined
  const before = await told()
  await share('parcelly', 'delivery', [])
  const stopped = await told()
  const refreshed = await app.refresh(parcellyWeb, body.refresh_token)
  await share('parcelly', 'delivery', ['phone_number'])
  const again = (await app.refresh(parcellyWeb, refreshed.body.refresh_token!)) as unknown as { body: { authorization_details: Detail[] } }

  assert.deepEqual(before?.[0]?.attributes, ['address'])
  assert.equal(stopped, undefined)
  assert.equal('authorization_details' in refreshed.body, false)
  assert.deepEqual(again.body.authorization_details[0]!.attributes, ['phone_number'])
  assert.deepEqual(await told(), undefined, 'a token never tells more than it was issued with')
})

test('SEC-16 fewer details may be asked for at the token endpoint, and no more', async () => {
  await share('parcelly', 'delivery', ['address', 'phone_number'])
  const asked = [access('delivery', ['address', 'phone_number'], { duration_s: DAY_S })]
  const ask = async (details: unknown) => {
    const { body } = await tokensWith(parcellyWeb, asked, { scope: 'openid' })
    return (await app.refresh(parcellyWeb, body.refresh_token, {
      authorization_details: JSON.stringify(details),
      resource: customers,
    })) as unknown as {
      status: number
      body: { error?: string; authorization_details?: Detail[] }
    }
  }
  const fewer = await ask([access('delivery', ['address'], { duration_s: 3600 })])

  assert.deepEqual(fewer.body.authorization_details, [access('delivery', ['address'], { duration_s: 3600 })])
  for (const more of [
    [access('delivery', ['address'], { duration_s: 2 * DAY_S })],
    [access('service', ['name'])],
    [...asked, access('service', ['name'])],
    [access('delivery', ['email'], { duration_s: DAY_S })],
    'nonsense',
  ])
    assert.deepEqual((await ask(more)).body.error, 'invalid_authorization_details', JSON.stringify(more))
})

test('RFC 9396 a client alone has no customer to ask; a token for a brand’s own API says nothing of what is shared', async () => {
  const details = JSON.stringify([access('service', ['email'])])
  const alone = await app.token(auroraWeb, { grant_type: 'client_credentials', resource: customers, authorization_details: details })
  await share('aurora', 'service', ['email'])
  const request = authorizationRequest(auroraWeb, { scope: 'openid orders:read', resource: AURORA_API, authorization_details: details })
  const { body } = await app.token(auroraWeb, { ...redemption(request, await codeFrom(ada, request)), resource: AURORA_API })

  assert.equal(alone.body.error, 'invalid_authorization_details')
  assert.equal('authorization_details' in body, false)
  assert.equal('authorization_details' in payloadOf(body.access_token), false)
})

test('a token with details still opens userinfo, or is for the attribute API when it is asked for', async () => {
  await share('parcelly', 'service', ['name'])
  const forUserinfo = await tokensWith(parcellyWeb, [access('service', ['name'])], { scope: 'openid' })
  const forApi = await tokensWith(parcellyWeb, [access('service', ['name'])], { scope: 'openid' }, { resource: customers })

  assert.equal((await app.userinfo(forUserinfo.body.access_token)).status, 200)
  assert.equal((await app.introspect(parcellyWeb, forApi.body.access_token)).body.aud, customers)
  assert.deepEqual(forApi.body.authorization_details, [access('service', ['name'])])
})
