import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { loadArgon2 } from '../../src/authenticators/argon2.ts'
import { createLegacyHashes } from '../../src/authenticators/legacy-hashes.ts'
import { dump } from '../vault/test-vault.ts'
import { fixture, importWorld } from './test-import.ts'

const { run, account, idOf, accounts, db, store } = await importWorld({ after })
const argon2 = await loadArgon2()
const legacy = createLegacyHashes(argon2)
after(() => Promise.all([legacy.close(), argon2.close()]))

/** Whether the imported hash of an account is of this password. */
async function opens(email: string, password: string): Promise<boolean> {
  const { password: hash } = await account(email)
  assert.ok(hash, email)
  assert.equal(await legacy.verify(hash, new Set([`not ${password}`])), false)
  return legacy.verify(hash, new Set([password]))
}

test('Auth0: the export of a tenant and the hashes of its support, with a mapping', async () => {
  const mapping = { shoe_size: ['user_metadata', 'shoe_size'], styles: ['user_metadata', 'styles'], locale: ['user_metadata', 'locale'] }
  const { report, ...summary } = await run(fixture('auth0-export.ndjson'), { format: 'auth0', mapping, source: 'aurora' as never })

  assert.deepEqual(summary, { rows: 7, imported: 4, known: 0, refused: 3, leftOut: 1 })
  assert.deepEqual(report.sort(), [
    '3 identities[0]: not_kept (left out)',
    '4 email: malformed',
    '5 password: hash_too_costly',
    '6 email: identifier_taken',
  ])
  const ada = await account('ada.auth0@example.com')
  assert.deepEqual(ada.values, {
    given_name: 'Ada',
    family_name: 'Lovelace',
    name: 'Ada Lovelace',
    shoe_size: '39',
    styles: ['linen', 'wool'],
    email: 'ada.auth0@example.com',
    email_verified: true,
  })
  assert.deepEqual([ada.status, ada.locale, ada.proven, ada.sources], ['active', 'de', true, ['aurora']])
  const ben = await account('ben.auth0@example.com')
  assert.deepEqual([ben.proven, ben.values], [false, { email: 'ben.auth0@example.com', email_verified: false }])
  assert.deepEqual(
    [(await account('cleo.auth0@example.com')).password, (await account('emil.auth0@example.com')).status],
    [undefined, 'locked'],
  )
  assert.ok((await opens('ada.auth0@example.com', 'ada-of-the-old-shop')) && (await opens('ben.auth0@example.com', 'ben-of-the-old-shop')))
})

