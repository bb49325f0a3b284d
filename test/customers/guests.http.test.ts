import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { request } from 'undici'
import { startStatementProxy } from '../../bench/statement-proxy.ts'
import { freePorts } from '../harness/app.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import {
  authorizationRequest,
  authorize,
  confirmed,
  payloadOf,
  signInFrom,
  signUp,
  signUpFrom,
  startProtocol,
  startTwin,
  type TestClient,
  tokensFor,
} from '../oidc/protocol.ts'
import { type ApiAnswer, customersOf, problemOf } from './customers-api.ts'

const app = await startProtocol({ after })
const { auroraWeb, borealisWeb } = app.clients
const { call, tokenOf } = customersOf(app)
const SCOPE = 'customers:create attributes:write consents:read'
const [aurora, borealis] = [await tokenOf(auroraWeb, SCOPE), await tokenOf(borealisWeb, SCOPE)]

let people = 0
const somebody = () => ({ ...ADA, email: `guest.${++people}@example.com` })

const create = (json: unknown, token = aurora): Promise<ApiAnswer> => call('', { method: 'POST', token, json })
async function guestOf(json: unknown, token = aurora): Promise<string> {
  const { status, body } = await create(json, token)
  assert.equal(status, 201, JSON.stringify(body))
  return String(body.sub)
}

/** What a client learns of a browser's customer: the subject and the claims. */
async function known(browser: HttpBrowser, client: TestClient = auroraWeb, scope = 'openid profile email address sizes') {
  const tokens = await tokensFor(app, browser, client, { scope })
  const { body } = await app.userinfo(tokens.access_token)
  return { sub: String(payloadOf(tokens.id_token!).sub), claims: body }
}

async function signInAt(client: TestClient, who: typeof ADA) {
  const browser = new HttpBrowser(app.issuer)
  const request = authorizationRequest(client)
  await confirmed(browser, await signInFrom(browser, await authorize(browser, request), who))
  return browser
}

test('POST /customers makes a guest: 201 and a subject of the brand’s; the same name is the same guest, another brand’s is another', async () => {
  const { email } = somebody()
  const answer = await create({ email, attributes: { name: 'Ada Lovelace', shoe_size: '39' } })

  assert.equal(answer.status, 201)
  assert.deepEqual(Object.keys(answer.body), ['sub'])
  assert.match(String(answer.body.sub), /^[\w-]{22}$/)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal(await guestOf({ email: ` ${email.toUpperCase()} ` }), answer.body.sub, 'addresses are compared in their normal form')
  assert.notEqual(await guestOf({ email }, borealis), answer.body.sub)
  const numbered = await guestOf({ external_id: 'order-1' })
  assert.deepEqual(
    [await guestOf({ external_id: 'order-1' }), (await guestOf({ external_id: 'order-1' }, borealis)) === numbered],
    [numbered, false],
  )
  assert.equal(await guestOf({ phone_number: '030 901820' }), await guestOf({ phone_number: '+49 30 901820' }))
  assert.deepEqual((await call(`/${numbered}/consents`, { token: aurora })).body, { sub: numbered, consents: [] })
})

test('twenty at once with one address make one guest', async () => {
  const { email } = somebody()

  const subs = await Promise.all(Array.from({ length: 20 }, () => guestOf({ email, attributes: { fit: 'wide' } })))

  assert.equal(new Set(subs).size, 1)
})

