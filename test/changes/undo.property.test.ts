import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { systemRandom } from '../../src/ports/random.ts'
import type { Db } from '../../src/store/db.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createTestChanges } from './test-changes.ts'

const { db, clock, accounts, open, authenticators, changes, made, mails } = await createTestChanges({ after })
const { passkeys, passwords, recoveryCodes } = authenticators
const HASH = '$argon2id$v=19$m=19456,t=2,p=1$I0OSZpBjpEQYxtCCnNQkZw$HkizF7h3oO01yvBwKejbG+uIp0dC50Em+ZHhfgHSFjg'
let accountsMade = 0
let addressesMade = 0

const newPasskey = () => {
  const credentialId = systemRandom.bytes(16).toString('base64url')
  const rest = { aaguid: '', transports: [], counter: 0, backup_eligible: true, backed_up: true, rp_id: 'localhost' }
  return { credentialId, part: { credential_id: credentialId, public_key: 'AAAA', ...rest } }
}

/** Time goes on, a second with every step. */
const tick = (): void => clock.set(new Date(clock().getTime() + 1_000).toISOString())

/** A change by somebody who can prove everything there is to prove. */
async function change(accountId: AccountId, kind: Parameters<typeof made>[0], work: (tx: Db) => Promise<unknown>): Promise<void> {
  tick()
  await db.transaction().execute(async (tx) => {
    const before = await changes.begin(tx, accountId)
    await work(tx)
    await changes.record(tx, accountId, made(kind, { before, proof: { level: 'phr', at: clock() } }))
  })
}

const tokensTo = async (address: string): Promise<string[]> =>
  (await mails()).filter(({ to }) => to === address).flatMap(({ text }) => /token=([\w-]+)/.exec(text)?.[1] ?? [])

async function undo(token: string): Promise<boolean> {
  tick()
  const { mail, client_id } = made('undone')
  const found = await changes.findByLink(db, token, clock())
  if (!found) return false
  return (await db.transaction().execute((tx) => changes.undo(tx, found.accountId, found.seq, { at: clock(), client_id, mail }))).ok
}

const step = fc.oneof(
  fc.constantFrom('email', 'passkey', 'codes', 'password', 'remove_passkey').map((what) => ({ what, pick: 0 })),
  fc.nat({ max: 50 }).map((pick) => ({ what: 'undo', pick })),
)

test('MFA-44 whatever is changed and undone by whomever, there is a way in, and the oldest address gets it all back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const oldest = `ada.${++accountsMade}@example.com`
      const accountId = await open(oldest)
      const first = newPasskey()
      await db.transaction().execute(async (tx) => {
        await passkeys.add(tx, accountId, first)
        await passwords.set(tx, accountId, HASH)
      })
      const addresses = [oldest]
      for (const { what, pick } of steps) {
        if (what === 'email') {
          const address = `thief.${++addressesMade}@example.com`
          addresses.push(address)
          await change(accountId, 'email_changed', (tx) => accounts.changeEmail(tx, accountId, address))
        } else if (what === 'passkey') await change(accountId, 'passkey_added', (tx) => passkeys.add(tx, accountId, newPasskey()))
        else if (what === 'codes') await change(accountId, 'recovery_codes_made', (tx) => recoveryCodes.replace(tx, accountId))
        else if (what === 'password') await change(accountId, 'password_changed', (tx) => passwords.set(tx, accountId, HASH))
        else if (what === 'remove_passkey') {
          const [one] = await passkeys.list(db, accountId)
          if (one) await change(accountId, 'passkey_removed', (tx) => passkeys.remove(tx, accountId, one.id))
        } else {
          const tokens = (await Promise.all(addresses.map(tokensTo))).flat()
          const token = tokens[pick % Math.max(1, tokens.length)]
          if (token) await undo(token)
        }
        const inForce = (await accounts.keepIdentifiers(db, accountId)).filter(({ former_until }) => former_until === null)
        assert.equal(inForce.length, 1, 'one address finds the account')
      }

      // The oldest links first, as the mails came: the first that still works takes everything back.
      for (const token of await tokensTo(oldest)) await undo(token)

      assert.equal((await accounts.findByIdentifier(db, 'email', oldest))?.id, accountId)
      assert.equal(await accounts.emailOf(db, accountId), oldest)
      assert.deepEqual(
        (await passkeys.list(db, accountId)).map(({ credentialId }) => credentialId),
        [first.credentialId],
      )
      assert.equal(await recoveryCodes.left(db, accountId), 0)
      for (const address of addresses.slice(1)) assert.equal(await accounts.findByIdentifier(db, 'email', address), undefined)
    }),
    { numRuns: 10 },
  )
})

test('MFA-44 of an undo and a change at the same moment one comes first, and nothing of the change is left', async () => {
  const accountId = await open('race@example.com')
  await change(accountId, 'recovery_codes_made', (tx) => recoveryCodes.replace(tx, accountId))
  const [token] = await tokensTo('race@example.com')
  const proof = { level: 'phr', at: clock() }
  tick()
  const late = (n: number) =>
    db.transaction().execute(async (tx) => {
      const before = await changes.begin(tx, accountId)
      await passkeys.add(tx, accountId, newPasskey())
      await changes.record(tx, accountId, made('passkey_added', { before, proof, at: new Date(clock().getTime() + n) }))
    })

  const [undone] = await Promise.allSettled([undo(token!), ...Array.from({ length: 6 }, (_, n) => late(n))])

  assert.deepEqual(undone, { status: 'fulfilled', value: true })
  assert.deepEqual(await passkeys.list(db, accountId), [])
})
