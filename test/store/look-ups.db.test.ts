import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../src/store/db.ts'
import { createTestDatabaseUrl } from '../harness/database.ts'

const lookUp = (n: number) => ({ name: 'n', text: 'select $1::int as n, pg_backend_pid() as pid', values: [n] })

test('look-ups that are sent together each get their own answer, over few connections', async (t) => {
  const store = openStore({ url: await createTestDatabaseUrl(t) })
  t.after(() => store.close())

  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => store.lookUps.query<{ n: number; pid: number }>(lookUp(n))))

  assert.deepEqual(
    answers.map(({ rows }) => rows[0]!.n),
    answers.map((_, n) => n),
  )
  assert.ok(new Set(answers.map(({ rows }) => rows[0]!.pid)).size <= 4)
})

test('a failed look-up takes no other with it', async (t) => {
  const store = openStore({ url: await createTestDatabaseUrl(t) })
  t.after(() => store.close())

  const [before, failed, later] = await Promise.allSettled([
    store.lookUps.query(lookUp(1)),
    store.lookUps.query({ name: 'bad', text: 'select 1 / $1::int', values: [0] }),
    store.lookUps.query(lookUp(2)),
  ])

  assert.deepEqual([before!.status, failed!.status, later!.status], ['fulfilled', 'rejected', 'fulfilled'])
})

test('a connection that breaks is replaced with the next look-up, and its end is told', async (t) => {
  const lost: unknown[] = []
  const store = openStore({ url: await createTestDatabaseUrl(t), onUnavailable: (error) => lost.push(error) })
  t.after(() => store.close())
  const { rows } = await store.lookUps.query<{ pid: number }>(lookUp(1))

  await store.pool.query('select pg_terminate_backend($1)', [rows[0]!.pid])
  for (let tries = 0; lost.length === 0 && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 20))

  assert.equal(lost.length, 1)
  assert.equal((await store.lookUps.query<{ n: number }>(lookUp(2))).rows[0]!.n, 2)
})
