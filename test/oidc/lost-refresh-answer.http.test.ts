import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { freePorts } from '../harness/app.ts'
import { authorizationRequest, codeFrom, protocolOf, redemption, signUp, startProtocol, startTwin, tokensFor } from './protocol.ts'

const app = await startProtocol({ after })
const port = (await freePorts(1))[0]!
await startTwin({ after }, app, { issuer: app.issuer, port })
const other = protocolOf(app, `http://127.0.0.1:${port}`)
const ada = await signUp(app)
const { auroraApp, auroraWeb, borealisWeb } = app.clients
const { pool } = app.app.store

const first = async (): Promise<string> => (await tokensFor(app, ada, auroraWeb)).refresh_token!

/** Refresh tokens that would work, in the family that began last. */
async function liveTokens(): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `with last as (select grant_hash, revoked_at from oidc_grants order by created_at desc limit 1)
     select count(*)::int as n from oidc_refresh_tokens t join last using (grant_hash) where consumed_at is null and revoked_at is null`,
  )
  return rows[0]!.n
}

test('OIDC-8 a refresh whose answer was lost is answered again with the same successor and a fresh access token, by whichever process', async () => {
  const token = await first()
  const lost = await app.refresh(auroraWeb, token)
  await app.advance(3)

  const retries = [await app.refresh(auroraWeb, token), await other.refresh(auroraWeb, token)]

  for (const { status, body } of retries) {
    assert.equal(status, 200)
    assert.equal(body.refresh_token, lost.body.refresh_token)
    assert.equal((await app.userinfo(body.access_token)).status, 200)
  }
  assert.equal(new Set([lost, ...retries].map((a) => a.body.access_token)).size, 3)
  assert.equal(await liveTokens(), 1)
  const next = await app.refresh(auroraWeb, lost.body.refresh_token!)
  assert.equal(next.status, 200)
  assert.notEqual(next.body.refresh_token, lost.body.refresh_token)
})

test('OIDC-8 a retry that comes at once is answered too, when it comes alone', async () => {
  const token = await first()
  const lost = await app.refresh(auroraWeb, token)

  const retry = await app.refresh(auroraWeb, token)

  assert.deepEqual([retry.status, retry.body.refresh_token], [200, lost.body.refresh_token])
})

test('OIDC-8, PERF-9 of uses that overlap one is answered, also of those that come just after it; the family lives on', async () => {
  const token = await first()
  const together = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? app : other).refresh(auroraWeb, token)))
  const late = await Promise.all(Array.from({ length: 5 }, (_, i) => (i % 2 ? app : other).refresh(auroraWeb, token)))

  const won = [...together, ...late].filter(({ status }) => status === 200)
  assert.equal(won.length, 1)
  assert.deepEqual(
    [...new Set([...together, ...late].filter((a) => a.status !== 200).map(({ status, body }) => `${status} ${body.error}`))],
    ['400 invalid_grant'],
  )
  assert.equal((await app.refresh(auroraWeb, won[0]!.body.refresh_token!)).status, 200)
})

test('OIDC-8 an old refresh token that comes later than a retry ends the family, and so does one whose successor was used', async () => {
  const late = await first()
  const heir = (await app.refresh(auroraWeb, late)).body
  await app.advance(11)
  assert.equal((await app.refresh(auroraWeb, late)).body.error, 'invalid_grant')
  assert.equal((await app.userinfo(heir.access_token)).status, 401)
  assert.equal((await app.refresh(auroraWeb, heir.refresh_token!)).body.error, 'invalid_grant')

  for (const waited of [0, 3]) {
    const copied = await first()
    const second = (await app.refresh(auroraWeb, copied)).body
    const third = (await app.refresh(auroraWeb, second.refresh_token!)).body
    await app.advance(waited)
    assert.equal((await app.refresh(auroraWeb, copied)).body.error, 'invalid_grant')
    assert.equal((await app.refresh(auroraWeb, third.refresh_token!)).body.error, 'invalid_grant', `${waited} s later`)
    assert.equal((await app.userinfo(third.access_token)).status, 401)
  }
})

