import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { type Ceremony, createPasskeys } from '../../src/authenticators/passkeys.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createTestVault, newAccountId } from '../vault/test-vault.ts'
import { type Quirks, SoftPasskey } from './soft-passkey.ts'

const { db, vault, clock } = await createTestVault({ after })
const ORIGIN = 'https://id.polaris.example'
const relyingParty = () => ({ id: 'polaris.example', name: 'Polaris', origins: [ORIGIN, 'https://www.aurora.example'] })
const passkeys = createPasskeys({ vault, clock, random: systemRandom, relyingParty })

async function newAccount(): Promise<AccountId> {
  const id = newAccountId()
  await vault.createAccountKey(db, id)
  return id
}

/** The journey all of them are asked in. */
const HERE = 'journey 1'
const ada = { name: 'ada@example.com', displayName: 'Ada Lovelace' }

/** An account with one passkey. */
async function enrolled(quirks: Quirks = {}) {
  const accountId = await newAccount()
  const passkey = new SoftPasskey(ORIGIN)
  const { options, askedAt } = await passkeys.creation(db, { accountId, ...ada }, HERE)
  const registered = await passkeys.register({ where: HERE, askedAt, response: passkey.create(options, quirks) })
  assert.ok(registered.ok)
  assert.ok(await passkeys.add(db, accountId, registered.passkey))
  return { accountId, passkey, quirks }
}

const answer = async (passkey: SoftPasskey, quirks: Quirks = {}, asked?: Ceremony<{ challenge: string; rpId?: string }>) => {
  const { options, askedAt } = asked ?? (await passkeys.request(db, HERE))
  return passkeys.verify(db, { where: HERE, askedAt, response: passkey.get(options, quirks) })
}

test('MFA-1 a passkey is asked for with user verification and as discoverable, and nothing of the customer is in its handle', async () => {
  const accountId = await newAccount()
  const { options } = await passkeys.creation(db, { accountId, ...ada }, HERE)
  const { options: asked } = await passkeys.request(db, HERE)

  assert.deepEqual(options.authenticatorSelection, { residentKey: 'required', userVerification: 'required', requireResidentKey: true })
  assert.equal(options.attestation, 'none')
  assert.equal(asked.userVerification, 'required')
  assert.equal(asked.allowCredentials, undefined)
  assert.equal(Buffer.from(options.user.id, 'base64url').length, 32)
  assert.equal(options.user.id, passkeys.userHandle(accountId))
  assert.equal(options.rp.id, 'polaris.example')
})

test('MFA-7 a discoverable sign-in finds the account by its credential', async () => {
  const { accountId, passkey } = await enrolled()
  await enrolled()

  const verified = await answer(passkey)

  assert.ok(verified.ok)
  assert.equal(verified.accountId, accountId)
  assert.deepEqual(verified.signals, [])
  assert.ok(verified.synced)
  assert.ok(await verified.record(db))
})

test('MFA-7 the user handle must be the account’s own, and must be there when any passkey was asked for', async () => {
  const [mine, other] = [await enrolled(), await enrolled()]

  assert.deepEqual(await answer(mine.passkey, { userHandle: passkeys.userHandle(other.accountId) }), { ok: false, reason: 'refused' })
  assert.deepEqual(await answer(mine.passkey, { userHandle: null }), { ok: false, reason: 'refused' })
  const asked = await passkeys.request(db, HERE, mine.accountId)
  const answered = (response: object) => ({ where: HERE, askedAt: asked.askedAt, response })
  assert.equal(asked.options.allowCredentials?.[0]?.id, mine.passkey.id)
  const named = await passkeys.verify(db, answered(mine.passkey.get(asked.options, { userHandle: null })), mine.accountId)
  assert.ok(named.ok)
  const foreign = await passkeys.verify(db, answered(other.passkey.get(asked.options)), mine.accountId)
  assert.deepEqual(foreign, { ok: false, reason: 'refused' })
})

