import { z } from 'zod'
import { type EmailCode, emailCodeSchema } from '../authenticators/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'

const pendingSchema = z.object({ address: z.string(), session: z.string(), code: emailCodeSchema })

/** An address that a code was mailed to, of one account and one session of it (MFA-46). */
export interface PendingEmail {
  readonly address: string
  readonly code: EmailCode
  /** Row version it was read at: what is done with it counts only if nobody else did something meanwhile. */
  readonly version: number
}

/** At most one for each account, for as long as its code lives. */
export interface PendingEmails {
  find(db: Db, accountId: AccountId, session: string, now: Date): Promise<PendingEmail | undefined>
  /** In place of the one there is, whoever began it. */
  put(tx: Db, accountId: AccountId, session: string, pending: Pick<PendingEmail, 'address' | 'code'>): Promise<void>
  /** Keeps what a wrong code made of it. False: it is another one by now. */
  update(db: Db, accountId: AccountId, session: string, pending: PendingEmail): Promise<boolean>
  /** Takes it away, in the transaction that uses its code. False: it was used, or is another one by now. */
  spend(tx: Db, accountId: AccountId, version: number): Promise<boolean>
  discard(tx: Db, accountId: AccountId): Promise<void>
}

const FIELD = 'pending_emails.pending_sealed'

/** Pending addresses as sealed rows. */
export function createPendingEmails({ vault }: { readonly vault: Vault }): PendingEmails {
  const sealed = (
    db: Db,
    accountId: AccountId,
    session: string,
    { address, code }: Pick<PendingEmail, 'address' | 'code'>,
  ): Promise<Buffer> => vault.seal(db, accountId, FIELD, JSON.stringify({ address, session, code }))
  return {
    async find(db, accountId, session, now) {
      const row = await findPending(db, accountId, now)
      if (!row) return undefined
      const pending = pendingSchema.parse(JSON.parse(await vault.open(db, accountId, FIELD, row.pending_sealed)))
      return pending.session === session ? { address: pending.address, code: pending.code, version: row.version } : undefined
    },
    async put(tx, accountId, session, pending) {
      await putPending(tx, accountId, await sealed(tx, accountId, session, pending), new Date(pending.code.expires_at))
    },
    update: async (db, accountId, session, pending) =>
      updatePending(db, accountId, pending.version, await sealed(db, accountId, session, pending)),
    spend: spendPending,
    async discard(tx, accountId) {
      await tx.deleteFrom('pending_emails').where('account_id', '=', accountId).execute()
    },
  }
}

async function findPending(db: Db, accountId: AccountId, now: Date) {
  return db
    .selectFrom('pending_emails')
    .select(['pending_sealed', 'version'])
    .where('account_id', '=', accountId)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

async function putPending(tx: Db, accountId: AccountId, sealed: Buffer, expiresAt: Date): Promise<void> {
  await tx
    .insertInto('pending_emails')
    .values({ account_id: accountId, pending_sealed: sealed, version: 1, expires_at: expiresAt })
    .onConflict((conflict) =>
      conflict.column('account_id').doUpdateSet((eb) => ({
        pending_sealed: eb.ref('excluded.pending_sealed'),
        expires_at: eb.ref('excluded.expires_at'),
        version: eb('pending_emails.version', '+', 1),
      })),
    )
    .execute()
}

async function updatePending(db: Db, accountId: AccountId, version: number, sealed: Buffer): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('pending_emails')
    .set({ pending_sealed: sealed, version: version + 1 })
    .where('account_id', '=', accountId)
    .where('version', '=', version)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

async function spendPending(tx: Db, accountId: AccountId, version: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('pending_emails')
    .where('account_id', '=', accountId)
    .where('version', '=', version)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Leaves with at most `limit` whose code has expired. */
export async function deleteOldPending(db: Db, now: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('pending_emails')
    .where('account_id', 'in', (query) =>
      query.selectFrom('pending_emails').select('account_id').where('expires_at', '<', now).limit(limit),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}
