import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'
import { endsConnection } from './unavailable.ts'

/**
 * The pool as kysely uses it. kysely gives every connection back as if it were good; one that does not answer any more, or leads to a server that
 * takes no writes, would then wait for the next request, and wedge it too.
 *
 * @param failed told of everything that fails
 */
export function kyselyPool(pool: pg.Pool, failed: (error: unknown) => void): PostgresPool {
  const borrowed = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  const tell = (error: unknown): never => {
    failed(error)
    throw error
  }
  return {
    options: pool.options,
    async connect() {
      const client = await pool.connect().catch(tell)
      const known = borrowed.get(client) ?? borrow(client, tell)
      borrowed.set(client, known)
      return known
    },
    end: () => pool.end(),
  }
}

function borrow(client: pg.PoolClient, tell: (error: unknown) => never): PostgresPoolClient {
  let broken: unknown
  const wrapped = {
    get processID() {
      return (client as { processID?: number }).processID // undocumented, and kysely does without where there is none
    },
    async query(text: string, values: readonly unknown[]) {
      if (broken !== undefined) throw broken // a rollback on it would wait for nothing
      return client.query(text, [...values]).catch((error: unknown) => {
        if (endsConnection(error)) broken = error
        return tell(error)
      })
    },
    release: (discard?: boolean) => client.release(discard || broken !== undefined),
  }
  return wrapped as unknown as PostgresPoolClient // the overload for cursors is left out: nobody here streams
}