test('SEC-82 what nobody may set is refused and named: on create and on update', async () => {
  const { email } = somebody()
  const bodies: [unknown, string, string | undefined][] = [
    [{ email, status: 'active' }, 'unknown_member', 'status'],
    [{ email, sub: 'x' }, 'unknown_member', 'sub'],
    [{ email, email_verified: true }, 'unknown_member', 'email_verified'],
    [{ email, phone_number: '+4930901820' }, 'one_name_required', undefined],
    [{}, 'one_name_required', undefined],
    [{ email: 'no address' }, 'malformed_identifier', 'email'],
    [{ email: [email] }, 'malformed_identifier', 'email'],
    [{ email: `${email},eve@example.com` }, 'malformed_identifier', 'email'],
    [{ phone_number: '12' }, 'malformed_identifier', 'phone_number'],
    [{ external_id: '' }, 'malformed_identifier', 'external_id'],
    [{ external_id: 7 }, 'malformed_identifier', 'external_id'],
    [{ email, attributes: [] }, 'invalid_attribute', 'attributes'],
    [{ email, attributes: { email: 'eve@example.com' } }, 'unknown_attribute', 'attributes.email'],
    [{ email, attributes: { email_verified: true } }, 'unknown_attribute', 'attributes.email_verified'],
    [{ email, attributes: { birthdate: '1815-12-10' } }, 'unknown_attribute', 'attributes.birthdate'],
    [{ email, attributes: { nothing: 1 } }, 'unknown_attribute', 'attributes.nothing'],
    [{ email, attributes: { shoe_size: 39 } }, 'invalid_attribute', 'attributes.shoe_size'],
    [{ email, attributes: { address: { country: 'DE', planet: 'earth' } } }, 'invalid_attribute', 'attributes.address'],
    [[], 'malformed_body', undefined],
    ['null', 'malformed_body', undefined],
    ['{', 'malformed_body', undefined],
  ]
  for (const [json, reason, field] of bodies) {
    const answer = await create(json)
    assert.deepEqual([answer.status, problemOf(answer), answer.body.field], [400, reason, field], JSON.stringify(json))
  }
  const form = await call('', { method: 'POST', token: aurora, headers: { 'content-type': 'text/plain' }, json: '{}' })
  assert.equal(problemOf(form), 'unsupported_media_type')

  const sub = await guestOf(`{"email":"${email}","__proto__":{"admin":true},"attributes":{"__proto__":{"fit":"wide"}}}`)
  const updates: [string, unknown, number, string, string | undefined][] = [
    ['identity', { name: 'Eve' }, 403, 'not_writable', undefined],
    ['nothing', {}, 400, 'unknown_attribute_group', 'nothing'],
    ['contact', { email: 'eve@example.com' }, 400, 'unknown_attribute', 'email'],
    ['contact', { email_verified: true }, 400, 'unknown_attribute', 'email_verified'],
    ['sizes', { name: 'Eve' }, 400, 'unknown_attribute', 'name'],
    ['loyalty', { points: 'many' }, 400, 'invalid_attribute', 'points'],
    ['sizes', [1], 400, 'malformed_body', undefined],
  ]
  for (const [group, json, status, reason, field] of updates) {
    const answer = await call(`/${sub}/attributes/${group}`, { method: 'PATCH', token: aurora, json })
    assert.deepEqual([answer.status, problemOf(answer), answer.body.field], [status, reason, field], `${group} ${JSON.stringify(json)}`)
  }
})

test('a guest who signs up with the address later keeps the subject and the data, with the brand as their source', async () => {
  const who = somebody()
  const address = { street_address: 'Allee 1', locality: 'Berlin', country: 'DE' }
  const sub = await guestOf({ email: who.email, attributes: { name: 'A. L.', shoe_size: '39', address } })
  await guestOf({ email: who.email, attributes: { shoe_size: '40', address: { postal_code: '10115', country: null } } })

  const browser = await signUp(app, who)

  const { sub: own, claims } = await known(browser)
  assert.equal(own, sub)
  assert.equal(claims.name, who.name, 'what the customer says stands')
  assert.equal(claims.shoe_size, '40')
  assert.deepEqual(claims.address, { street_address: 'Allee 1', locality: 'Berlin', postal_code: '10115' })
  assert.equal(claims.email, who.email)
  assert.match((await browser.open('/account/profile')).text, /Aurora/, 'the profile says whose values they are')
  assert.equal(await guestOf({ email: who.email, attributes: { fit: 'slim' } }), sub, 'the brand gets the same subject for good')
  assert.equal((await known(browser)).claims.fit, undefined, 'and writes a customer’s profile by no guest call')
})

test('a guest keeps its subject also when the customer came to a sister brand first, and that brand learns nothing of it', async () => {
  const who = somebody()
  const sub = await guestOf({ email: who.email, attributes: { shoe_size: '41' } })
  const browser = new HttpBrowser(app.issuer)
  await signUpFrom(app, browser, await authorize(browser, authorizationRequest(borealisWeb)), who)
  const atBorealis = await known(browser, borealisWeb)

  const atAurora = await known(browser)

  assert.deepEqual([atBorealis.claims.shoe_size, atBorealis.sub === sub], [undefined, false])
  assert.deepEqual([atAurora.sub, atAurora.claims.shoe_size], [sub, '41'])
})