test('SEC-52, MFA-5 wrong origin, RP ID, type, challenge, key, no presence, no verification and embedding are each refused', async () => {
  const { passkey } = await enrolled()
  const wrong: Record<string, Quirks> = {
    origin: { origin: 'https://evil.example' },
    'sub-domain': { origin: 'https://x.id.polaris.example' },
    'RP ID': { rpId: 'evil.example' },
    type: { type: 'webauthn.create' },
    challenge: { challenge: 'AAAA' },
    key: { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
    'no presence': { present: false },
    'no verification': { verified: false },
    embedded: { crossOrigin: true },
    'embedded in a named page': { crossOrigin: true, topOrigin: ORIGIN },
    'a named page': { topOrigin: ORIGIN },
  }
  for (const [name, quirks] of Object.entries(wrong))
    assert.deepEqual(await answer(passkey, quirks), { ok: false, reason: 'refused' }, name)

  assert.ok((await answer(passkey, { origin: 'https://www.aurora.example' })).ok, 'a brand of the group')
})

test('SEC-52 the same at registration', async () => {
  const accountId = await newAccount()
  for (const quirks of [
    { origin: 'https://evil.example' },
    { rpId: 'evil.example' },
    { type: 'webauthn.get' },
    { challenge: 'AAAA' },
    { present: false },
    { verified: false },
    { crossOrigin: true },
  ]) {
    const { options, askedAt } = await passkeys.creation(db, { accountId, ...ada }, HERE)
    const response = new SoftPasskey(ORIGIN).create(options, quirks)
    const registered = await passkeys.register({ where: HERE, askedAt, response })
    assert.deepEqual(registered, { ok: false, reason: 'refused' }, JSON.stringify(quirks))
  }
})

test('MFA-2, SEC-55 a counter that goes back is told and locks nobody out; the highest is kept', async () => {
  const { passkey } = await enrolled({ backupEligible: false, counter: 5 })
  const device = { backupEligible: false }
  const higher = await answer(passkey, { ...device, counter: 9 })
  assert.ok(higher.ok && (await higher.record(db)))
  assert.deepEqual(higher.signals, [])

  const clone = await answer(passkey, { ...device, counter: 7 })

  assert.ok(clone.ok && (await clone.record(db)))
  assert.deepEqual(clone.signals, ['counter_went_back'])
  const same = await answer(passkey, { ...device, counter: 9 })
  assert.ok(same.ok)
  assert.deepEqual(same.signals, ['counter_went_back'], 'nine was kept')
})

test('MFA-3, SEC-55 backup eligibility never changes; a changed backup is told and kept', async () => {
  const { passkey } = await enrolled({ backupEligible: true, backedUp: false })
  assert.deepEqual(await answer(passkey, { backupEligible: false }), { ok: false, reason: 'refused' })

  const backedUp = await answer(passkey, { backupEligible: true, backedUp: true })

  assert.ok(backedUp.ok && (await backedUp.record(db)))
  assert.deepEqual(backedUp.signals, ['backed_up'])
  const again = await answer(passkey, { backupEligible: true, backedUp: true })
  assert.ok(again.ok)
  assert.deepEqual(again.signals, [])
})

test('MFA-7 a credential is one account’s: a second registration of it is refused, also at another account', async () => {
  const { accountId, passkey } = await enrolled()
  const other = await newAccount()
  const { options, askedAt } = await passkeys.creation(db, { accountId: other, ...ada }, HERE)
  const registered = await passkeys.register({ where: HERE, askedAt, response: passkey.create(options) })
  assert.ok(registered.ok)

  assert.equal(await passkeys.add(db, other, registered.passkey), false)
  assert.equal((await passkeys.list(db, other)).length, 0)
  assert.deepEqual(
    (await passkeys.creation(db, { accountId, ...ada }, HERE)).options.excludeCredentials?.map(({ id }) => id),
    [passkey.id],
  )
})

test('MFA-8 passkeys are named by their provider, renamed and removed by their owner alone', async () => {
  const { accountId, passkey } = await enrolled()
  const [listed] = await passkeys.list(db, accountId)
  assert.equal(listed?.name, 'Google Password Manager')
  const stranger = await newAccount()

  assert.equal(await passkeys.rename(db, stranger, listed!.id, 'Mine'), false)
  assert.equal(await passkeys.remove(db, stranger, listed!.id), false)
  assert.ok(await passkeys.rename(db, accountId, listed!.id, 'Blue phone'))
  assert.equal((await passkeys.list(db, accountId))[0]?.name, 'Blue phone')
  const before = await answer(passkey)
  assert.ok(await passkeys.remove(db, accountId, listed!.id))
  assert.ok(before.ok)
  assert.equal(await before.record(db), false, 'removed while it was being used')
  assert.deepEqual(await answer(passkey), { ok: false, reason: 'unknown_passkey', credentialId: passkey.id })
})

test('SEC-54 what is no answer of a browser is refused, however it is broken', async () => {
  const { passkey } = await enrolled()
  const { options, askedAt } = await passkeys.request(db, HERE)
  const good = passkey.get(options)
  const broken: unknown[] = [
    undefined,
    null,
    'x',
    [],
    {},
    { ...good, id: 'a'.repeat(1_000_000) },
    { ...good, rawId: 'AAAA' },
    { ...good, type: 'password' },
    { ...good, response: { ...good.response, signature: '' } },
    { ...good, response: { ...good.response, signature: 'not base64url!' } },
    { ...good, response: { ...good.response, authenticatorData: 'AAAA' } },
    { ...good, response: { ...good.response, clientDataJSON: Buffer.from('[1').toString('base64url') } },
    { ...good, response: { ...good.response, clientDataJSON: Buffer.from('null').toString('base64url') } },
  ]
  for (const response of broken)
    assert.equal((await passkeys.verify(db, { where: HERE, askedAt, response })).ok, false, JSON.stringify(response)?.slice(0, 80))
  const attestation = passkey.create((await passkeys.creation(db, { accountId: await newAccount(), ...ada }, HERE)).options)
  for (const attestationObject of ['AAAA', '_'.repeat(16_000), Buffer.alloc(3_000, 0x81).toString('base64url')])
    assert.deepEqual(
      await passkeys.register({
        where: HERE,
        askedAt,
        response: { ...attestation, response: { ...attestation.response, attestationObject } },
      }),
      { ok: false, reason: 'refused' },
    )
})

test('MFA-6, SEC-53 an answer counts where it was asked, for what it was asked, within five minutes', async () => {
  const { accountId, passkey } = await enrolled()
  const { options, askedAt } = await passkeys.request(db, HERE)
  const response = passkey.get(options)
  const refused = { ok: false, reason: 'refused' }

  assert.deepEqual(await passkeys.verify(db, { where: 'journey 2', askedAt, response }), refused)
  assert.deepEqual(await passkeys.verify(db, { where: HERE, askedAt: String(Number(askedAt) + 1), response }), refused)
  for (const never of ['', 'x', '-1', '1e3', 'Infinity', '9'.repeat(16)])
    assert.deepEqual(await passkeys.verify(db, { where: HERE, askedAt: never, response }), refused, never)
  const creation = await passkeys.creation(db, { accountId, ...ada }, HERE)
  const mixed = passkey.get({ challenge: creation.options.challenge, rpId: 'polaris.example' })
  assert.deepEqual(await passkeys.verify(db, { where: HERE, askedAt: creation.askedAt, response: mixed }), refused, 'asked for a creation')
  assert.ok((await passkeys.verify(db, { where: HERE, askedAt, response })).ok)
  clock.set(new Date(clock().getTime() + 301_000).toISOString())
  assert.deepEqual(await passkeys.verify(db, { where: HERE, askedAt, response }), refused, 'too late')
})
