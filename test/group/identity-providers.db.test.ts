import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { isOffered } from '../../src/group/index.ts'
import { dump } from '../vault/test-vault.ts'
import { groupsWithDatabase, lines, refusalsOf } from './groups-with-database.ts'
import { parsed, problemsOf, SMALL_GROUP } from './small-group.ts'

const PEM = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const withProviders = (...providers: readonly string[]): string =>
  `${SMALL_GROUP}policies:\n  identity_providers:\n${providers.map((entry) => `    - ${entry}\n`).join('')}`

const APPLE = `{ key: apple, preset: apple, client_id: com.example.shop, apple: { team_id: ABCDE12345, key_id: KEY1234567, private_key: ${JSON.stringify(PEM)} } }`
const GOOGLE = '{ key: google, preset: google, client_id: atrium-at-google, client_secret: googles-secret-of-ours }'
const WORKS =
  '{ key: works, issuer: https://login.works.example, name: { en: Works }, client_id: atrium, client_secret: x, recipients: [linden] }'

test('identity providers keep their order and their secrets, and neither plan nor export tells one', async (t) => {
  const { groups, db, store } = await groupsWithDatabase(t)

  const applied = await groups.apply(db, parsed(withProviders(WORKS, GOOGLE, APPLE)))
  const exported = await groups.exportFile(db)
  const again = await groups.plan(db, parsed(exported))

  assert.deepEqual(lines(applied).slice(-3), ['+ identity_provider works', '+ identity_provider google', '+ identity_provider apple'])
  assert.deepEqual(again, [])
  const { identityProviders } = groups.current().policies
  assert.deepEqual(
    identityProviders.map(({ key, issuer, secret }) => [key, issuer, secret.reveal()]),
    [
      ['works', 'https://login.works.example', 'x'],
      ['google', 'https://accounts.google.com', 'googles-secret-of-ours'],
      ['apple', 'https://appleid.apple.com', PEM],
    ],
  )
  assert.match(exported, /client_secret:\n +kept: google\n/)
  assert.match(exported, /private_key:\n +kept: apple\n/)
  for (const text of [exported, lines(applied).join(), await dump(store, 'identity_providers', 'settings', 'policies')])
    assert.doesNotMatch(text, /googles-secret|PRIVATE KEY/)
})

test('a changed secret is one line without the secret; a provider that is taken out is gone', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(withProviders(GOOGLE, APPLE)))

  const changed = await groups.apply(db, parsed(withProviders(GOOGLE.replace('googles-secret-of-ours', 'another'), APPLE)))
  const removed = await groups.apply(db, parsed(withProviders(APPLE)))

  assert.deepEqual(lines(changed), ['~ identity_provider google client_secret: changed'])
  assert.deepEqual(lines(removed), ['- identity_provider google'])
  assert.deepEqual(
    groups.current().policies.identityProviders.map(({ key }) => key),
    ['apple'],
  )
})

test('what is wrong with a provider is told with its place', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)
  const wrong = withProviders(
    '{ key: works, client_id: atrium }',
    '{ key: works, preset: apple, client_id: a, client_secret: no, tenants: [9188040d-6c67-4c5b-b112-36a304b66dad] }',
    '{ key: google, preset: google, client_id: a, client_secret: { kept: works }, recipients: [lindem], authoritative_domains: [Gmail.com] }',
  )

  const problems = problemsOf(wrong).map((line) => line.replace(/^\S+ /, ''))

  assert.deepEqual(problems.sort(), [
    'policies.identity_providers[0].client_secret: is missing',
    'policies.identity_providers[0].issuer: is missing: without a preset nobody knows it',
    'policies.identity_providers[0].name: is missing: without a preset nobody knows it',
    'policies.identity_providers[1].apple.private_key: is missing',
    'policies.identity_providers[1].client_secret: must be absent: Apple wants secrets signed with apple.private_key',
    'policies.identity_providers[1].key: works is the key of another entry above',
    'policies.identity_providers[1].tenants: must be absent without preset microsoft',
    'policies.identity_providers[2].authoritative_domains[0]: must be a domain in lower case, an international one in its A-label form (example.com)',
    'policies.identity_providers[2].recipients[0]: unknown recipient lindem, did you mean linden?',
  ])
  assert.deepEqual(await refusalsOf(groups.plan(db, parsed(withProviders(GOOGLE.replace('googles-secret-of-ours', '{ kept: google }'))))), [
    'group.yaml:40:82 policies.identity_providers[0].client_secret: the database has no secret of google to keep',
  ])
})

test('a provider is offered where the file says, for what it says, and nowhere once it is switched off', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)
  await groups.apply(
    db,
    parsed(withProviders(WORKS.replace('recipients: [linden]', 'recipients: [linden], channels: [web], allows: [sign_in]'))),
  )
  const { recipients, policies } = groups.current()
  const [works] = policies.identityProviders
  const at = (key: string, channel: 'web' | 'app') => ({ recipient: [...recipients.values()].find((r) => r.key === key)!, channel })

  assert.equal(isOffered(works!, 'sign_in', at('linden', 'web')), true)
  assert.equal(isOffered(works!, 'sign_in', at('linden', 'app')), false)
  assert.equal(isOffered(works!, 'sign_in', at('postman', 'web')), false)
  assert.equal(isOffered(works!, 'sign_up', at('linden', 'web')), false)
  assert.equal(isOffered({ ...works!, enabled: false }, 'sign_in', at('linden', 'web')), false)
})
