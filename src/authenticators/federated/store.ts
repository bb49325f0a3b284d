import { z } from 'zod'
import { isOwnOrAbsorbed, survivorOf } from '../../accounts/index.ts'
import type { Db } from '../../store/db.ts'
import type { AccountId } from '../../store/ids.ts'

/** Remembers a request until its answer is spent. */
export async function insertRequest(db: Db, row: { state_hash: Buffer; request_sealed: Buffer; expires_at: Date }): Promise<void> {
  await db.insertInto('federated_requests').values(row).execute()
}

export async function findRequest(db: Db, stateHash: Buffer, now: Date): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('federated_requests')
    .select('request_sealed')
    .where('state_hash', '=', stateHash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.request_sealed
}

/** Keeps the first answer to a request; one that comes after it changes nothing. */
export async function keepAnswer(db: Db, stateHash: Buffer, answerSealed: Buffer): Promise<void> {
  await db
    .updateTable('federated_requests')
    .set({ answer_sealed: answerSealed })
    .where('state_hash', '=', stateHash)
    .where('answer_sealed', 'is', null)
    .execute()
}

/** Takes request and answer out, for one caller; for every other there is nothing (SEC-71). */
export async function spendAnswer(
  db: Db,
  stateHash: Buffer,
  now: Date,
): Promise<{ readonly request_sealed: Buffer; readonly answer_sealed: Buffer | null } | undefined> {
  return db
    .deleteFrom('federated_requests')
    .where('state_hash', '=', stateHash)
    .where('expires_at', '>', now)
    .where('answer_sealed', 'is not', null)
    .returning(['request_sealed', 'answer_sealed'])
    .executeTakeFirst()
}

/** Leaves with at most `limit` requests that expired; the block-range index finds them. */
export async function deleteExpiredRequests(db: Db, now: Date, limit: number): Promise<number> {
  const deleted = await db
    .deleteFrom('federated_requests')
    .where('state_hash', 'in', (q) => q.selectFrom('federated_requests').select('state_hash').where('expires_at', '<', now).limit(limit))
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}

/** What is stored of a link in the open: which provider's, and the keyed hash it is found by, so that an undo can put it back. */
export const linkPart = z.object({ provider: z.string(), issuer: z.string(), identity: z.base64() })
export type LinkPart = z.infer<typeof linkPart>

export interface StoredLink {
  /** Whose key its label is sealed with. */
  readonly account_id: AccountId
  readonly id: string
  readonly part: LinkPart
  readonly label_sealed: Buffer | null
  readonly created_at: Date
  readonly last_used_at: Date | null
}

/** More than anybody has; a bound all the same. */
const MOST = 50

/** The links of an account, the oldest first, at most {@link MOST}. */
export async function listLinks(db: Db, accountId: AccountId): Promise<readonly StoredLink[]> {
  const rows = await db
    .selectFrom('authenticators')
    .select(['account_id', 'id', 'public_part', 'label_sealed', 'created_at', 'last_used_at'])
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('kind', '=', 'federated')
    .orderBy('created_at')
    .limit(MOST)
    .execute()
  return rows.map(({ public_part, ...row }) => ({ ...row, part: linkPart.parse(public_part) }))
}

/** Whose identity that is. */
export async function findLinked(
  db: Db,
  identityHash: Buffer,
): Promise<{ readonly account_id: AccountId; readonly authenticator_id: string } | undefined> {
  return db
    .selectFrom('federated_index')
    .select([survivorOf('account_id').as('account_id'), 'authenticator_id'])
    .where('identity_hash', '=', identityHash)
    .executeTakeFirst()
}

/** False when the identity is somebody's already. */
export async function indexLink(tx: Db, accountId: AccountId, id: string, { identity }: LinkPart): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('federated_index')
    .values({ identity_hash: Buffer.from(identity, 'base64'), account_id: accountId, authenticator_id: id })
    .onConflict((conflict) => conflict.column('identity_hash').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** False when the identity is somebody's already: it is one account's across the group. */
export async function insertLink(
  tx: Db,
  accountId: AccountId,
  { id, part, label, now }: { id: string; part: LinkPart; label: Buffer | null; now: Date },
): Promise<boolean> {
  if (!(await indexLink(tx, accountId, id, part))) return false
  await tx
    .insertInto('authenticators')
    .values({
      account_id: accountId,
      id,
      kind: 'federated',
      public_part: JSON.stringify(part),
      secret_sealed: null,
      label_sealed: label,
      created_at: now,
      last_used_at: null,
    })
    .execute()
  return true
}

/** False when the link is gone. */
export async function recordLinkUse(tx: Db, accountId: AccountId, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('authenticators')
    .set({ last_used_at: now })
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('id', '=', id)
    .where('kind', '=', 'federated')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Removes it from the account and from the index, so that the identity may be linked anew. */
export async function deleteLink(tx: Db, accountId: AccountId, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('authenticators')
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('id', '=', id)
    .where('kind', '=', 'federated')
    .executeTakeFirst()
  if (numDeletedRows !== 1n) return false
  await tx.deleteFrom('federated_index').where(isOwnOrAbsorbed('account_id', accountId)).where('authenticator_id', '=', id).execute()
  return true
}
