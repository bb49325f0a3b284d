import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { ClientId } from '../../src/store/ids.ts'
import { DEMO, groupsWithDatabase, LINDEN_WEB, lines, refusalsOf, STRONG } from './groups-with-database.ts'
import { parsed, SMALL_GROUP, smallGroup } from './small-group.ts'

test('before the first apply the group is empty, and its export can be applied', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)

  assert.equal(groups.current().version, 0)
  assert.equal(groups.current().clients.size, 0)
  assert.deepEqual(await groups.plan(db, parsed(await groups.exportFile(db))), [])
})

test('plan says what apply does, and changes nothing', async (t) => {
  const { groups, db, another } = await groupsWithDatabase(t)

  const planned = await groups.plan(db, parsed(SMALL_GROUP))
  assert.equal((await another()).current().version, 0)
  const applied = await groups.apply(db, parsed(SMALL_GROUP))

  assert.deepEqual(lines(applied), [
    '~ group name: "Atrium" → "Small Group"',
    '+ recipient linden',
    '+ recipient postman',
    '+ purpose service',
    '+ purpose delivery',
    '+ attribute_group contact',
    '+ attribute name',
    '+ attribute email',
    '+ client linden-web',
    '+ journey default',
  ])
  assert.deepEqual(planned, applied)
  assert.equal(groups.current().version, 1)
})

test('the demo group: applying twice changes nothing, export to plan shows no difference', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)

  await groups.apply(db, parsed(DEMO))
  const again = await groups.apply(db, parsed(DEMO))
  const exported = await groups.exportFile(db)

  assert.deepEqual(again, [])
  assert.equal(groups.current().version, 1)
  assert.deepEqual(lines(await groups.plan(db, parsed(exported))), [])
  assert.equal(
    groups
      .current()
      .clients.get('stylist-web' as ClientId)
      ?.secret?.reveal(),
    'stylist-demo-secret',
  )
})

test('each change is one line, and a secret is never in it', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(SMALL_GROUP))
  const changed = smallGroup(
    ['    name: Linden\n', '    name: Linden Tree\n'],
    ['a-secret-of-the-linden', STRONG],
    [
      'redirect_uris: [https://linden.example/callback]',
      'redirect_uris: [https://linden.example/back]\n    client_uri: https://linden.example/',
    ],
    ['  - key: postman\n    kind: partner\n    name: Postman\n', ''],
    ['  - { name: delivery', '  - { name: delivering'],
    ['[service, delivery]', '[service]'],
    ['label: { en: Contact }', 'label: { en: Contact }\n    customer_edits: true'],
    ['journeys:', 'keys: { default_signing_alg: RS256 }\npolicies: { password: { min_length: 12 } }\njourneys:'],
  )

  const differences = await groups.apply(db, parsed(changed))

  assert.deepEqual(lines(differences), [
    '~ keys default_signing_alg: (none) → "RS256"',
    '~ recipient linden name: "Linden" → "Linden Tree"',
    '- recipient postman',
    '+ purpose delivering',
    '- purpose delivery',
    '~ attribute_group contact customer_edits: (none) → true',
    '~ attribute name purposes: ["service","delivery"] → ["service"]',
    '~ client linden-web redirect_uris: ["https://linden.example/callback"] → ["https://linden.example/back"]',
    '~ client linden-web client_uri: (none) → "https://linden.example/"',
    '~ client linden-web client_secret: changed',
    '+ policy password',
  ])
  assert.deepEqual([...groups.current().recipients.keys()], ['linden'])
  assert.equal(groups.current().clients.get(LINDEN_WEB)?.secret?.reveal(), STRONG)
  assert.equal(groups.current().policies.password.minLength, 12)
  assert.deepEqual(await groups.plan(db, parsed(changed)), [])
})

test('what leaves the file leaves the database, secrets included', async (t) => {
  const { groups, db, store } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(SMALL_GROUP))
  const bare = 'group: { name: Small Group }\nrecipients: []\nclients: []\nattributes: []\npurposes: []\n'

  const differences = await groups.apply(db, parsed(bare))

  assert.ok(lines(differences).every((line) => line.startsWith('- ')))
  const { rows } =
    await store.pool.query(`select (select count(*) from clients) + (select count(*) from recipients) + (select count(*) from attributes)
    + (select count(*) from purposes) + (select count(*) from journeys) + (select count(*) from policies) as left_over`)
  assert.deepEqual(rows, [{ left_over: 0 }])
  assert.equal(groups.current().attributeGroups.size, 0)
})

