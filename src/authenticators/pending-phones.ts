import { z } from 'zod'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { type EmailCode, emailCodeSchema } from './email-code.ts'

const pendingSchema = z.object({ number: z.string(), session: z.string(), code: emailCodeSchema })

/** A number that a code was texted to, of one account and one session of it (MFA-46). */
export interface PendingPhone {
  /** E.164. */
  readonly number: string
  readonly code: EmailCode
  /** Row version it was read at: what is done with it counts only if nobody else did something meanwhile. */
  readonly version: number
}

/** At most one for each account, for as long as its code lives. */
export interface PendingPhones {
  find(db: Db, accountId: AccountId, session: string, now: Date): Promise<PendingPhone | undefined>
  /** In place of the one there is, whoever began it. */
  put(tx: Db, accountId: AccountId, session: string, pending: Pick<PendingPhone, 'number' | 'code'>): Promise<void>
  /** Keeps what a wrong code made of it. Nothing happens when it is another one by now. */
  update(db: Db, accountId: AccountId, session: string, pending: PendingPhone): Promise<void>
  /** Takes it away, in the transaction that uses its code. False: it was used, or is another one by now. */
  spend(tx: Db, accountId: AccountId, version: number): Promise<boolean>
  discard(db: Db, accountId: AccountId): Promise<void>
  /** Removes some whose code has expired. Returns how many. */
  sweep(db: Db, now: Date): Promise<number>
}

const FIELD = 'pending_phones.pending_sealed'
const SWEEP_AT_ONCE = 1_000

/** Pending numbers as sealed rows. */
export function createPendingPhones({ vault }: { readonly vault: Vault }): PendingPhones {
  const seal = (db: Db, accountId: AccountId, session: string, { number, code }: Pick<PendingPhone, 'number' | 'code'>): Promise<Buffer> =>
    vault.seal(db, accountId, FIELD, JSON.stringify({ number, session, code }))
  return {
    async find(db, accountId, session, now) {
      const row = await findPending(db, accountId, now)
      if (!row) return undefined
      const pending = pendingSchema.parse(JSON.parse(await vault.open(db, accountId, FIELD, row.pending_sealed)))
      return pending.session === session ? { number: pending.number, code: pending.code, version: row.version } : undefined
    },
    put: async (tx, accountId, session, pending) =>
      putPending(tx, accountId, await seal(tx, accountId, session, pending), new Date(pending.code.expires_at)),
    update: async (db, accountId, session, pending) =>
      updatePending(db, accountId, pending.version, await seal(db, accountId, session, pending)),
    spend: spendPending,
    async discard(db, accountId) {
      await db.deleteFrom('pending_phones').where('account_id', '=', accountId).execute()
    },
    sweep: deleteExpired,
  }
}

async function findPending(db: Db, accountId: AccountId, now: Date) {
  return db
    .selectFrom('pending_phones')
    .select(['pending_sealed', 'version'])
    .where('account_id', '=', accountId)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

async function putPending(tx: Db, accountId: AccountId, sealed: Buffer, expiresAt: Date): Promise<void> {
  await tx
    .insertInto('pending_phones')
    .values({ account_id: accountId, pending_sealed: sealed, version: 1, expires_at: expiresAt })
    .onConflict((conflict) =>
      conflict.column('account_id').doUpdateSet((eb) => ({
        pending_sealed: eb.ref('excluded.pending_sealed'),
        expires_at: eb.ref('excluded.expires_at'),
        version: eb('pending_phones.version', '+', 1),
      })),
    )
    .execute()
}

async function updatePending(db: Db, accountId: AccountId, version: number, sealed: Buffer): Promise<void> {
  await db
    .updateTable('pending_phones')
    .set({ pending_sealed: sealed, version: version + 1 })
    .where('account_id', '=', accountId)
    .where('version', '=', version)
    .execute()
}

async function spendPending(tx: Db, accountId: AccountId, version: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('pending_phones')
    .where('account_id', '=', accountId)
    .where('version', '=', version)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

async function deleteExpired(db: Db, now: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('pending_phones')
    .where('account_id', 'in', (q) =>
      q.selectFrom('pending_phones').select('account_id').where('expires_at', '<', now).limit(SWEEP_AT_ONCE),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}
