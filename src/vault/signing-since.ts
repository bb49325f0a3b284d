import type { Db } from '../store/db.ts'
import { listSigningKeyLives } from './store.ts'

/** Since when the oldest key that signs has been signing; undefined before the first start. */
export async function signingSince(db: Db): Promise<Date | undefined> {
  const since = (await listSigningKeyLives(db)).flatMap(({ state, activated_at }) =>
    state === 'active' && activated_at ? [activated_at] : [],
  )
  return since.toSorted((a, b) => a.getTime() - b.getTime())[0]
}