test('the order of the file is kept, and a new order is a change', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(SMALL_GROUP))
  const delivery = '  - { name: delivery, label: { en: Delivery }, description: { en: To bring it. } }\n'
  const reordered = smallGroup([delivery, ''], ['purposes:\n', `purposes:\n${delivery}`])

  assert.deepEqual([...groups.current().purposes.keys()], ['service', 'delivery'])
  const differences = await groups.apply(db, parsed(reordered))

  assert.deepEqual(lines(differences), ['~ group order of purposes: ["service","delivery"] → ["delivery","service"]'])
  assert.deepEqual([...groups.current().purposes.keys()], ['delivery', 'service'])
  assert.deepEqual(await groups.apply(db, parsed(reordered)), [])
})

test('OIDC-11 a sector is fixed once subjects exist; a renamed brand takes it along', async (t) => {
  const { groups, db, store } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(SMALL_GROUP))
  const moved = parsed(smallGroup(['key: linden\n', 'key: linden\n    subject_sector: elsewhere\n']))
  assert.deepEqual(lines(await groups.plan(db, moved)), ['~ recipient linden subject_sector: (none) → "elsewhere"'])
  await store.pool.query(`insert into subjects (account_id, sector, sub, created_at) values (gen_random_uuid(), 'linden', 'x', now())`)

  assert.deepEqual(await refusalsOf(groups.apply(db, moved)), [
    'group.yaml:5:21 recipients[0].subject_sector: must stay linden: customers have subjects there',
  ])
  const renamed = smallGroup(['key: linden\n', 'key: tilia\n    subject_sector: linden\n'], ['recipient: linden', 'recipient: tilia'])
  await groups.apply(db, parsed(renamed))
  assert.deepEqual(
    [...groups.current().recipients.values()].map(({ subjectSector }) => subjectSector),
    ['linden', 'postman'],
  )
})

test('of two processes that apply at the same moment, the second waits and compares with what the first left', async (t) => {
  const { groups, db, another } = await groupsWithDatabase(t)
  const other = await another()
  const bare = 'group: { name: Bare }\nrecipients: []\nclients: []\nattributes: []\npurposes: []\n'

  const second = await db.transaction().execute(async (tx) => {
    await groups.apply(tx, parsed(SMALL_GROUP))
    const waiting = other.apply(db, parsed(bare))
    // long enough for the second to get as far as it can
    await setTimeout(200)
    return { waiting }
  })

  assert.ok(lines(await second.waiting).includes('- client linden-web'))
  assert.deepEqual(await groups.plan(db, parsed(bare)), [])
})

test('apply in a transaction that is rolled back leaves everything as it was', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)

  const work = db.transaction().execute(async (tx) => {
    assert.notDeepEqual(await groups.apply(tx, parsed(SMALL_GROUP)), [])
    throw new Error('changed my mind')
  })

  await assert.rejects(work, /changed my mind/)
  assert.equal(await groups.refresh(), false)
  assert.equal(groups.current().version, 0)
})

test('other processes see a change at their next refresh, once, and tell their listeners', async (t) => {
  const { groups, db, another } = await groupsWithDatabase(t)
  const other = await another()
  const heard: string[] = []
  other.onChange((group) => heard.push(`${group.name} ${group.version}`))

  assert.equal(await other.refresh(), false)
  await groups.apply(db, parsed(SMALL_GROUP))
  const refreshed = await Promise.all([other.refresh(), other.refresh()])

  assert.deepEqual(refreshed, [true, true])
  assert.equal(await other.refresh(), false)
  assert.deepEqual(heard, ['Small Group 1'])
  assert.deepEqual(other.current(), groups.current())
})

test('a key that the next version of Atrium wrote is passed over, during a rollout', async (t) => {
  const { groups, db, store, another } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(SMALL_GROUP))
  await store.pool.query(`update recipients set definition = jsonb_set(definition, '{look,sparkle}', '3') where key = 'linden'`)
  await store.pool.query(`update clients set definition = jsonb_set(definition, '{needs,0,tomorrow}', '{"a": 1}') || '{"next": true}'`)

  const other = await another()

  assert.deepEqual(other.current(), groups.current())
})

test('a stored definition that is wrong is a fault, not a group with a hole', async (t) => {
  const { groups, db, store, another } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(SMALL_GROUP))
  await store.pool.query(`update clients set definition = definition - 'scope'`)

  await assert.rejects(another(), /the stored group can’t be read/)
})
