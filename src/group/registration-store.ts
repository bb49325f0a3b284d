import { sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { ClientId, RecipientKey } from '../store/ids.ts'
import type { ClientInvitationsTable, RegisteredClientsTable } from './tables.ts'

/** Every query on clients that registered themselves, and on the invitations to do so. */

export type RegisteredRow = Pick<RegisteredClientsTable, 'id' | 'recipient' | 'created_at'> & { readonly definition: unknown }
export type Invitation = Pick<ClientInvitationsTable, 'recipient' | 'channel' | 'expires_at'>

/** Every client that registered itself, the oldest first; a recipient has at most a hundred. */
export async function listRegistered(db: Db): Promise<readonly RegisteredRow[]> {
  return db.selectFrom('registered_clients').select(['id', 'recipient', 'definition', 'created_at']).orderBy('created_at').execute()
}

/** The client that a registration access token manages. */
export async function findRegisteredByToken(db: Db, tokenHash: Buffer): Promise<ClientId | undefined> {
  const row = await db.selectFrom('registered_clients').select('id').where('token_hash', '=', tokenHash).executeTakeFirst()
  return row && (row.id as ClientId) // written by insertRegistered
}

/** Adds an invitation. */
export async function insertInvitation(db: Db, row: ClientInvitationsTable): Promise<void> {
  await db.insertInto('client_invitations').values(row).execute()
}

/** An invitation that has uses left and has not expired. */
export async function findInvitation(db: Db, tokenHash: Buffer, now: Date): Promise<Invitation | undefined> {
  return db
    .selectFrom('client_invitations')
    .select(['recipient', 'channel', 'expires_at'])
    .where('token_hash', '=', tokenHash)
    .where('uses_left', '>', 0)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

/** False: it expired or was used up. */
export async function spendInvitation(db: Db, tokenHash: Buffer, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('client_invitations')
    .set((row) => ({ uses_left: row('uses_left', '-', 1) }))
    .where('token_hash', '=', tokenHash)
    .where('uses_left', '>', 0)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Removes what has expired. */
export async function sweepInvitations(db: Db, now: Date): Promise<void> {
  await db.deleteFrom('client_invitations').where('expires_at', '<=', now).execute()
}

/** How many clients registered themselves at one recipient. */
export async function countRegistered(db: Db, recipient: RecipientKey): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from registered_clients where recipient = ${recipient}`.execute(db)
  return rows[0]?.n ?? 0
}

type Row = Omit<RegisteredClientsTable, 'definition'> & { readonly definition: string }

/** Adds a client with its registration access token. */
export async function insertRegistered(db: Db, row: Row): Promise<void> {
  await db.insertInto('registered_clients').values(row).execute()
}

/** False: the token had been exchanged for another one, or the client is gone. */
export async function updateRegistered(
  db: Db,
  { id, tokenHash }: { readonly id: ClientId; readonly tokenHash: Buffer },
  row: Pick<Row, 'definition' | 'secret_sealed' | 'token_hash' | 'updated_at'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('registered_clients')
    .set(row)
    .where('id', '=', id)
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** @param tokenHash of the token that asks for it; without one an operator does */
export async function deleteRegistered(db: Db, id: string, tokenHash?: Buffer): Promise<boolean> {
  const all = db.deleteFrom('registered_clients').where('id', '=', id)
  const { numDeletedRows } = await (tokenHash ? all.where('token_hash', '=', tokenHash) : all).executeTakeFirst()
  return numDeletedRows === 1n
}

/** A client that the group file names from now on is the file's: it keeps its secret, and its registration access token manages nothing any more. */
export async function adoptRegistered(db: Db, id: string): Promise<void> {
  await sql`with adopted as (delete from registered_clients where id = ${id} returning secret_sealed)
    update clients set secret_sealed = adopted.secret_sealed from adopted where clients.id = ${id}`.execute(db)
}

/** What belonged to a recipient that is no more goes with it: another one of its name must not inherit it (SEC-86). */
export async function deleteRegistrationsOf(db: Db, recipient: string): Promise<void> {
  await db.deleteFrom('registered_clients').where('recipient', '=', recipient).execute()
  await db.deleteFrom('client_invitations').where('recipient', '=', recipient).execute()
}
