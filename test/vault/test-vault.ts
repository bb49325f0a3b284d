import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { fixedClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createSigningKeys, createVault, DataKeys, type SigningKeyRules } from '../../src/vault/index.ts'
import { createTestDatabase } from '../harness/database.ts'

/** Key-encryption keys of one installation, with chance bytes under the given names, newest first. */
export function testDataKeys(...kids: readonly [string, ...string[]]): DataKeys {
  const [newest, ...older] = kids.map((kid) => ({ kid, bytes: randomBytes(32) }))
  return new DataKeys([newest!, ...older])
}

/** A database and a vault on it; `another` is the vault of another process of the same installation. */
export async function createTestVault(t: Parameters<typeof createTestDatabase>[0], at = '2026-03-01T12:00:00Z') {
  const { store } = await createTestDatabase(t)
  const clock = fixedClock(at)
  const dataKeys = testDataKeys('k1')
  const another = (keys = dataKeys) => createVault({ db: store.db, dataKeys: keys, clock, random: systemRandom })
  return { store, db: store.db, clock, dataKeys, another, vault: await another() }
}

const DAY_S = 86_400
/** As a group that says nothing about keys has them. */
export const RULES: SigningKeyRules = { publish_s: DAY_S, rotate_after_s: 90 * DAY_S, token_life_s: 720, hint_life_s: 30 * DAY_S }

/** The signing keys of one process. */
export const signingKeysOf = (deps: Omit<Parameters<typeof createSigningKeys>[0], 'rules'>, rules = RULES) =>
  createSigningKeys({ ...deps, rules: () => rules })

/** The signing keys as a process that starts now has them. */
export const loadSigningKeys = async (deps: Parameters<typeof signingKeysOf>[0]) => (await signingKeysOf(deps)).current()

/** Opens every connection of the pool, so that what starts together also runs together. */
export async function openConnections({ pool }: { pool: import('pg').Pool }): Promise<void> {
  await Promise.all(Array.from({ length: 10 }, () => pool.query('select pg_sleep(0.1)')))
}

/** Resolves when this many statements wait for a lock that somebody else holds: a race at a known point. */
export async function waitingForLock({ pool }: { pool: import('pg').Pool }, statements: number): Promise<void> {
  const query = `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  for (let tries = 0; tries < 100; tries++) {
    const { rows } = await pool.query<{ n: number }>(query)
    if (rows[0]!.n === statements) return
    await setTimeout(50)
  }
  throw new Error(`${statements} statements did not wait for a lock`)
}

export const newAccountId = (): AccountId => systemRandom.uuid() as AccountId

/** Every row of these tables as PostgreSQL prints it: what a thief of the database reads, base64 and hex decoded too. */
export async function dump(store: { pool: import('pg').Pool }, ...tables: readonly string[]): Promise<string> {
  const texts: string[] = []
  for (const table of tables) {
    const { rows } = await store.pool.query<{ line: string }>(`select t::text as line from ${table} t`)
    texts.push(...rows.map(({ line }) => line))
  }
  const raw = texts.join('\n')
  const decoded = raw.split(/[^A-Za-z0-9+/_-]+/).flatMap((word) => [Buffer.from(word, 'hex'), Buffer.from(word, 'base64')])
  return [raw, ...decoded.map((bytes) => bytes.toString('latin1'))].join('\n')
}
