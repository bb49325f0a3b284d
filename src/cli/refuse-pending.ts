import { pendingMigrations } from '../store/migrate.ts'
import { StoreRefused } from '../store/store-refused.ts'

/** This version's statements need this version's schema. */
export async function refusePending(url: string): Promise<void> {
  const pending = await pendingMigrations(url)
  if (pending.length > 0) throw new StoreRefused(`the database lacks ${pending.join(', ')}: run atrium migrate first`)
}
