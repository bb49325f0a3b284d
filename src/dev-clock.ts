import { sql } from 'kysely'
import { z } from 'zod'
import { type Clock, clockOffsetMs, setClockOffset } from './ports/clock.ts'
import type { Store } from './store/db.ts'
import { ensurePartitions } from './store/partitions.ts'
import { readSetting } from './store/settings.ts'

/** The clock of `/dev/clock`: its offset is stored, so that restarts and other processes share it. Production has none. */

const SETTING = 'clock_offset_s'
const offsetSchema = z.int().min(0)

/** Takes over the stored offset. */
export async function followClock({ db }: Store): Promise<void> {
  const stored = await readSetting(db, SETTING)
  const offsetMs = stored === undefined ? 0 : offsetSchema.parse(stored) * 1000
  if (offsetMs !== clockOffsetMs()) setClockOffset(offsetMs)
}

/** @param moved told after each move, so that what happens by time has happened when the answer leaves */
export function createDevClock(store: Store, clock: Clock, moved: () => Promise<void>) {
  return {
    now: () => clock(),
    offsetS: () => clockOffsetMs() / 1000,
    /** Moves the clock forward for every process on this database. */
    async advance(seconds: number): Promise<void> {
      await sql`insert into settings (name, value, updated_at) values (${SETTING}, to_jsonb(${seconds}::bigint), ${clock()})
        on conflict (name) do update set value = to_jsonb((settings.value #>> '{}')::bigint + ${seconds}::bigint), updated_at = excluded.updated_at`.execute(
        store.db,
      )
      await followClock(store)
      await ensurePartitions(store.pool, clock())
      await moved()
    },
  }
}
