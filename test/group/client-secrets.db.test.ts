import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dump } from '../vault/test-vault.ts'
import { DEMO, groupsWithDatabase, LINDEN_WEB, lines, refusalsOf, STRONG } from './groups-with-database.ts'
import { parsed, SMALL_GROUP, smallGroup } from './small-group.ts'

test('an export names secrets and never tells them, and writes keys in the order of the documentation', async (t) => {
  const { groups, db, store } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(DEMO))

  const exported = await groups.exportFile(db)

  assert.doesNotMatch(exported, /demo-secret/)
  assert.match(exported, /client_secret:\n +kept: aurora-web\n/)
  assert.match(exported, /- client_id: aurora-web\n +client_name: .*\n +recipient: aurora\n +channel: web\n/)
  assert.doesNotMatch(await dump(store, 'clients', 'settings'), /demo-secret/)
})

test('a kept secret stays, and one that was never there can’t be kept', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)
  const kept = smallGroup(['a-secret-of-the-linden', '{ kept: linden-web }'])

  const refused = await refusalsOf(groups.apply(db, parsed(kept, 'my.yaml')))
  await groups.apply(db, parsed(SMALL_GROUP))
  const differences = await groups.apply(db, parsed(kept.replace('client_name: Linden', 'client_name: Linden Shop')))

  assert.deepEqual(refused, ['my.yaml:17:20 clients[0].client_secret: the database has no secret of linden-web to keep'])
  assert.deepEqual(lines(differences), ['~ client linden-web client_name: "Linden" → "Linden Shop"'])
  assert.equal(groups.current().clients.get(LINDEN_WEB)?.secret?.reveal(), 'a-secret-of-the-linden')
})

test('a client that becomes public loses its secret', async (t) => {
  const { groups, db } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(SMALL_GROUP))
  const publicApp = smallGroup(
    ['channel: web', 'channel: app'],
    ['client_secret: a-secret-of-the-linden', 'token_endpoint_auth_method: none'],
  )

  const differences = await groups.apply(db, parsed(publicApp))

  assert.ok(lines(differences).includes('~ client linden-web client_secret: changed'))
  assert.equal(groups.current().clients.get(LINDEN_WEB)?.secret, undefined)
})

test('production refuses demo secrets and short ones, at plan and at apply, and changes nothing', async (t) => {
  const { groups, db } = await groupsWithDatabase(t, { production: true })

  for (const secret of ['a-secret-of-the-linden', `${STRONG}-demo-secret`]) {
    const file = parsed(smallGroup(['a-secret-of-the-linden', secret]))
    const line = 'group.yaml:17:20 clients[0].client_secret: is a demo secret or shorter than 32 characters, which production refuses'
    assert.deepEqual(await refusalsOf(groups.plan(db, file)), [line])
    assert.deepEqual(await refusalsOf(groups.apply(db, file)), [line])
  }
  assert.equal((await refusalsOf(groups.apply(db, parsed(DEMO)))).length, 8)
  assert.equal(groups.current().version, 0)
  await groups.apply(db, parsed(smallGroup(['a-secret-of-the-linden', STRONG])))
  assert.equal(groups.current().clients.get(LINDEN_WEB)?.secret?.reveal(), STRONG)
})

test('demo secrets that reached the database before production open nothing there, and can’t be kept', async (t) => {
  const { groups, db, another } = await groupsWithDatabase(t)
  await groups.apply(db, parsed(SMALL_GROUP))

  const production = await another({ production: true })

  assert.deepEqual(production.demoSecrets(), ['linden-web'])
  const usable = production.current().clients.get(LINDEN_WEB)?.secret?.reveal()
  assert.notEqual(usable, 'a-secret-of-the-linden')
  assert.equal(usable?.length, 43)
  const kept = parsed(smallGroup(['a-secret-of-the-linden', '{ kept: linden-web }']))
  assert.match((await refusalsOf(production.apply(db, kept)))[0]!, /which production refuses$/)
  await production.apply(db, parsed(smallGroup(['a-secret-of-the-linden', STRONG])))
  assert.deepEqual(production.demoSecrets(), [])
})
