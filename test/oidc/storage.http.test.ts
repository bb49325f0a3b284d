import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { freePorts } from '../harness/app.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import {
  authorizationRequest,
  authorize,
  codeFrom,
  payloadOf,
  protocolOf,
  redemption,
  signIn,
  signUp,
  startProtocol,
  startTwin,
  tokensFor,
} from './protocol.ts'

const app = await startProtocol({ after })
await signUp(app)
const { auroraWeb } = app.clients

/** Every row of the protocol's tables, as a thief of the database reads it; bytes as hex. */
async function dump(): Promise<string> {
  const client = new pg.Client({ connectionString: app.databaseUrl })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relname ~ '^(oidc_|journey_runs$)' and relkind in ('r', 'p') and not relispartition`,
    )
    assert.ok(tables.length >= 8, `the protocol's tables: ${tables.length}`)
    const parts = await Promise.all(
      tables.map(({ name }) => client.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`)),
    )
    return parts.flatMap(({ rows }) => rows.map(({ row }) => row)).join('\n')
  } finally {
    await client.end()
  }
}

/** A secret in the forms a column could hold it in. */
const forms = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).toString('base64'),
  // token texts are base64url after their first letter
  ...(/^[crak][\w-]{48}$/.test(secret) ? [Buffer.from(secret.slice(1), 'base64url').subarray(4).toString('hex')] : []),
]

test('OIDC-3 no token, code, session id, interaction uid or personal data can be read in a dump of the protocol’s tables', async () => {
  const browser = await signIn(app)
  const tokens = await tokensFor(app, browser, auroraWeb, { scope: 'openid profile email offline_access', prompt: 'consent' })
  const claims = JSON.stringify({ userinfo: { name: { value: ADA.name } } })
  const unspent = await codeFrom(browser, authorizationRequest(auroraWeb, { scope: 'openid profile', claims }))
  const stranger = new HttpBrowser(app.issuer)
  const journey = await authorize(stranger, authorizationRequest(auroraWeb, { login_hint: ADA.email, state: 'a-state-worth-hiding' }))
  await stranger.submit(journey, { identifier: ADA.email })
  const pushed = await app.call('/par', authorizationRequest(auroraWeb, { login_hint: ADA.email }).params, { as: auroraWeb })
  const machine = await app.token(auroraWeb, {
    grant_type: 'client_credentials',
    resource: `${app.issuer}/customers`,
    scope: 'customers:create',
  })

  const secrets = {
    access_token: tokens.access_token,
    refresh_token: tokens.refresh_token!,
    code: unspent,
    client_credentials: machine.body.access_token,
    session: browser.cookie('atrium_session')!,
    interaction: journey.url.pathname.split('/')[2]!,
    request_uri: String(pushed.body.request_uri).split(':').at(-1)!,
    email: ADA.email,
    name: ADA.name,
    state: 'a-state-worth-hiding',
  }
  const dumped = (await dump()).toLowerCase()

  for (const [what, secret] of Object.entries(secrets)) {
    assert.ok(secret.length > 6, what)
    for (const form of forms(secret)) assert.equal(dumped.includes(form.toLowerCase()), false, `${what} stands in the dump`)
  }
})

test('OIDC-2 what one issuer issued is unknown to another issuer on the same database: tokens, codes, sessions, journeys', async (t) => {
  const [port] = await freePorts(1)
  const issuer = `http://localhost:${port}`
  await startTwin(t, app, { issuer, port: port! })
  const sister = protocolOf({ issuer })
  const browser = await signIn(app)
  const tokens = await tokensFor(app, browser, auroraWeb)
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(browser, request)
  const machine = await app.token(auroraWeb, {
    grant_type: 'client_credentials',
    resource: `${app.issuer}/customers`,
    scope: 'customers:create',
  })

  assert.equal((await sister.userinfo(tokens.access_token)).status, 401)
  assert.equal((await sister.refresh(auroraWeb, tokens.refresh_token!)).body.error, 'invalid_grant')
  assert.equal((await sister.token(auroraWeb, redemption(request, code))).body.error, 'invalid_grant')
  for (const token of [tokens.access_token, tokens.refresh_token!, machine.body.access_token]) {
    assert.deepEqual((await sister.introspect(auroraWeb, token)).body, { active: false })
    await sister.revoke(auroraWeb, token)
  }
  // cookies ignore ports: the browser sends the other issuer its session
  const there = new HttpBrowser(issuer)
  there.put({ host: 'localhost', path: '/', name: 'atrium_session', value: browser.cookie('atrium_session')! })
  assert.equal((await authorize(there, authorizationRequest(auroraWeb))).name, 'identify')

  assert.equal((await app.userinfo(tokens.access_token)).status, 200, 'nor could the other revoke it')
  assert.equal((await app.token(auroraWeb, redemption(request, code))).status, 200)
})

test('a token of one kind is of no use as another kind', async () => {
  const browser = await signIn(app)
  const { access_token, refresh_token } = await tokensFor(app, browser, auroraWeb)
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(browser, request)
  const session = browser.cookie('atrium_session')!

  for (const other of [refresh_token!, code, session, `a${refresh_token!.slice(1)}`]) assert.equal((await app.userinfo(other)).status, 401)
  for (const other of [access_token, code, session, `r${access_token.slice(1)}`])
    assert.equal((await app.refresh(auroraWeb, other)).body.error, 'invalid_grant')
  for (const other of [access_token, refresh_token!, `c${refresh_token!.slice(1)}`]) {
    assert.equal((await app.token(auroraWeb, redemption(request, other))).body.error, 'invalid_grant')
  }
})

test('two recipients that compare their tokens find nothing in common for one customer but the day', async () => {
  const browser = await signIn(app)
  const { borealisWeb } = app.clients
  const heads = new Set<string>()
  for (const client of [auroraWeb, borealisWeb, auroraWeb, borealisWeb]) {
    const { access_token, refresh_token, id_token } = await tokensFor(app, browser, client)
    for (const token of [access_token, refresh_token!]) heads.add(Buffer.from(token.slice(1), 'base64url').subarray(0, 2).toString('hex'))
    heads.add(String(payloadOf(id_token!).sid).slice(0, 4))
  }

  // eight tokens and two sids: by chance two of them share two bytes once in two thousand runs, and never most of them
  assert.ok(heads.size >= 8, [...heads].join(' '))
})
