import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fixture, importWorld } from './test-import.ts'

const { run, fileOf, account, counts, folder, db, accounts, idOf } = await importWorld({ after })
const BCRYPT = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
let people = 0
/** A row that nobody has had yet. */
const person = (row: Record<string, unknown> = {}) => {
  people++
  return { id: `p${people}`, email: `person.${people}@example.com`, email_verified: true, password: BCRYPT, ...row }
}

test('the same file again changes nothing, and a corrected row is taken then', async () => {
  const rows = [person(), person({ email: 'broken' }), person()]
  const file = await fileOf(rows)
  const first = await run(file, { format: 'atrium' })
  const before = await counts()

  const again = await run(file, { format: 'atrium' })

  assert.deepEqual([first.imported, first.refused], [2, 1])
  assert.deepEqual([again.imported, again.known, again.refused], [0, 2, 1])
  assert.deepEqual(await counts(), before)
  const corrected = await run(await fileOf([rows[0], person({ ...rows[1], email: 'corrected@example.com' }), rows[2]]), {
    format: 'atrium',
  })
  assert.deepEqual([corrected.imported, corrected.known, corrected.refused], [1, 2, 0])
})

test('a row whose identifier is taken is refused whole, leaves nothing, and takes nothing from its owner', async () => {
  const owner = person({ phone_number: '+4930901801', phone_number_verified: true, member_number: 'M 100' })
  await run(await fileOf([owner]), { format: 'atrium' })
  const before = await counts()
  const rows = [
    person({ email: owner.email.toUpperCase() }),
    person({ phone_number: '+49 30 901801', phone_number_verified: true }),
    person({ member_number: 'm-100' }),
  ]

  const { report, imported } = await run(await fileOf(rows), { format: 'atrium' })

  assert.equal(imported, 0)
  assert.deepEqual(report, ['1 email: identifier_taken', '2 phone_number: identifier_taken', '3 member_number: identifier_taken'])
  assert.deepEqual(await counts(), before)
  assert.equal(await idOf('phone', '+4930901801'), (await account(owner.email)).id)
  const unproven = await run(await fileOf([person({ phone_number: '+4930901801' })]), { format: 'atrium' })
  assert.equal(unproven.imported, 1, 'a number that nobody has proven is nobody’s')
})

test('of two rows with one address in one file the first has it, whether or not they fall into one batch', async () => {
  const [ada, ben] = [person(), person()]
  const between = Array.from({ length: 300 }, () => person())
  const rows = [ada, person({ email: ada.email }), ben, ...between, person({ email: ben.email }), ben]

  const { report, imported, known } = await run(await fileOf(rows), { format: 'atrium' })

  assert.deepEqual(report, ['2 email: identifier_taken', '304 email: identifier_taken'])
  assert.deepEqual([imported, known], [302, 1])
})

test('a rehearsal says the same as the import after it, and writes nothing', async () => {
  const [ada, ben] = [person(), person()]
  await run(await fileOf([ada]), { format: 'atrium' })
  const passkey = (await import('node:fs')).readFileSync(fixture('atrium.ndjson'), 'utf8').split('\n')[0]!
  const { passkeys } = JSON.parse(passkey) as { passkeys: unknown[] }
  const rows = [
    ada,
    ben,
    ben,
    person({ email: ben.email }),
    person({ email: ada.email }),
    person({ email: 'x' }),
    person({ id: undefined }),
  ]
  const file = await fileOf([
    ...rows,
    person({ passkeys }),
    person({ passkeys }),
    ...Array.from({ length: 300 }, () => person()),
    person({ email: ben.email }),
  ])
  const before = await counts()

  const rehearsed = await run(file, { format: 'atrium', dryRun: true })

  assert.deepEqual(await counts(), before)
  assert.deepEqual(await run(file, { format: 'atrium' }), rehearsed)
  assert.ok(rehearsed.report.includes('9 passkeys[0]: passkey_taken (left out)'))
  assert.equal(rehearsed.imported, 304)
})

test('SEC-82 a row sets nothing that only a proof or an operator sets', async () => {
  const row = person({
    email: 'eve@example.com',
    email_verified: false,
    role: 'admin',
    tenantId: 'x',
    createdAt: '1970-01-01',
    account_id: '0199aaaa-0000-7000-8000-000000000001',
    status: 'active',
    verified_at: '2020-01-01',
    attributes: {
      email: 'ada@example.com',
      email_verified: true,
      phone_number_verified: true,
      phone_number: '+4930901877',
      sub: 'x',
      acr: 'phr',
      __proto__: { email_verified: true },
      constructor: 'x',
      name: 'Eve',
    },
    password: BCRYPT,
    passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$I0OSZpBjpEQYxtCCnNQkZw$HkizF7h3oO01yvBwKejbG+uIp0dC50Em+ZHhfgHSFjg',
  })
  const file = join(folder, 'eve.ndjson')
  await writeFile(file, `${JSON.stringify(row).replace('"constructor"', '"__proto__":{"email_verified":true},"constructor"')}\n`)

  const { imported } = await run(file, { format: 'atrium', mapping: { name: ['__proto__', 'name'], shoe_size: ['constructor', 'name'] } })

  assert.equal(imported, 1)
  const eve = await account('eve@example.com')
  assert.deepEqual(eve.values, { name: 'Eve', phone_number: '+4930901877', email: 'eve@example.com', email_verified: false })
  assert.equal(eve.proven, false)
  assert.equal(await accounts.findByIdentifier(db, 'email', 'eve@example.com'), undefined)
  assert.equal(eve.password?.kind, 'bcrypt')
  assert.equal(await idOf('phone', '+4930901877'), undefined)
  assert.notEqual(eve.id, '0199aaaa-0000-7000-8000-000000000001')
})