test('OIDC-8 a lost answer is given again to nobody else, for no more than was granted, and a spent token tells nothing', async () => {
  const token = await first()
  const { body: heir } = await app.refresh(auroraWeb, token)
  await app.advance(2)

  assert.equal((await app.refresh(borealisWeb, token)).body.error, 'invalid_grant')
  assert.equal((await app.refresh({ ...auroraWeb, secret: 'not-the-secret' }, token)).status, 401)
  assert.equal((await app.refresh(auroraWeb, token, { scope: 'openid phone' })).body.error, 'invalid_scope')
  assert.deepEqual((await app.introspect(auroraWeb, token)).body, { active: false })
  assert.equal((await app.refresh(auroraWeb, heir.refresh_token!)).status, 200)
})

test('OIDC-8, SEC-15 the answer to a token that is bound to a key is given again to that key only', async () => {
  const keys = await Promise.all([newKey(), newKey()])
  const request = authorizationRequest(auroraApp)
  const code = redemption(request, await codeFrom(ada, request))
  const { body: bound } = await app.token(auroraApp, code, { dpop: await proofOf(keys[0]!) })
  const refresh = async (key: Key) =>
    app.token(auroraApp, { grant_type: 'refresh_token', refresh_token: bound.refresh_token! }, { dpop: await proofOf(key) })
  const lost = await refresh(keys[0]!)
  await app.advance(2)

  assert.equal((await refresh(keys[1]!)).body.error, 'invalid_grant')
  assert.equal((await refresh(keys[0]!)).body.refresh_token, lost.body.refresh_token)
})

test('OIDC-8, SEC-14 who had a session ended because a copy was used reads so among the devices and gets one mail', async () => {
  const notices = async () => [...(await ada.open('/account/sessions')).text.matchAll(/data-notice="copied_key"/g)].length
  const mails = async () =>
    (await app.mailsTo('ada.lovelace@example.com')).filter(({ subject }) => subject === 'We ended one of your sessions at Aurora').length
  const before = { notices: await notices(), mails: await mails() }
  const request = authorizationRequest(auroraWeb)
  const code = redemption(request, await codeFrom(ada, request))
  await app.token(auroraWeb, code)
  for (let i = 0; i < 3; i++) await app.token(auroraWeb, code)

  assert.equal(await mails(), before.mails + 1)
  assert.equal(await notices(), Math.min(5, before.notices + 1))
  const page = await ada.open('/account/sessions')
  assert.match(page.text, /We ended a session at Aurora, because a copy of its key was used\./)
})

/** A step of a history: one token of the family, counted back from the newest, is used so often at the same moment after a while. */
const step = fc.record({ back: fc.nat({ max: 2 }), uses: fc.integer({ min: 1, max: 2 }), afterS: fc.constantFrom(2, 4, 11) })

test('OIDC-8 whatever is used when, however often: one live token at most, rotated once, and a copy ends all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (history) => {
      const family = [{ token: await first(), rotatedS: Number.NaN }]
      let [nowS, ended] = [0, false]
      for (const { back, uses, afterS } of history) {
        await app.advance(afterS)
        nowS += afterS
        const at = Math.max(0, family.length - 1 - back)
        const used = family[at]!
        const answers = await Promise.all(Array.from({ length: uses }, (_, i) => (i % 2 ? app : other).refresh(auroraWeb, used.token)))
        const given = answers.flatMap(({ body }) => body.refresh_token ?? [])
        if (ended) assert.equal(given.length, 0)
        else if (at === family.length - 1) {
          assert.equal(new Set(given).size, 1)
          used.rotatedS = nowS
          family.push({ token: given[0]!, rotatedS: Number.NaN })
        } else if (nowS - used.rotatedS < 10 && at === family.length - 2) {
          assert.deepEqual(given, Array(uses).fill(family.at(-1)!.token))
        } else {
          assert.equal(given.length, 0)
          ended = true
        }
        assert.equal(await liveTokens(), ended ? 0 : 1)
      }
    }),
    { numRuns: 12 },
  )
})

type Key = Awaited<ReturnType<typeof newKey>>

async function newKey() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { jwk: await exportJWK(publicKey), privateKey }
}

function proofOf({ jwk, privateKey }: Key): Promise<string> {
  const claims = { jti: randomUUID(), htm: 'POST', htu: `${app.issuer}/token`, iat: Math.floor(Date.now() / 1000) }
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(privateKey)
}
