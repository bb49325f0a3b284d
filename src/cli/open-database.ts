import pg from 'pg'
import type { Config } from '../config.ts'
import { joinEmbeddedPostgres, type PostgresLog, startEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { StoreRefused } from '../store/store-refused.ts'

/** The database a command works on. */
export interface OpenDatabase {
  readonly url: string
  /** Where generated keys are. */
  readonly dataDir: string
  /** Stops the embedded server if this command started it. */
  close(): Promise<void>
}

const OLDEST_VERSION = 150_000

/**
 * `DATABASE_URL`'s database, else the embedded one.
 *
 * @param options.own start the server and keep others away; otherwise a server that runs already is joined
 */
export async function openDatabase(config: Config, { own = false, log }: { own?: boolean; log?: PostgresLog } = {}): Promise<OpenDatabase> {
  const { dataDir, fallbackDataDir } = config
  const url = config.database.url?.reveal()
  if (url !== undefined) {
    await refuseOldServer(url)
    return { url, dataDir, close: async () => {} }
  }
  const joined = own ? undefined : await joinEmbeddedPostgres({ dataDir, fallbackDataDir })
  if (joined) return { ...joined, close: async () => {} }
  const server = await startEmbeddedPostgres({ dataDir, fallbackDataDir, ...(log && { log }) })
  return { url: server.url, dataDir: server.dataDir, close: server.stop }
}

async function refuseOldServer(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ number: number; text: string }>(
      `select current_setting('server_version_num')::int as number, current_setting('server_version') as text`,
    )
    const found = rows[0]
    if (found && found.number < OLDEST_VERSION)
      throw new StoreRefused(`DATABASE_URL: PostgreSQL 15 or newer is needed, found ${found.text}`)
  } finally {
    await client.end()
  }
}
