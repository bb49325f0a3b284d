import type pg from 'pg'

/** SQLSTATE `read_only_sql_transaction`: what a replica would say to the first write. */
const READ_ONLY = '25006'

/**
 * Refuses a new connection that led to a replica, as the address of the database may for a while around a failover. It would answer with what was
 * true a moment ago, so that a token that was revoked meanwhile would pass (SEC-106). A primary becomes a replica only by a restart, which ends
 * its connections, so asking once is enough.
 */
export async function refuseReplica(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
  const { rows } = await client.query<{ replica: boolean }>('select pg_is_in_recovery() as replica')
  if (rows[0]?.replica !== false) throw Object.assign(new Error('the database is a replica'), { code: READ_ONLY })
}
