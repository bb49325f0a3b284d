import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { migrate, ownMigrations, pendingMigrations } from '../../src/store/migrate.ts'
import { createTestDatabase, createTestDatabaseUrl } from '../harness/database.ts'
import { administer } from '../harness/server.ts'

/** A database without any table. */
async function emptyDatabase(t: Parameters<typeof createTestDatabase>[0]): Promise<string> {
  const url = await createTestDatabaseUrl(t)
  await administer(url, 'drop schema public cascade; create schema public')
  return url
}

async function tables(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(`select count(*)::int as n from pg_tables where schemaname = 'public'`)
  await client.end()
  return rows[0].n
}

test('an empty database gets every migration once, in order, also when several processes start together', async (t) => {
  const url = await emptyDatabase(t)

  const ran = await Promise.all([migrate(url), migrate(url), migrate(url)])

  assert.deepEqual(
    ran.flat().map(({ name }) => name),
    await ownMigrations(),
  )
  assert.deepEqual(await migrate(url), [])
})

test('a dry run tells what would run and changes nothing', async (t) => {
  const url = await emptyDatabase(t)

  const would = await migrate(url, { dryRun: true })

  assert.deepEqual(
    would.map(({ name }) => name),
    await ownMigrations(),
  )
  assert.equal(await tables(url), 0)
})

test('migrating stops where it is told to, and refuses a name that is none', async (t) => {
  const url = await emptyDatabase(t)
  const [first = ''] = await ownMigrations()

  const ran = await migrate(url, { to: first })

  assert.deepEqual(ran, [{ name: first }])
  assert.deepEqual(await migrate(url, { to: first }), [])
  await assert.rejects(migrate(url, { to: '9999-nothing' }), /no migration is called 9999-nothing/)
})

test('a database that a newer version has migrated is left as it is: two versions run side by side during a rollout', async (t) => {
  const { url, store } = await createTestDatabase(t)
  await store.pool.query(`insert into schema_migrations (name, "timestamp") values ('9999-from-tomorrow', now()::text)`)

  assert.deepEqual(await pendingMigrations(url), [])
  assert.deepEqual(await migrate(url), [])
})

test('every unique key of a partitioned table begins with what routes it and holds its bucket', async () => {
  const { store } = await createTestDatabase({ after })
  const { rows } = await store.pool.query<{ name: string; key: string[] }>(
    `select c.relname as name, array(select attname::text from unnest(i.indkey) with ordinality k(num, at)
       join pg_attribute a on a.attrelid = c.oid and a.attnum = k.num order by at) as key
     from pg_class c join pg_index i on i.indrelid = c.oid and i.indisunique
     where c.relkind = 'p' and c.relnamespace = 'public'::regnamespace`,
  )

  assert.ok(rows.length > 0)
  for (const { name, key } of rows) assert.ok(['routing', 'kind', 'account_id'].includes(key[0]!) && key[1] === 'bucket', `${name}: ${key}`)
})