test('naming the address of an account reaches nothing of it before its owner comes, and then replaces nothing', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const form = await browser.open('/account/profile')
  await browser.submit(form, { name: who.name, shoe_size: '38' })
  const before = await known(browser)
  const sub = await guestOf({ email: who.email, attributes: { name: 'Eve', shoe_size: '46', fit: 'wide' } })
  await call(`/${sub}/attributes/loyalty`, { method: 'PATCH', token: aurora, json: { points: 5 } })

  assert.notEqual(sub, before.sub)
  assert.deepEqual(await known(browser), before, 'a session that is there asks for nothing and changes nothing')
  assert.deepEqual((await call(`/${sub}/consents`, { token: aurora })).body.consents, [], 'the guest is not the customer yet')

  const again = await known(await signInAt(auroraWeb, who))

  assert.equal(again.sub, before.sub, 'the account’s own subject stays')
  assert.deepEqual([again.claims.name, again.claims.shoe_size, again.claims.fit], [who.name, '38', 'wide'])
  const joined = await call(`/${sub}/consents`, { token: aurora })
  assert.notDeepEqual(joined.body.consents, [], 'from here on the guest’s subject leads to the customer')
  assert.equal(await guestOf({ email: who.email }), sub)
})

test('a guest under an address that somebody else proves first is theirs; under another address it stays a guest', async () => {
  const [ada, eve] = [somebody(), somebody()]
  const sub = await guestOf({ email: ada.email, attributes: { shoe_size: '39' } })

  const eves = await known(await signUp(app, eve))

  assert.notEqual(eves.sub, sub)
  assert.equal(eves.claims.shoe_size, undefined)
  assert.equal((await known(await signUp(app, ada))).sub, sub)
})

test('two sign-ins that join a guest at the same moment leave one subject and one profile', async () => {
  const who = somebody()
  await signUp(app, who)
  const sub = await guestOf({ email: who.email, attributes: { styles: ['calm'] } })

  const [one, two] = await Promise.all([signInAt(auroraWeb, who), signInAt(auroraWeb, who)])

  const [first, second] = [await known(one!, auroraWeb, 'openid preferences'), await known(two!, auroraWeb, 'openid preferences')]
  assert.deepEqual(first, second)
  assert.deepEqual(first.claims.styles, ['calm'])
  assert.notDeepEqual((await call(`/${sub}/consents`, { token: aurora })).body.consents, [])
})

test('an address that changes hands makes a new guest once its new owner has come', async () => {
  const [ada, eve] = [somebody(), somebody()]
  const sub = await guestOf({ email: ada.email })
  assert.equal((await known(await signUp(app, ada))).sub, sub)
  // As a change of address leaves it: the provider gave the mailbox to somebody else, who signed up with it.
  await app.app.store.db
    .deleteFrom('identifiers')
    .where('account_id', 'in', (of) =>
      of
        .selectFrom('guest_index')
        .select((row) => row.ref('account_id').$notNull().as('id'))
        .where('sub', '=', sub),
    )
    .execute()
  const eves = await signUp(app, { ...eve, email: ada.email })

  const fresh = await guestOf({ email: ada.email, attributes: { shoe_size: '45' } })

  assert.notEqual(fresh, sub)
  assert.notEqual((await known(eves)).sub, sub)
})

