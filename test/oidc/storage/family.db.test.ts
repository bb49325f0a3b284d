import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { FAMILY_COLUMNS, type FamilyRow, familyJoins, familyLookUp, findFamily } from '../../../src/oidc/storage/family.ts'
import { bucketOf, createTokenTexts, type FamilyPlace } from '../../../src/oidc/storage/token-text.ts'
import { systemRandom } from '../../../src/ports/random.ts'
import { ensurePartitions } from '../../../src/store/partitions.ts'
import { createTestDatabase } from '../../harness/database.ts'

const now = new Date('2026-03-01T12:00:00Z')
const today = bucketOf(now.getTime() / 1000)
const ROUTING = 7
const LOOK_UP = familyLookUp(
  (tables) =>
    `select ${FAMILY_COLUMNS} from oidc_refresh_tokens t ${familyJoins(tables)} where t.routing = $1 and t.bucket = $2 and t.token_hash = $3`,
)

async function world(t: Parameters<typeof createTestDatabase>[0]) {
  const { store } = await createTestDatabase(t)
  await ensurePartitions(store.pool, now)
  const key = randomBytes(32)
  const tokens = createTokenTexts({ issuer: 'http://localhost', maskKey: key, successorKey: key, random: systemRandom })
  const [grant, session] = [randomBytes(16), randomBytes(16)]
  const where = { grantBucket: today + 366, sessionBucket: today + 30 }
  const account = '00000000-0000-7000-8000-000000000007'
  const { pool } = store
  await pool.query(`insert into accounts (id, status, profile_sealed, created_at, updated_at) values ($1, 'active', '\\x00', $2, $2)`, [
    account,
    now,
  ])
  await pool.query(
    `insert into oidc_sessions (routing, bucket, uid_hash, id_hash, account_id, created_at, seen_at, expires_at)
     values ($1, $2, $3, $3, $4, $5, $5, $5::timestamptz + interval '14 days')`,
    [ROUTING, where.sessionBucket, session, account, now],
  )
  await pool.query(
    `insert into oidc_grants (routing, bucket, grant_hash, account_id, client_id, payload, session_routing, session_bucket, session_hash,
       created_at, expires_at) values ($1, $2, $3, $4, 'aurora-web', '{}', $1, $5, $6, $7, $7::timestamptz + interval '366 days')`,
    [ROUTING, where.grantBucket, grant, account, where.sessionBucket, session, now],
  )

  /** A stored refresh token whose text says that of its family. */
  async function tokenThatSays(family: FamilyPlace | undefined): Promise<string> {
    const text = tokens.make('r', { routing: ROUTING, bucket: today + 14, family })
    const { hash } = tokens.parse('r', text)!
    await pool.query(
      `insert into oidc_refresh_tokens (routing, bucket, token_hash, grant_bucket, grant_hash, first_issued_at, issued_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $6, $6::timestamptz + interval '14 days')`,
      [ROUTING, today + 14, hash, where.grantBucket, grant, now],
    )
    return text
  }
  const asked: string[] = []
  const lookUps = {
    query(lookUp: Parameters<typeof store.lookUps.query>[0]) {
      asked.push(lookUp.text)
      return store.lookUps.query(lookUp)
    },
  }
  const find = (text: string) => findFamily<FamilyRow>({ lookUps, clock: () => now } as never, LOOK_UP, tokens.parse('r', text)!)
  return { tokens, where, tokenThatSays, find, asked }
}

test('the text of a token tells the partitions of its family, so that one look-up names them', async (t) => {
  const { where, tokenThatSays, find, asked } = await world(t)

  const row = await find(await tokenThatSays(where))

  assert.ok(row?.s_account_id)
  assert.equal(asked.length, 1)
  assert.match(asked[0]!, /oidc_grants_p\d+ g .*oidc_sessions_p\d+ s/s)
})

test('a family is found whatever the text says: nothing as in the version before, or what is wrong', async (t) => {
  const { where, tokenThatSays, find } = await world(t)
  const elsewhere = [
    undefined,
    { grantBucket: today, sessionBucket: where.sessionBucket },
    { grantBucket: where.grantBucket, sessionBucket: today - 1 },
    { grantBucket: where.grantBucket, sessionBucket: 0 },
    { grantBucket: -32_768, sessionBucket: 32_767 },
  ]

  for (const family of elsewhere) {
    const row = await find(await tokenThatSays(family))
    assert.equal(row?.account_status, 'active', JSON.stringify(family))
    assert.ok(row?.s_account_id, JSON.stringify(family))
  }
})

test('what a text says of its place comes back, and only with the key it was made with', async (t) => {
  const { tokens } = await world(t)
  const other = createTokenTexts({
    issuer: 'http://localhost',
    maskKey: randomBytes(32),
    successorKey: randomBytes(32),
    random: systemRandom,
  })
  const place = { routing: -123, bucket: today, family: { grantBucket: today + 1, sessionBucket: today + 2 } }

  for (const kind of ['c', 'r', 'a'] as const) {
    const text = tokens.make(kind, place)
    const { hash, ...told } = tokens.parse(kind, text)!
    assert.deepEqual(told, place)
    assert.equal(hash.length, 16)
    assert.equal(text.length, 49)
    assert.notDeepEqual(other.parse(kind, text)?.family, place.family)
  }
})
