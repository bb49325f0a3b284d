import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import argon2Package from 'argon2'
import { type Argon2, loadArgon2 } from '../../src/authenticators/argon2.ts'
import { createAuthenticators, createBreachedPasswords } from '../../src/authenticators/index.ts'
import { type LegacyHash, writeLegacyHash } from '../../src/authenticators/legacy-hash.ts'
import { createLegacyHashes } from '../../src/authenticators/legacy-hashes.ts'
import { createPasswords } from '../../src/authenticators/passwords.ts'
import { WorkQueue } from '../../src/authenticators/work-queue.ts'
import { createGuardedFetch } from '../../src/ports/guarded-fetch.ts'
import { createLogger } from '../../src/ports/log.ts'
import { Overloaded } from '../../src/ports/overloaded.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { Db } from '../../src/store/db.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createTestVault, dump, newAccountId } from '../vault/test-vault.ts'

const { db, store, vault, clock } = await createTestVault({ after })
const engine = await loadArgon2()
const breached = await createBreachedPasswords({ fetch: createGuardedFetch(), clock, log: createLogger('error') }, {})
const FIELD = 'authenticators.secret_sealed'

/** The real argon2, and how often it was asked. */
const work = { hashes: 0, verifications: 0 }
const counted: Argon2 = {
  name: engine.name,
  hash: (password) => {
    work.hashes++
    return engine.hash(password)
  },
  verify: (phc, password) => {
    work.verifications++
    return engine.verify(phc, password)
  },
  close: () => engine.close(),
}
const legacy = createLegacyHashes(counted)
after(() => legacy.close())
const passwordsOn = (queue: WorkQueue) => createPasswords({ vault, clock, random: systemRandom, argon2: counted, legacy, queue, breached })
const passwords = passwordsOn(new WorkQueue({ concurrency: 2, limit: 64, longestWaitMs: 60_000, deadlineMs: 30_000 }))

beforeEach(() => {
  clock.set('2026-03-01T12:00:00Z')
  Object.assign(work, { hashes: 0, verifications: 0 })
})

async function newAccount(password?: string): Promise<AccountId> {
  const id = newAccountId()
  await vault.createAccountKey(db, id)
  if (password !== undefined) await passwords.set(db, id, await passwords.hash(password))
  return id
}

/** An account whose password was hashed with a quarter of the work. */
async function accountWithOldHash(password: string): Promise<AccountId> {
  const id = await newAccount()
  await passwords.set(db, id, await argon2Package.hash(password, { memoryCost: 9_728, timeCost: 1, parallelism: 1 }))
  return id
}

async function stored(id: AccountId) {
  const row = await db
    .selectFrom('authenticators')
    .select(['id', 'secret_sealed', 'created_at', 'last_used_at'])
    .where('account_id', '=', id)
    .executeTakeFirstOrThrow()
  return { ...row, phc: await vault.open(db, id, FIELD, row.secret_sealed!) }
}

/** The same database, with every statement counted. */
function counting(): { db: Db; statements: () => number } {
  let statements = 0
  const plugged = db.withPlugin({
    transformQuery: ({ node }) => {
      statements++
      return node
    },
    transformResult: async ({ result }) => result,
  })
  return { db: plugged, statements: () => statements }
}

test('the password of an account is accepted, any other is wrong', async () => {
  const ada = await newAccount('correct horse battery staple')

  assert.deepEqual(await passwords.verify(db, ada, 'correct horse battery staple'), { ok: true })
  for (const wrong of ['correct horse battery stapl', 'Correct horse battery staple', '', 'correct horse battery staple '])
    assert.deepEqual(await passwords.verify(db, ada, wrong), { ok: false, reason: 'wrong_password' })
})

test('MFA-28 the same password typed on another keyboard is the same password', async () => {
  const zoe = await newAccount('Zo\u00e9 ﬁnds ２ horses')

  assert.deepEqual(await passwords.verify(db, zoe, 'Zoe\u0301 finds 2 horses'), { ok: true })
})

test('the last use is noted when a password was accepted, and only then', async () => {
  const ada = await newAccount('correct horse battery staple')
  clock.set('2026-03-02T08:00:00Z')

  await passwords.verify(db, ada, 'wrong horse')
  const before = await stored(ada)
  await passwords.verify(db, ada, 'correct horse battery staple')

  assert.equal(before.last_used_at, null)
  assert.equal((await stored(ada)).last_used_at?.toISOString(), '2026-03-02T08:00:00.000Z')
})

