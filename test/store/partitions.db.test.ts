import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayOf, dropExpiredPartitions, ensurePartitions, neededPartitions, PARTITIONED } from '../../src/store/partitions.ts'
import { createTestDatabase } from '../harness/database.ts'

const march = new Date('2026-03-01T12:00:00Z')

async function partitionNames(pool: import('pg').Pool): Promise<string[]> {
  const { rows } = await pool.query(`select relname as name from pg_class where relispartition and relkind = 'r' order by 1`)
  return rows.map((row) => row.name)
}

test('every day from yesterday to the longest life of a row has exactly one partition in each table', () => {
  const needed = neededPartitions(march)

  for (const { table, aheadDays } of PARTITIONED) {
    const own = needed.filter((p) => p.table === table)
    for (let day = dayOf(march) - 1; day <= dayOf(march) + aheadDays; day++) {
      assert.equal(own.filter((p) => p.from <= day && day < p.until).length, 1, `${table} day ${day}`)
    }
  }
})

test('partitions are made once, also when several processes start at the same moment', async (t) => {
  const { store } = await createTestDatabase(t)
  const later = new Date('2031-03-01T12:00:00Z')

  await Promise.all([1, 2, 3, 4].map(() => ensurePartitions(store.pool, later)))

  const names = new Set(await partitionNames(store.pool))
  for (const partition of neededPartitions(later)) assert.ok(names.has(partition.name), partition.name)
})

test('a row finds its partition, keeps the unique keys of its table, and a day without partition is refused', async (t) => {
  const { store } = await createTestDatabase(t)
  await ensurePartitions(store.pool, march)
  const insert = (bucket: number) =>
    store.pool.query(
      `insert into oidc_codes (routing, bucket, code_hash, grant_bucket, grant_hash, redirect_uri, issued_at, expires_at)
       values (1, $1, '\\x01', 1, '\\x02', 'https://aurora.example/', $2, $2)`,
      [bucket, march],
    )

  await insert(dayOf(march))

  await assert.rejects(insert(dayOf(march)), { code: '23505' })
  await assert.rejects(insert(dayOf(march) + 4), { code: '23514' })
})

test('partitions that expired before yesterday are dropped, all others stay', async (t) => {
  const { store } = await createTestDatabase(t)
  await ensurePartitions(store.pool, march)
  const twoDaysLater = new Date(march.getTime() + 2 * 86_400_000)
  await ensurePartitions(store.pool, twoDaysLater)

  const dropped = await dropExpiredPartitions(store.pool, new Date(march.getTime() + 3 * 86_400_000))

  const names = await partitionNames(store.pool)
  assert.equal(dropped, 9, 'three days of three daily tables')
  assert.ok(!names.includes(`oidc_codes_p${dayOf(march)}`))
  assert.ok(names.includes(`oidc_codes_p${dayOf(twoDaysLater)}`))
  assert.ok(names.includes(`oidc_sessions_p${Math.floor(dayOf(march) / 30) * 30}`))
})