test('SEC-82 PATCH writes what a brand may say, typed, as a merge patch with the brand as the source', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const { sub } = await known(browser)
  const patch = (group: string, json: unknown, type = 'application/merge-patch+json', token = aurora) =>
    call(`/${sub}/attributes/${group}`, { method: 'PATCH', token, json, headers: { 'content-type': type } })

  const answers = [
    await patch('loyalty', { member_number: 'A-1', tier: 'gold', points: 120 }),
    await patch('contact', { address: { street_address: 'Allee 1', locality: 'Berlin' }, phone_number: '030 901820' }),
    await patch('contact', { address: { locality: null, region: 'BE' } }, 'application/json; charset=utf-8'),
    await patch('preferences', { styles: ['calm', 'warm'], language: 'de' }),
    await patch('preferences', { language: null, styles: ['calm'] }),
    await patch('purchases', { last_orders: [{ order: '1', total: 20.5 }, 'socks'], lifetime_value: 20.5 }),
    await patch('sizes', {}),
  ]

  assert.deepEqual(
    answers.map(({ status }) => status),
    Array(7).fill(204),
  )
  const { claims } = await known(browser, auroraWeb, 'openid address phone loyalty preferences')
  assert.deepEqual(claims, {
    sub,
    address: { street_address: 'Allee 1', region: 'BE' },
    phone_number: '+4930901820',
    phone_number_verified: false,
    member_number: 'A-1',
    tier: 'gold',
    points: 120,
    styles: ['calm'],
  })
  assert.match((await browser.open('/account/profile')).text, /Aurora/)
  assert.equal(
    (await patch('sizes', { fit: 'wide' }, 'application/merge-patch+json', borealis)).status,
    404,
    'aurora’s subject at borealis',
  )
  const unknown = await call('/AAAAAAAAAAAAAAAAAAAAAA/attributes/sizes', { method: 'PATCH', token: aurora, json: { fit: 'wide' } })
  assert.deepEqual([unknown.status, problemOf(unknown)], [404, 'unknown_customer'])
})

test('writes of two brands at the same moment are both kept', async () => {
  const browser = await signUp(app, somebody())
  const [atAurora, atBorealis] = [await known(browser), await known(browser, borealisWeb)]
  const send = (sub: string, token: string, json: unknown) => call(`/${sub}/attributes/sizes`, { method: 'PATCH', token, json })

  const answers = await Promise.all([
    send(atAurora.sub, aurora, { shoe_size: '39' }),
    send(atBorealis.sub, borealis, { clothing_size: 'M' }),
    send(atAurora.sub, aurora, { fit: 'slim' }),
  ])

  assert.deepEqual(
    answers.map(({ status }) => status),
    [204, 204, 204],
  )
  const { claims } = await known(browser, auroraWeb, 'openid sizes')
  assert.deepEqual([claims.shoe_size, claims.clothing_size, claims.fit], ['39', 'M', 'slim'])
})

test('SEC-37 POST /customers answers the same for the same statements, whoever has the address', async (t) => {
  const [taken, free] = ['grace@example.com', 'nobod@example.com']
  await signUp(app, { ...ADA, email: taken })

  const [one, two] = [await observe(t, taken), await observe(t, free)]

  assert.ok(one.statements.length > 0)
  assert.deepEqual(one, two)
})

/** One guest made by a process that knows nothing yet: the answer and what the database was asked for it. */
async function observe(t: { after(hook: () => Promise<void>): void }, email: string) {
  const proxy = await startStatementProxy({ after: (hook: () => Promise<void>) => t.after(hook) } as never, app.databaseUrl) // the one part of a bench's context it uses
  const port = (await freePorts(1))[0]!
  await startTwin(t, { databaseUrl: proxy.url }, { issuer: app.issuer, port })
  const { host } = new URL(app.issuer)
  const post = async (json: unknown) => {
    const headers = { host, authorization: `Bearer ${aurora}`, 'content-type': 'application/json' }
    const answered = await request(`http://127.0.0.1:${port}/customers`, { method: 'POST', headers, body: JSON.stringify(json) })
    const names = Object.keys(answered.headers).filter((name) => !['date', 'x-request-id', 'connection', 'keep-alive'].includes(name))
    return { status: answered.statusCode, text: await answered.body.text(), headers: names.sort() }
  }
  assert.equal((await post({ external_id: `warm up ${email}` })).status, 201)
  proxy.take()
  const { status, text, headers } = await post({ email, attributes: { shoe_size: '39' } })
  const statements = proxy
    .take()
    .filter((statement) => /guest|account|identifier|subject|rate_limits|oidc_/.test(statement) && !/settings/.test(statement))
    .map((statement) => statement.replaceAll(/\s+/g, ' '))
  return { status, shape: text.replace(/"[\w-]{22}"/, '"SUB"'), headers, statements }
}
