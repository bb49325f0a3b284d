import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { atrium } from '../cli/run-cli.ts'
import { TEST_DATA_KEYS } from '../harness/app.ts'
import { AURORA_API, sender, signIn, signUp, startProtocol, tokensFor, withAuroraApi } from './protocol.ts'

const ALGS = { 'aurora-web': 'RS256', 'borealis-web': 'EdDSA', 'stylist-web': 'ES256' }
const app = await startProtocol({ after }, { group: (yaml) => withAlgorithms(withAuroraApi(yaml)) })
const { auroraWeb, borealisWeb, stylistWeb } = app.clients
await signUp(app)

/** Clients that want each of the algorithms. */
function withAlgorithms(yaml: string): string {
  return Object.entries(ALGS).reduce(
    (text, [id, alg]) => text.replace(`- client_id: ${id}\n`, `- client_id: ${id}\n    id_token_signed_response_alg: ${alg}\n`),
    yaml,
  )
}

const env = { DATABASE_URL: app.databaseUrl, ATRIUM_DATA_KEYS: 'env:TEST_KEYS', TEST_KEYS: TEST_DATA_KEYS, ATRIUM_ISSUER: app.issuer }
const command = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await atrium(args, env)
  assert.equal(status, 0, stderr)
  return stdout
}

const here = (path: string): Promise<Response> => fetch(`${app.issuer}${path}`)
const jwks = async (at = here): Promise<JSONWebKeySet> => (await (await at('/jwks')).json()) as JSONWebKeySet
const kids = async (at = here): Promise<string[]> => (await jwks(at)).keys.map(({ kid }) => kid!)
const kidOf = (jwt: string): string => decodeProtectedHeader(jwt).kid!

/** One ID token of each algorithm, and a JWT for an API. */
async function signed(): Promise<string[]> {
  const browser = await signIn(app)
  const ids = []
  for (const client of [auroraWeb, borealisWeb, stylistWeb]) ids.push((await tokensFor(app, browser, client)).id_token!)
  const { body } = await app.token(auroraWeb, { grant_type: 'client_credentials', resource: AURORA_API, scope: 'orders:read' })
  return [...ids, body.access_token]
}

async function verifies(jwt: string, keys: JSONWebKeySet): Promise<boolean> {
  return jwtVerify(jwt, createLocalJWKSet(keys)).then(
    () => true,
    () => false,
  )
}

const hintAccepted = async (id_token: string, at = here): Promise<boolean> =>
  (await at(`/sign-out?${new URLSearchParams({ id_token_hint: id_token })}`)).status === 200

/** Waits for what another process does within the second. */
async function until(what: string, holds: () => Promise<boolean>): Promise<number> {
  const began = performance.now()
  while (!(await holds())) {
    assert.ok(performance.now() - began < 20_000, `${what} within 20 s`)
    await setTimeout(50)
  }
  return performance.now() - began
}

async function secondProcess(t: { after(hook: () => Promise<void>): void }) {
  const script = fileURLToPath(new URL('second-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, app.databaseUrl, app.issuer], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(async () => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return sender(`http://127.0.0.1:${String(port).trim()}`, new URL(app.issuer).host)
}

test('OIDC-27 SEC-94 a rotation of all three algorithms fails no verification by a client that keeps the key set, and ends with the old keys gone', async () => {
  const before = await signed()
  const first = await kids()

  const told = await command('keys', 'rotate')
  await until('the successors are published', async () => (await kids()).length === 6)
  const kept = await jwks() // what a client fetched and keeps
  for (const jwt of await signed()) assert.ok(first.includes(kidOf(jwt)), 'published, and not yet used')
  assert.equal(told.match(/is published and signs from/g)?.length, 3)
  assert.match(await command('keys', 'rotate'), /waiting already/)

  await app.advance(86_400 - 60)
  const late = await signed()
  for (const jwt of late) assert.ok(first.includes(kidOf(jwt)))
  await app.advance(120)
  const fresh = await signed()
  for (const jwt of fresh) assert.ok(!first.includes(kidOf(jwt)), 'the successors sign')
  for (const jwt of [...late, ...fresh]) assert.ok(await verifies(jwt, kept), 'with the set from the day before')
  for (const jwt of [...late, ...fresh]) assert.ok(await verifies(jwt, await jwks()), 'with the set of now')

  await app.advance(900)
  const gone = await kids()
  assert.equal(gone.length, 3)
  for (const kid of first) assert.ok(!gone.includes(kid), 'the last token it signed has expired')
  for (const jwt of [before[0]!, before[1]!, late[2]!])
    assert.equal(await hintAccepted(jwt), true, 'a sign-out with an old ID token still works')
})

test('OIDC-27 SEC-94 a key removed in an emergency is refused by every process within a minute, and its successor signs', async (t) => {
  const other = await secondProcess(t)
  const [rs256] = await signed()
  const kid = kidOf(rs256!)
  assert.deepEqual([await hintAccepted(rs256!), await hintAccepted(rs256!, other)], [true, true])

  const told = await command('keys', 'remove', kid)
  const ms = await until('both processes refuse it', async () => !(await hintAccepted(rs256!)) && !(await hintAccepted(rs256!, other)))

  assert.ok(ms < 60_000)
  assert.match(told, new RegExp(`^Removed ${kid}\\.`))
  for (const at of [here, other]) assert.ok(!(await kids(at)).includes(kid))
  assert.deepEqual(new Set(await kids(other)), new Set(await kids()))
  const [next] = await signed()
  assert.notEqual(kidOf(next!), kid)
  assert.equal(decodeProtectedHeader(next!).alg, 'RS256')
  await jwtVerify(next!, createRemoteJWKSet(new URL(`${app.issuer}/jwks`)))
  assert.equal((await atrium(['keys', 'remove', kid], env)).status, 1)
})

test('OIDC-27 keys rotate --now signs with new keys at once, and what the old ones signed stays good', async () => {
  const before = await signed()

  await command('keys', 'rotate', '--now')
  await until('the new keys sign', async () => (await kids()).length >= 6)

  const fresh = await signed()
  for (const [i, jwt] of fresh.entries()) assert.notEqual(kidOf(jwt), kidOf(before[i]!))
  for (const jwt of [...before, ...fresh]) assert.ok(await verifies(jwt, await jwks()))
})

test('OIDC-27 nobody has to do anything: after 90 days other keys sign, published a day before', async () => {
  await app.advance(3_600)
  const first = await kids()
  assert.equal(first.length, 3)

  await app.advance(89 * 86_400 - 3_000)
  const both = await kids()
  await app.advance(86_400)

  assert.equal(both.length, 6)
  for (const jwt of await signed()) {
    assert.ok(!first.includes(kidOf(jwt)))
    assert.ok(both.includes(kidOf(jwt)))
  }
})

test('SEC-95 SEC-83 neither the key set nor keys list has a private part', async () => {
  const listed = await command('keys', 'list', '--json')
  const keys = [...(await jwks()).keys, ...(JSON.parse(listed) as { keys: Record<string, unknown>[] }).keys]

  assert.ok(keys.length >= 10)
  for (const key of keys) for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(part in key))
})