test('what cannot be taken is told by line, field and reason, and never by its value', async () => {
  const rows = [
    person({ email: 'secret person@example.com' }),
    person({ email: undefined }),
    person({ email: 42 }),
    person({ email_verified: 'yes' }),
    person({ password: '$2x$10$secret' }),
    person({ password: '$unknown$secret' }),
    person({ password: `$2b$15$${'s'.repeat(53)}` }),
    person({ password: { algorithm: 'pbkdf2', digest: 'sha256', iterations: 99_999_999, salt: 'c2FsdA==', hash: 'A'.repeat(44) } }),
    person({ password: { algorithm: 'digest', digest: 'sha256', hash: 'c2VjcmV0' } }),
    person({ phone_number: 'secret', phone_number_verified: true }),
    person({ member_number: '!' }),
    person({ id: 'x'.repeat(501) }),
    person({ passkeys: [{ credential_id: 'secret' }] }),
    person({
      totp: { secret: 'secret!', algorithm: 'SHA1' },
      locale: 'tlh',
      attributes: { birthdate: 'secret', points: 'secret', secret: 1 },
    }),
    person({
      passkeys: [
        { credential_id: 'AAAA', public_key: 'AAAA', user_handle: 'AAAA', rp_id: 'localhost' },
        { credential_id: 'AAAA', public_key: 'AAAA', user_handle: 'AAAA' },
      ],
    }),
    person({ totp: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DP', digits: 8 } }),
  ]

  const { report, imported, refused } = await run(await fileOf(rows), { format: 'atrium' })

  assert.deepEqual([imported, refused], [3, 13])
  assert.doesNotMatch(report.join('\n'), /secret|@|\$2/)
  assert.deepEqual(
    [...report].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)),
    [
      '1 email: malformed',
      '2 email: no_identifier',
      '3 email: malformed',
      '4 email_verified: malformed',
      '5 password: hash_unsupported',
      '6 password: hash_unsupported',
      '7 password: hash_too_costly',
      '8 password: hash_too_costly',
      '9 password: hash_malformed',
      '10 phone_number: malformed',
      '11 member_number: malformed',
      '12 id: malformed',
      '13 passkeys[0].public_key: malformed',
      '14 locale: not_kept (left out)',
      '14 birthdate: malformed (left out)',
      '14 points: malformed (left out)',
      '14 attributes: unknown_attribute (left out)',
      '14 totp: totp_unsupported (left out)',
      '15 passkeys[0]: malformed (left out)',
      '15 passkeys[1]: rp_id_unknown (left out)',
      '16 totp: totp_unsupported (left out)',
    ],
  )
})

test('two imports of one file at the same moment import each row once', async () => {
  const rows = Array.from({ length: 600 }, () => person())
  const file = await fileOf(rows, 'both.ndjson')
  const before = await counts()

  const both = await Promise.all([run(file, { format: 'atrium' }), run(file, { format: 'atrium' })])

  assert.equal(both[0].imported + both[1].imported, 600)
  assert.equal(both[0].known + both[1].known, 600)
  const now = await counts()
  assert.deepEqual(
    [now.accounts, now.marks, now.keys, now.identifiers].map(
      (n, i) => n - [before.accounts, before.marks, before.keys, before.identifiers][i]!,
    ),
    [600, 600, 600, 600],
  )
})

test('of a file that is broken at its end nothing is imported, and the same id at another source is somebody else', async () => {
  const rows = Array.from({ length: 300 }, () => person())
  const file = join(folder, 'broken.ndjson')
  await writeFile(file, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n{"id": "half`)
  const before = await counts()

  await assert.rejects(run(file, { format: 'atrium' }), { name: 'ImportFileRefused', message: `${file}:301: the file ends too early` })
  assert.deepEqual(await counts(), before)

  const twins = [await fileOf([person({ id: 'same' })]), await fileOf([person({ id: 'same' })], 'twin.ndjson')]
  assert.equal((await run(twins[0]!, { format: 'atrium' })).imported, 1)
  assert.equal((await run(twins[1]!, { format: 'atrium' })).known, 1)
  assert.equal((await run(twins[1]!, { format: 'atrium', source: 'borealis' as never })).imported, 1)
})
