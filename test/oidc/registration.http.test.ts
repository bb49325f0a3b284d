import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseGroupFile } from '../../src/group/index.ts'
import { atrium } from '../cli/run-cli.ts'
import { demoGroup, TEST_DATA_KEYS } from '../harness/app.ts'
import { dump } from '../vault/test-vault.ts'
import { authorizationRequest, authorize, codeFrom, redemption, sender, signIn, signUp, startProtocol, tokensFor } from './protocol.ts'

const app = await startProtocol({ after })
await signUp(app)
const env = { DATABASE_URL: app.databaseUrl, ATRIUM_DATA_KEYS: 'env:TEST_KEYS', TEST_KEYS: TEST_DATA_KEYS, ATRIUM_ISSUER: app.issuer }

interface Registered {
  readonly client_id: string
  readonly client_secret?: string
  readonly registration_access_token: string
  readonly registration_client_uri: string
  readonly error?: string
  readonly error_description?: string
  readonly [name: string]: unknown
}
interface Answered {
  readonly status: number
  readonly body: Registered
  readonly headers: Headers
}

async function invite(recipient = 'borealis', ...options: string[]): Promise<string> {
  const { status, stdout, stderr } = await atrium(['clients', 'invite', recipient, ...options], env)
  assert.equal(status, 0, stderr)
  return stdout.trim()
}

async function send(method: string, url: string, token: string | undefined, body?: unknown): Promise<Answered> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(url, {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Registered, headers: response.headers }
}
const register = (token: string | undefined, metadata: unknown): Promise<Answered> => send('POST', `${app.issuer}/reg`, token, metadata)
const update = (client: Registered, metadata: object, token = client.registration_access_token): Promise<Answered> =>
  send('PUT', client.registration_client_uri, token, { client_id: client.client_id, ...metadata })

const CALLBACK = 'https://outlet.borealis.example/callback'
const METADATA = { client_name: 'Borealis outlet', redirect_uris: [CALLBACK] }

/** Made when first needed: each call of the command line is a process of its own. */
let many: Promise<string> | undefined
const manyUses = (): Promise<string> => (many ??= invite('borealis', '--uses', '100'))

async function registered(metadata: object = METADATA): Promise<Registered> {
  const { status, body } = await register(await manyUses(), metadata)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}
const asClient = ({ client_id, client_secret }: Registered) => ({
  client_id,
  redirect_uri: CALLBACK,
  ...(client_secret && { secret: client_secret }),
})