test('a new password takes the place of the old one', async () => {
  const ada = await newAccount('the old password of ada')

  await passwords.set(db, ada, await passwords.hash('the new password of ada'))

  assert.deepEqual(await passwords.verify(db, ada, 'the old password of ada'), { ok: false, reason: 'wrong_password' })
  assert.deepEqual(await passwords.verify(db, ada, 'the new password of ada'), { ok: true })
  const { n } = await db
    .selectFrom('authenticators')
    .select((row) => row.fn.countAll<number>().as('n'))
    .where('account_id', '=', ada)
    .executeTakeFirstOrThrow()
  assert.equal(n, 1)
})

test('two passwords set at the same moment leave one, and it works', async () => {
  const ada = await newAccount()
  const [one, two] = await Promise.all([passwords.hash('first of two passwords'), passwords.hash('second of two passwords')])

  await Promise.all([passwords.set(db, ada, one), passwords.set(db, ada, two)])

  const results = [await passwords.verify(db, ada, 'first of two passwords'), await passwords.verify(db, ada, 'second of two passwords')]
  assert.deepEqual(results.map((r) => r.ok).sort(), [false, true])
})

test('MFA-30 a missing account, one without a password and a wrong password are the same answer, statement and amount of work', async () => {
  const [ada, passkeyOnly] = [await newAccount('correct horse battery staple'), await newAccount()]
  const asked = { 'wrong password': ada, 'no password': passkeyOnly, 'no account': undefined, 'foreign id': newAccountId() }

  for (const [who, id] of Object.entries(asked)) {
    Object.assign(work, { hashes: 0, verifications: 0 })
    const { db: countingDb, statements } = counting()

    const result = await passwords.verify(countingDb, id, 'wrong horse battery staple')

    assert.deepEqual(result, { ok: false, reason: 'wrong_password' }, who)
    assert.deepEqual([statements(), work.verifications, work.hashes], [1, 1, 0], who)
  }
})

test('MFA-28 a password that is too long is wrong at the price of any other, whatever it would be cut to', async () => {
  const ada = await newAccount('')

  const result = await passwords.verify(db, ada, 'x'.repeat(1025))

  assert.deepEqual(result, { ok: false, reason: 'wrong_password' })
  assert.equal(work.verifications, 1)
})

test('MFA-30 a hash of less work is made anew when its password is used', async () => {
  const ada = await accountWithOldHash('correct horse battery staple')
  const before = await stored(ada)

  await passwords.verify(db, ada, 'wrong horse')
  const afterWrong = await stored(ada)
  const result = await passwords.verify(db, ada, 'correct horse battery staple')

  assert.deepEqual(result, { ok: true })
  assert.equal(afterWrong.phc, before.phc)
  const now = await stored(ada)
  assert.match(now.phc, /\$m=19456,t=2,p=1\$/)
  assert.deepEqual([now.id, now.created_at], [before.id, before.created_at])
  assert.deepEqual(await passwords.verify(db, ada, 'correct horse battery staple'), { ok: true })
  assert.equal(work.hashes, 1)
})