test('Auth0: the file of its own import, every custom_password_hash there is', async () => {
  const { report, imported } = await run(fixture('auth0-import.json'), { format: 'auth0' })

  assert.deepEqual(report.map((line) => line.replace(/^\d+ /, '')).sort(), [
    'mfa_factors[1]: not_kept (left out)',
    'password: hash_unsupported',
  ])
  assert.equal(imported, 10)
  for (const name of ['bcrypt', 'argon2', 'pbkdf2', 'scrypt', 'md5', 'sha1', 'sha256', 'sha512', 'hmac', 'ldap'])
    assert.ok(await opens(`${name}.auth0@example.com`, 'fay-of-the-old-shop'), name)
  assert.equal((await account('bcrypt.auth0@example.com')).totp, 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
})

test('Keycloak: a realm with its users, their apps and passkeys', async () => {
  const { report, ...summary } = await run(fixture('keycloak-realm.json'), {
    format: 'keycloak',
    mapping: { shoe_size: ['attributes', 'shoe_size'] },
  })

  assert.deepEqual(summary, { rows: 6, imported: 5, known: 0, refused: 1, leftOut: 3 })
  assert.deepEqual(report.map((line) => line.replace(/^\d+ /, '')).sort(), [
    'credentials[1]: not_kept (left out)',
    'email: no_identifier',
    'federatedIdentities[0]: not_kept (left out)',
    'totp: totp_unsupported (left out)',
  ])
  const ada = await account('ada.keycloak@example.com')
  assert.deepEqual(ada.values, {
    given_name: 'Ada',
    family_name: 'Lovelace',
    name: 'Ada Lovelace',
    phone_number: '+4930901820',
    shoe_size: '39',
    email: 'ada.keycloak@example.com',
    email_verified: true,
  })
  assert.equal(await idOf('phone', '+4930901820'), undefined, 'an attribute proves no number')
  assert.equal(ada.totp, 'NVCG2UZYPF3EQYSIIIYFCWTPIZZU63TK')
  assert.equal(ada.locale, 'de')
  const [passkey, ...more] = (await account('ben.keycloak@example.com')).passkeys
  assert.deepEqual([passkey?.rp_id, passkey?.transports, passkey?.backup_unknown, more], ['localhost', ['hybrid', 'internal'], true, []])
  assert.equal(Buffer.from(passkey?.user_handle ?? '', 'base64url').toString(), '3d1a1a5e-8c70-4d0d-9a3f-5f0a3c2b1a02')
  assert.deepEqual(
    [(await account('cleo.keycloak@example.com')).proven, (await account('emil.keycloak@example.com')).status],
    [false, 'locked'],
  )
  for (const name of ['ada', 'ben', 'cleo', 'dora']) assert.ok(await opens(`${name}.keycloak@example.com`, `${name}-of-the-old-shop`), name)
})

test('Firebase: an export and the hash parameters of its project', async () => {
  const { report, ...summary } = await run(fixture('firebase-export.json'), { format: 'firebase' })

  assert.deepEqual(summary, { rows: 5, imported: 4, known: 0, refused: 1, leftOut: 2 })
  assert.deepEqual(report.map((line) => line.replace(/^\d+ /, '')).sort(), [
    'email: no_identifier',
    'mfaInfo[0]: not_kept (left out)',
    'providerUserInfo[0]: not_kept (left out)',
  ])
  assert.deepEqual((await account('ada.firebase@example.com')).values.name, 'Ada Lovelace')
  assert.equal((await account('ben.firebase@example.com')).proven, false)
  const cleo = await idOf('phone', '+4930901821')
  assert.ok(cleo)
  assert.deepEqual(
    Object.entries((await accounts.readOwnProfile(db, cleo)).profile).map(([name, of]) => [name, of?.value]),
    [
      ['phone_number', '+4930901821'],
      ['phone_number_verified', true],
    ],
  )
  for (const name of ['ada', 'ben']) assert.ok(await opens(`${name}.firebase@example.com`, `${name}-of-the-old-shop`), name)
})

test('our own format: every field', async () => {
  const { report, ...summary } = await run(fixture('atrium.ndjson'), { format: 'atrium' })

  assert.deepEqual(summary, { rows: 5, imported: 5, known: 0, refused: 0, leftOut: 3 })
  assert.deepEqual(report, [
    '1 consents[0]: not_kept (left out)',
    '1 attributes: unknown_attribute (left out)',
    '1 passkeys[1]: other_rp_id (left out)',
  ])
  const ada = await account('ada.own@example.com')
  assert.deepEqual(ada.values, {
    name: 'Ada Lovelace',
    given_name: 'Ada',
    birthdate: '1815-12-10',
    shoe_size: '39',
    styles: ['linen'],
    points: 1200,
    address: { street_address: 'Linienstr. 1', locality: 'Berlin', postal_code: '10178', country: 'DE' },
    member_number: 'PL-1001',
    email: 'ada.own@example.com',
    email_verified: true,
    phone_number: '+4930901830',
    phone_number_verified: true,
  })
  assert.deepEqual([await idOf('phone', '+4930901830'), await idOf('member_number', 'PL1001')], [ada.id, ada.id])
  assert.equal(ada.passkeys.length, 1)
  assert.equal(ada.passkeys[0]?.backup_unknown, undefined)
  assert.equal(ada.totp, 'JBSWY3DPEHPK3PXPAAAAAAAAAA', 'ten bytes, and zeros that change no code')
  for (const name of ['ada', 'ben', 'cleo', 'dora']) assert.ok(await opens(`${name}.own@example.com`, `${name}-of-the-old-shop`), name)
  assert.ok(await idOf('member_number', 'PL1005'), 'a member number alone is enough')
})

test('a dump shows nothing of what was imported', async () => {
  const stored = await dump(store, 'accounts', 'identifiers', 'authenticators', 'imported_accounts', 'account_keys')

  assert.ok(stored.length > 1000)
  assert.ok(!/example\.com|lovelace|auth0\||old-shop|\$2[ab]\$|linienstr/i.test(stored))
})
