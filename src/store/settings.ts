import type { Db } from './db.ts'

/** Small facts that all processes share. A missing one is undefined. */
export async function readSetting(db: Db, name: string): Promise<unknown> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst()
  return row?.value
}
