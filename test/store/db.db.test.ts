import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openStore } from '../../src/store/db.ts'
import { databaseUnavailable } from '../../src/store/unavailable.ts'
import { createTestDatabase, createTestDatabaseUrl } from '../harness/database.ts'

test('bigint arrives as a number, timestamptz as Date, through kysely and the pool alike', async (t) => {
  const { store } = await createTestDatabase(t)
  const statement = `select 9007199254740991::bigint as most, count(*) as counted, '2026-03-01T12:00:00Z'::timestamptz as at from settings`

  const byPool = (await store.pool.query(statement)).rows[0]
  const byKysely = (await sql.raw(statement).execute(store.db)).rows[0]

  const expected = { most: Number.MAX_SAFE_INTEGER, counted: 0, at: new Date('2026-03-01T12:00:00Z') }
  assert.deepEqual({ ...byPool }, expected)
  assert.deepEqual({ ...(byKysely as object) }, expected)
})

test('a bigint that a number cannot hold is an error, not a nearby number', async (t) => {
  const { store } = await createTestDatabase(t)

  await assert.rejects(store.pool.query('select 9007199254740993::bigint'), RangeError)
})

test('closing ends every connection, whoever opened it', async (t) => {
  const url = await createTestDatabaseUrl(t)
  const watcher = openStore({ url, maxConnections: 1 })
  t.after(() => watcher.close())
  const store = openStore({ url })
  await Promise.all([1, 2, 3].map(() => store.pool.query('select pg_sleep(0.05)')))

  await store.close()

  const others = `select count(*) as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
  let n = -1
  for (let tries = 0; n !== 0 && tries < 50; tries++) n = (await watcher.pool.query(others)).rows[0].n
  assert.equal(n, 0)
})

test('a connection that breaks while nobody uses it ends neither the process nor the pool', async (t) => {
  const url = await createTestDatabaseUrl(t)
  const lost: unknown[] = []
  const store = openStore({ url, maxConnections: 2, onUnavailable: (error) => lost.push(error) })
  t.after(() => store.close())
  const [idle, killer] = await Promise.all([store.pool.connect(), store.pool.connect()])
  const { rows } = await idle.query('select pg_backend_pid() as pid')
  idle.release()
  await killer.query('select pg_terminate_backend($1)', [rows[0].pid])
  killer.release()

  for (let tries = 0; lost.length === 0 && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 20))

  assert.equal(lost.length, 1)
  assert.equal((await store.pool.query('select 1 as one')).rows[0].one, 1)
})

test('SEC-103 a connection that is cut in the middle of a transaction ends neither the process nor the pool, and nothing of it is there', async (t) => {
  const { store, url } = await createTestDatabase(t)
  const other = openStore({ url, maxConnections: 1 })
  t.after(() => other.close())
  const cut = store.db.transaction().execute(async (tx) => {
    await tx
      .insertInto('settings')
      .values({ name: 'half', value: '1', updated_at: new Date(0) })
      .execute()
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    await other.pool.query('select pg_terminate_backend($1)', [rows[0]!.pid])
    await new Promise((resolve) => setTimeout(resolve, 100)) // the end arrives while nobody is asking
    await tx
      .insertInto('settings')
      .values({ name: 'other half', value: '1', updated_at: new Date(0) })
      .execute()
  })

  await assert.rejects(cut, (error) => databaseUnavailable(error) !== undefined)
  assert.deepEqual(await store.db.selectFrom('settings').select('name').where('name', 'like', '%half').execute(), [])
})

test('SEC-105 a connection that does not answer any more is given up, and the next query gets another one', async (t) => {
  const { url } = await createTestDatabase(t)
  const store = openStore({ url, maxConnections: 1 })
  t.after(() => store.close())
  const backend = async () => (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(store.db)).rows[0]!.pid
  const before = await backend()
  const client = await store.pool.connect()
  const socket = (client as unknown as { connection: { stream: Socket } }).connection.stream
  client.release()
  socket.pause() // what PostgreSQL says arrives nowhere, as from a machine that is gone

  await assert.rejects(backend(), (error) => databaseUnavailable(error) !== undefined)

  assert.notEqual(await backend(), before)
})
