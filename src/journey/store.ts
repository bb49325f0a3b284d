import type { Db } from '../store/db.ts'

export interface StoredRun {
  readonly facts_sealed: Buffer
  readonly version: number
}

export async function findRun(db: Db, uidHash: Buffer, now: Date): Promise<StoredRun | undefined> {
  return db
    .selectFrom('journey_runs')
    .select(['facts_sealed', 'version'])
    .where('uid_hash', '=', uidHash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

/**
 * Writes a run that was read at `version` (0: there was none). False: another request changed it meanwhile, and what this one proved or spent
 * must not count.
 */
export async function saveRun(db: Db, uidHash: Buffer, version: number, factsSealed: Buffer, expiresAt: Date): Promise<boolean> {
  if (version === 0) {
    const inserted = await db
      .insertInto('journey_runs')
      .values({ uid_hash: uidHash, facts_sealed: factsSealed, version: 1, expires_at: expiresAt })
      .onConflict((c) => c.column('uid_hash').doNothing())
      .executeTakeFirst()
    return inserted.numInsertedOrUpdatedRows === 1n
  }
  const updated = await db
    .updateTable('journey_runs')
    .set({ facts_sealed: factsSealed, version: version + 1 })
    .where('uid_hash', '=', uidHash)
    .where('version', '=', version)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

/** False: it is gone. Of two who end a run one does. */
export async function deleteRun(tx: Db, uidHash: Buffer): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('journey_runs').where('uid_hash', '=', uidHash).executeTakeFirst()
  return numDeletedRows === 1n
}

/** Leaves with at most `limit` runs that expired; the block-range index finds them. */
export async function deleteExpiredRuns(db: Db, now: Date, limit: number): Promise<number> {
  const deleted = await db
    .deleteFrom('journey_runs')
    .where('uid_hash', 'in', (q) => q.selectFrom('journey_runs').select('uid_hash').where('expires_at', '<', now).limit(limit))
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}