test('the metadata names the registration endpoint; without a valid initial access token it answers 401 and keeps nothing', async () => {
  const discovery = (await (await fetch(`${app.issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>
  assert.equal(discovery.registration_endpoint, `${app.issuer}/reg`)

  for (const token of [undefined, 'nothing', `inv_${'x'.repeat(43)}`]) {
    const { status, headers } = await register(token, METADATA)
    assert.equal(status, 401)
    assert.match(headers.get('www-authenticate') ?? '', /^Bearer realm=/)
  }
  assert.equal((await send('GET', `${app.issuer}/reg/aurora-web`, 'nothing')).status, 401)
  assert.equal((await send('GET', `${app.issuer}/reg/aurora-web`, undefined)).status, 401)
  assert.equal((await send('GET', `${app.issuer}/reg`, await manyUses())).status, 405)
  assert.match((await atrium(['clients', 'list'], env)).stdout, /^No client has registered itself/)
})

test('an invited client registers, signs its recipient’s customers in at once, and every customer has the subject the recipient knows', async () => {
  const client = await registered()
  const browser = await signIn(app)

  const tokens = await tokensFor(app, browser, asClient(client))
  const sister = await tokensFor(app, browser, app.clients.borealisWeb)
  const [mine, theirs] = [await app.userinfo(tokens.access_token), await app.userinfo(sister.access_token)]

  assert.deepEqual(Object.keys(mine.body), ['sub'], 'no attribute without a need, which the operator gives')
  assert.equal(mine.body.sub, theirs.body.sub)
  assert.equal(client.scope, 'openid offline_access')
  assert.equal(client.subject_type, 'pairwise')
  assert.ok(client.client_secret!.length >= 43)
  const read = await send('GET', client.registration_client_uri, client.registration_access_token)
  assert.deepEqual([read.status, read.body.client_id, read.body.redirect_uris], [200, client.client_id, [CALLBACK]])
})

test('SEC-85 an invitation works as often as it says, also when two use it at the same moment, and not when it has expired', async () => {
  const [once, short] = [await invite(), await invite('borealis', '--expires', '30m')]

  const both = await Promise.all([register(once, METADATA), register(once, METADATA), register(once, METADATA)])
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 401, 401])
  assert.equal((await register(once, METADATA)).status, 401)

  await app.advance(1_801)
  assert.equal((await register(short, METADATA)).status, 401)
})

const WRONG_URIS = [
  'http://shop.example/cb',
  'https://shop.example/cb#x',
  'https://*.shop.example/cb',
  'https://user@shop.example/cb',
  'javascript:alert(1)',
  'JaVaScRiPt://x/%0aalert(1)',
  'data:text/html,x',
  'vbscript:x',
  'com.example.app:/cb',
  'https://shop.example\u0000/cb',
]

test('OIDC-13 SEC-2 what a URI may be holds at creation and at every change alike', async () => {
  const token = await manyUses()
  const { body: client } = await register(token, METADATA)
  let current = client
  for (const uri of WRONG_URIS) {
    const wrong: Record<string, unknown>[] = [{ redirect_uris: [uri] }, { redirect_uris: [CALLBACK, uri] }]
    for (const name of ['post_logout_redirect_uris']) wrong.push({ [name]: [uri] })
    if (!uri.startsWith('com.') && !uri.includes('#'))
      for (const name of ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'initiate_login_uri', 'jwks_uri', 'backchannel_logout_uri'])
        if (!uri.includes('*') || ['jwks_uri', 'backchannel_logout_uri'].includes(name)) wrong.push({ [name]: uri })
    for (const change of wrong) {
      const what = JSON.stringify(change)
      const created = await register(token, { ...METADATA, ...change })
      assert.equal(created.status, 400, `${what} at creation`)
      assert.match(created.body.error!, /^invalid_(redirect_uri|client_metadata|request)$/)
      assert.doesNotMatch(created.body.error_description!, /did not match/)
      const changed = await update(current, { ...METADATA, ...change })
      assert.equal(changed.status, 400, `${what} at a change`)
      assert.equal(changed.body.registration_access_token, undefined)
    }
  }
  const good = await update(current, { ...METADATA, redirect_uris: [`${CALLBACK}/2`] })
  assert.equal(good.status, 200, 'nothing of what was refused had an effect, the token included')
  current = good.body
  assert.deepEqual(current.redirect_uris, [`${CALLBACK}/2`])
})

test('SEC-85 SEC-82 neither creation nor change gives more than the invitation: type, scope, grants, recipient, needs', async () => {
  const token = await manyUses()
  const { body: client } = await register(token, METADATA)
  const refused: Record<string, unknown>[] = [
    { scope: 'openid email' },
    { scope: 'openid admin:write' },
    { scope: '' },
    { grant_types: ['client_credentials'] },
    { grant_types: ['authorization_code', 'implicit'] },
    { grant_types: ['authorization_code', 'urn:openid:params:grant-type:ciba'] },
    { grant_types: [] },
    { response_types: ['code', 'token'] },
    { application_type: 'native' },
    { subject_type: 'public' },
    { sector_identifier_uri: 'https://aurora.sector.invalid/' },
    { token_endpoint_auth_method: 'client_secret_jwt' },
    { token_endpoint_auth_method: 'tls_client_auth' },
    { id_token_signed_response_alg: 'none' },
    { id_token_signed_response_alg: 'HS256' },
    { jwks: { keys: [{ kty: 'oct', k: 'x' }] } },
    { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: '\u0000' }] } },
    { jwks: { keys: [] }, jwks_uri: 'https://shop.example/jwks' },
    { redirect_uris: [] },
    { redirect_uris: 'https://shop.example/cb' },
    { client_name: 'x'.repeat(101) },
    { client_name: 7 },
    { 'scope[]': 'x' },
    { contacts: ['a\ud800'] },
    { client_name: '\u202eailerob' },
    { client_name: '\u200b' },
  ]
  for (const change of refused) {
    const created = await register(token, { ...METADATA, ...change })
    assert.equal(created.status, 400, `${JSON.stringify(change)} at creation: ${JSON.stringify(created.body)}`)
    const changed = await update(client, { ...METADATA, ...change })
    // RFC 7592 §2.2: an empty value deletes; what is deleted falls back to what everybody has
    if (change.scope === '') assert.equal(changed.body.scope ?? 'openid', 'openid offline_access')
    else assert.equal(changed.status, 400, `${JSON.stringify(change)} at a change: ${JSON.stringify(changed.body)}`)
    if (changed.status === 200) Object.assign(client, changed.body)
  }

  const ignored = {
    ...{ recipient: 'aurora', channel: 'service', needs: [{ purpose: 'service', attributes: ['email'] }], writes: ['contact'] },
    ...{ profile: 'fapi2', enabled: true, id: 'x', createdAt: 0, registeredAt: 0, claims_redirect_uris: ['https://evil.example/'] },
    ...{ authorization_details_types: ['attribute_access'] },
  }
  const created = await register(token, { ...METADATA, ...ignored })
  const changed = await update(client, { ...METADATA, ...ignored })
  for (const { status, body } of [created, changed]) {
    assert.ok([200, 201].includes(status), JSON.stringify(body))
    assert.deepEqual(body.authorization_details_types ?? [], [])
    for (const name of Object.keys(ignored)) if (name !== 'authorization_details_types') assert.ok(!(name in body), name)
    const known = app.app.groups.current().clients.get(body.client_id as never)!
    assert.deepEqual([known.recipient, known.channel, known.needs, known.writes, known.claimsRedirectUris], ['borealis', 'web', [], [], []])
  }
  for (const body of ['[]', '"x"', '{', 'null', '{"__proto__":{"scope":"admin:write"},"redirect_uris":["https://a.example/"]}']) {
    const { status } = await send('POST', `${app.issuer}/reg`, token, body)
    assert.equal(status, 400, body)
  }
})

test('SEC-4 metadata that is nested deeper than a stack is refused as any other, at creation and at every change', async () => {
  const client = await registered()
  const deep = `${'['.repeat(8_000)}${']'.repeat(8_000)}`
  for (const name of ['redirect_uris', 'token_endpoint_auth_method', 'client_name', 'jwks', 'scope', 'grant_types', 'response_types']) {
    const json = JSON.stringify({ ...METADATA, client_id: client.client_id, [name]: 0 }).replace(`"${name}":0`, `"${name}":${deep}`)
    const created = await send('POST', `${app.issuer}/reg`, await manyUses(), json)
    assert.equal(created.status, 400, `${name}: ${created.body.error}`)
    const changed = await send('PUT', client.registration_client_uri, client.registration_access_token, json)
    assert.equal(changed.status, 400, `${name}: ${changed.body.error}`)
  }
  assert.equal((await update(client, METADATA)).status, 200)
})

test('SEC-85 a registration access token works until it was exchanged: of two changes at once one wins, the old token is refused', async () => {
  const client = await registered()

  const both = await Promise.all([update(client, { ...METADATA, client_name: 'One' }), update(client, { ...METADATA, client_name: 'Two' })])
  const won = both.find(({ status }) => status === 200)!

  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401])
  assert.notEqual(won.body.registration_access_token, client.registration_access_token)
  for (const method of ['GET', 'DELETE'])
    assert.equal((await send(method, client.registration_client_uri, client.registration_access_token)).status, 401)
  assert.equal((await update(client, METADATA)).status, 401)
  assert.equal(
    (await send('GET', client.registration_client_uri, won.body.registration_access_token)).body.client_name,
    won.body.client_name,
  )
})

test('SEC-85 a token manages its own client only, and none of the group file', async () => {
  const [one, other] = [await registered(), await registered()]

  for (const id of [other.client_id, 'borealis-web', 'atrium-account']) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status } = await send(
        method,
        `${app.issuer}/reg/${id}`,
        one.registration_access_token,
        method === 'PUT' ? { ...METADATA, client_id: id } : undefined,
      )
      assert.equal(status, 401, `${method} ${id}`)
    }
  }
  const swapped = await update(one, { ...METADATA, client_id: other.client_id })
  assert.equal(swapped.status, 400)
  assert.equal((await update(one, { ...METADATA, client_secret: 'of-somebody-else-entirely' })).status, 400)
})

test('SEC-86 a client that is removed is gone at once with its tokens, and its registration token cannot bring it back', async () => {
  const [own, byOperator] = [await registered(), await registered()]
  const browser = await signIn(app)
  const tokens = await tokensFor(app, browser, asClient(own))

  assert.equal((await send('DELETE', own.registration_client_uri, own.registration_access_token)).status, 204)
  const removed = await atrium(['clients', 'remove', byOperator.client_id], env)
  assert.equal(removed.status, 0, removed.stderr)
  while (app.app.groups.current().clients.has(byOperator.client_id as never)) await setTimeout(20)

  assert.equal((await app.userinfo(tokens.access_token)).status, 401)
  assert.equal((await app.refresh(asClient(own), tokens.refresh_token!)).status, 401)
  assert.equal((await authorize(browser, authorizationRequest(asClient(own)))).status, 400)
  for (const client of [own, byOperator]) {
    assert.equal((await update(client, METADATA)).status, 401)
    assert.equal((await send('GET', client.registration_client_uri, client.registration_access_token)).status, 401)
  }
})

test('a public app registers by an invitation for apps, with PKCE and private-use redirects, and never becomes confidential or a web client', async () => {
  const { body: client, status } = await register(await invite('aurora', '--channel', 'app'), {
    redirect_uris: ['com.example.outlet:/cb', 'http://127.0.0.1/cb'],
  })
  assert.equal(status, 201, JSON.stringify(client))
  assert.deepEqual([client.token_endpoint_auth_method, client.application_type, client.client_secret], ['none', 'native', undefined])

  for (const change of [{ token_endpoint_auth_method: 'client_secret_basic' }, { application_type: 'web' }])
    assert.equal((await update(client, { redirect_uris: ['com.example.outlet:/cb'], ...change })).status, 400)
  const web = await registered()
  assert.equal((await update(web, { ...METADATA, token_endpoint_auth_method: 'none' })).status, 400)
})

test('plan, apply and export leave registered clients alone; one that the group file names becomes the file’s and keeps its secret', async () => {
  const client = await registered()
  const yaml = demoGroup(app.ports)
  const parsed = (text: string) => {
    const result = parseGroupFile(text, 'group.yaml')
    if (!result.ok) throw new Error(result.problems.join('\n'))
    return result.file
  }
  const { groups, store } = app.app

  assert.deepEqual(await groups.plan(store.db, parsed(yaml)), [])
  await groups.apply(store.db, parsed(yaml.replace('country: DE', 'country: AT')))
  assert.ok(groups.current().clients.has(client.client_id as never))
  assert.ok(!(await groups.exportFile(store.db)).includes(client.client_id))

  const entry = `  - client_id: ${client.client_id}
    client_name: Borealis outlet
    recipient: borealis
    channel: web
    client_secret: {kept: ${client.client_id}}
    grant_types: [authorization_code, refresh_token]
    redirect_uris: [${CALLBACK}]
    scope: openid email
    needs:
      - purpose: service
        attributes: [email]
`
  const adopted = yaml.replace(/^clients:\n/m, `clients:\n${entry}`)
  await groups.apply(store.db, parsed(adopted))

  assert.deepEqual(await groups.plan(store.db, parsed(adopted)), [])
  const browser = await signIn(app)
  const request = authorizationRequest(asClient(client), { scope: 'openid email' })
  const { body } = await app.token(asClient(client), redemption(request, await codeFrom(browser, request)))
  assert.equal((await app.userinfo(body.access_token)).body.email, 'ada.lovelace@example.com')
  assert.equal((await update(client, METADATA)).status, 401)
})

test('SEC-86 what a recipient’s clients registered goes with the recipient, and does not come back with another one of its name', async () => {
  const { groups, store } = app.app
  const yaml = demoGroup(app.ports)
  const withOutlet = yaml.replace(/^recipients:\n/m, 'recipients:\n  - key: outlet\n    kind: brand\n    name: Outlet\n\n')
  const apply = (text: string) => {
    const result = parseGroupFile(text, 'group.yaml')
    if (!result.ok) throw new Error(result.problems.join('\n'))
    return groups.apply(store.db, result.file)
  }
  await apply(withOutlet)
  const token = await invite('outlet', '--uses', '2')
  const { body: client } = await register(token, METADATA)
  assert.ok(groups.current().clients.has(client.client_id as never))

  await apply(yaml)
  await apply(withOutlet)

  assert.ok(!groups.current().clients.has(client.client_id as never))
  assert.equal((await register(token, METADATA)).status, 401)
  assert.equal((await send('GET', client.registration_client_uri, client.registration_access_token)).status, 401)
})

test('every process knows a registered client within a second', async (t) => {
  const script = fileURLToPath(new URL('second-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, app.databaseUrl, app.issuer], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(async () => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  const other = sender(`http://127.0.0.1:${String(port).trim()}`, new URL(app.issuer).host)
  const client = await registered()

  const read = await other(new URL(client.registration_client_uri).pathname, {
    headers: { authorization: `Bearer ${client.registration_access_token}` },
  })

  assert.equal(read.status, 200)
  const { params } = authorizationRequest(asClient(client))
  assert.equal((await other(`/authorize?${new URLSearchParams(params)}`)).status, 303)
})

test('SEC-83 no token or secret of a registration is readable in the database', async () => {
  const client = await registered()
  const stored = await dump(app.app.store, 'registered_clients', 'client_invitations', 'settings')

  assert.ok(stored.includes(client.client_id))
  for (const secret of [client.client_secret!, client.registration_access_token]) assert.ok(!stored.includes(secret))
})

test('atrium clients invite refuses what makes no sense, in one line', async () => {
  for (const [args, line] of [
    [['nobody'], /^nobody: must be a recipient of the group: .*aurora, /],
    [['aurora', '--uses', '0'], /^--uses 0: must be a number from 1 to 100$/m],
    [['aurora', '--expires', '100d'], /^--expires 100d: must be /],
    [['aurora', '--channel', 'service'], /^--channel service: must be web or app$/m],
  ] as const) {
    const { status, stderr } = await atrium(['clients', 'invite', ...args], env)
    assert.equal(status, 2)
    assert.match(stderr, line)
  }
})