/** An account whose password another system hashed. */
async function accountWithImportedHash(hash: LegacyHash): Promise<AccountId> {
  const id = await newAccount()
  await passwords.set(db, id, writeLegacyHash(hash))
  return id
}
const bcrypt: LegacyHash = { kind: 'bcrypt', hash: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' }

test('MFA-30 an imported hash is verified once and is argon2id afterwards, also when two sign in at the same moment', async () => {
  const ada = await accountWithImportedHash(bcrypt)
  const before = await stored(ada)

  const both = await Promise.all([passwords.verify(db, ada, 'U*U'), passwords.verify(db, ada, 'U*U')])

  assert.deepEqual(both, [{ ok: true }, { ok: true }])
  const now = await stored(ada)
  assert.match(now.phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.deepEqual([now.id, now.created_at], [before.id, before.created_at])
  assert.deepEqual(await passwords.verify(db, ada, 'U*U'), { ok: true })
  assert.deepEqual(await passwords.verify(db, ada, 'U*U*'), { ok: false, reason: 'wrong_password' })
})

test('MFA-30 a wrong password for an imported hash costs the argon2 of everybody else on top, and leaves the hash', async () => {
  const ada = await accountWithImportedHash(bcrypt)
  const before = await stored(ada)

  const result = await passwords.verify(db, ada, 'wrong')

  assert.deepEqual(result, { ok: false, reason: 'wrong_password' })
  assert.deepEqual([work.verifications, work.hashes], [1, 0])
  assert.equal((await stored(ada)).phc, before.phc)
})

test('MFA-28 an imported password is tried as it was typed and as we spell it, and one that is too long is wrong', async () => {
  const full = 'pass\u{ff57}ord' // a full-width w, which NFKC folds
  const hashed = (password: string): LegacyHash => ({
    kind: 'digest',
    digest: 'sha256',
    salt: '',
    position: 'prefix',
    encoding: 'utf8',
    hash: createHash('sha256').update(password).digest('base64'),
  })
  const [asTyped, normalised] = [await accountWithImportedHash(hashed(full)), await accountWithImportedHash(hashed('password'))]
  const long = await accountWithImportedHash(hashed('x'.repeat(1025)))

  for (const id of [asTyped, normalised]) assert.deepEqual(await passwords.verify(db, id, full), { ok: true })
  assert.deepEqual(await passwords.verify(db, asTyped, full), { ok: true }, 'again, as argon2id')
  assert.deepEqual(await passwords.verify(db, long, 'x'.repeat(1025)), { ok: false, reason: 'wrong_password' })
})

test('a password that is changed while the old one is being verified stays changed', async () => {
  const ada = await accountWithOldHash('the old password of ada')
  const fresh = await passwords.hash('the new password of ada')
  const slow = createPasswords({
    vault,
    clock,
    random: systemRandom,
    breached,
    legacy,
    queue: new WorkQueue({ concurrency: 2, limit: 64, longestWaitMs: 60_000, deadlineMs: 30_000 }),
    argon2: {
      ...engine,
      hash: async (password) => {
        await passwords.set(db, ada, fresh)
        return engine.hash(password)
      },
    },
  })

  await slow.verify(db, ada, 'the old password of ada')

  assert.equal((await stored(ada)).phc, fresh)
})

test('a queue too full for re-hashing does not refuse the sign-in', async () => {
  class OncePerVerification extends WorkQueue {
    #runs = 0
    override run<T>(task: () => Promise<T>): Promise<T> {
      if (++this.#runs > 1) return Promise.reject(new Overloaded('full', 5))
      return super.run(task)
    }
  }
  const ada = await accountWithOldHash('correct horse battery staple')

  const result = await passwordsOn(new OncePerVerification({ concurrency: 1, limit: 1, longestWaitMs: 60_000, deadlineMs: 1_000 })).verify(
    db,
    ada,
    'correct horse battery staple',
  )

  assert.deepEqual(result, { ok: true })
  assert.match((await stored(ada)).phc, /\$m=9728,/)
})

test('a full queue turns sign-ins away, existing accounts and missing ones alike', async () => {
  const ada = await newAccount('correct horse battery staple')
  const full = new WorkQueue({ concurrency: 1, limit: 0, longestWaitMs: 60_000, deadlineMs: 1_000 })
  const gate = Promise.withResolvers<void>()
  const busy = full.run(() => gate.promise)

  await assert.rejects(passwordsOn(full).verify(db, ada, 'correct horse battery staple'), Overloaded)
  await assert.rejects(passwordsOn(full).verify(db, undefined, 'correct horse battery staple'), Overloaded)

  gate.resolve()
  await busy
})

test('a dump shows neither password nor hash', async () => {
  await newAccount('correct horse battery staple')

  const text = await dump(store, 'authenticators')

  assert.ok(text.length > 0)
  assert.ok(!text.includes('argon2') && !text.includes('correct horse'))
})

test('the whole folder is built with what is there, and says which engine that is', async () => {
  const { passwords: built, emailCodes } = await createAuthenticators({
    ...{ vault, clock, random: systemRandom, breached },
    relyingParty: () => ({ id: 'id.example', name: 'Polaris', origins: ['https://id.example'] }),
    ...{ fetch: createGuardedFetch(), issuer: 'https://id.example' },
  })
  const ada = await newAccount()
  const issued = emailCodes.issue(undefined, clock())

  await built.set(db, ada, await built.hash('correct horse battery staple'))

  assert.equal(built.engine, engine.name)
  assert.deepEqual(await built.verify(db, ada, 'correct horse battery staple'), { ok: true })
  assert.deepEqual(issued.ok && emailCodes.check(issued.state, issued.code, clock()), { ok: true })
})
