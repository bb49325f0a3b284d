import type { Db } from '../store/db.ts'
import type { DataKeys } from './data-keys.ts'
import { listVaultKeys, replaceVaultKey } from './store.ts'
import { countAccountKeys, countVaultKeys, type Place, pageOfAccountKeys, replaceAccountKeys, START } from './wrapped-keys.ts'

/** How many data keys a key-encryption key wraps. */
export interface Wraps {
  readonly accounts: number
  readonly system: number
}

/** Counting a page takes some tenths of a second, wrapping one as long. */
const COUNTED_AT_ONCE = 20_000
const REWRAPPED_AT_ONCE = 500

/** Key-encryption key → what it wraps, for those that wrap anything. */
export async function wrapsOf(db: Db): Promise<ReadonlyMap<string, Wraps>> {
  const wraps = new Map(Object.entries(await countVaultKeys(db)).map(([kid, system]) => [kid, { accounts: 0, system }]))
  for (let place: Place | null = START; place; ) {
    const { counts, last } = await countAccountKeys(db, place, COUNTED_AT_ONCE)
    for (const [kid, n] of Object.entries(counts)) {
      const { accounts, system } = wraps.get(kid) ?? { accounts: 0, system: 0 }
      wraps.set(kid, { accounts: accounts + n, system })
    }
    place = last
  }
  return wraps
}

/**
 * Wraps with this key whatever another one wraps. Each page stands by itself: broken off anywhere, what was done is done, and every data key opens at
 * any moment.
 *
 * @returns how many it wrapped
 */
export async function rewrapAll(
  { db, dataKeys }: { readonly db: Db; readonly dataKeys: DataKeys },
  kid: string,
  onProgress: (done: number, total: number) => void,
): Promise<number> {
  const others = [...(await wrapsOf(db))].filter(([other]) => other !== kid)
  const total = others.reduce((sum, [, { accounts, system }]) => sum + accounts + system, 0)
  if (total === 0) return 0
  let done = await rewrapVaultKeys(db, dataKeys)
  onProgress(done, total)
  for (let place: Place | undefined = START; place; ) {
    const page = await pageOfAccountKeys(db, kid, place, REWRAPPED_AT_ONCE)
    const rows = await Promise.all(
      page.flatMap(({ wrapped, ...key }) =>
        wrapped === null ? [] : [dataKeys.rewrap(wrapped, key.account_id).then((after) => ({ key, before: wrapped, after }))],
      ),
    )
    if (rows.length > 0) {
      await replaceAccountKeys(db, rows)
      done += rows.length
      onProgress(Math.min(done, total), total)
    }
    place = page.at(-1)
  }
  return done
}

/** A dozen a year. */
async function rewrapVaultKeys(db: Db, dataKeys: DataKeys): Promise<number> {
  let done = 0
  for (const { purpose, number, wrapped } of await listVaultKeys(db)) {
    const after = await dataKeys.rewrap(wrapped, `${purpose}:${number}`)
    if (await replaceVaultKey(db, { purpose, number, before: wrapped, after })) done++
  }
  return done
}
