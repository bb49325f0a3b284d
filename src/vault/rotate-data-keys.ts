import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import { newDataKey, readKeyFile, replaceKeyFile } from './data-key-file.ts'
import type { DataKeys } from './data-keys.ts'
import { changedKeySet, type DataKeysSource } from './load-data-keys.ts'
import { rewrapAll, type Wraps, wrapsOf } from './rewrap.ts'
import { agreedDataKey, agreeOnDataKey } from './store.ts'
import { lockRotation, unlockRotation } from './wrapped-keys.ts'

interface Deps {
  readonly db: Db
  readonly dataKeys: DataKeys
  readonly source: DataKeysSource
  readonly clock: Clock
  readonly random: Random
}

/** A key-encryption key as an operator sees it. */
export interface ListedDataKey {
  readonly kid: string
  readonly alg: 'A256KW'
  /** `active`: wraps. `pending`: will. `retiring`: still unwraps what it wrapped. `missing`: what it wrapped is lost until it is put back. */
  readonly state: 'active' | 'pending' | 'retiring' | 'missing'
  readonly since: Date | null
  readonly wraps: Wraps
}

/** What cannot be done now, in one sentence that says what to do. */
export class DataKeyRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DataKeyRefused'
  }
}

/** Servers learn about a rotation within this time; what they wrap until then is found by the last pass. */
const NOTICED_MS = 2_500

/** Every key of the set, and every other one that something is wrapped with, with the number of things it wraps. */
export async function listDataKeys({ db, dataKeys, clock }: Omit<Deps, 'source' | 'random'>): Promise<readonly ListedDataKey[]> {
  const agreed = await agreedDataKey(db, dataKeys.first, clock())
  const wraps = await wrapsOf(db)
  const state = (kid: string, index: number): ListedDataKey['state'] => {
    if (index === -1) return 'missing'
    if (kid === agreed.kid) return 'active'
    return index < dataKeys.kids.indexOf(agreed.kid) ? 'pending' : 'retiring'
  }
  return [...new Set([...dataKeys.kids, ...wraps.keys()])].map((kid) => ({
    kid,
    alg: 'A256KW' as const,
    state: state(kid, dataKeys.kids.indexOf(kid)),
    since: kid === agreed.kid ? agreed.since : null,
    wraps: wraps.get(kid) ?? { accounts: 0, system: 0 },
  }))
}

/** What came of a rotation. `set_this`: the key set is not a file, so somebody has to set it and start every process anew. */
export type DataKeyRotation =
  | { readonly outcome: 'set_this'; readonly keySet: string }
  | { readonly outcome: 'added'; readonly kid: string }
  | { readonly outcome: 'rotated'; readonly kid: string; readonly rewrapped: number }

/**
 * Adds a key-encryption key, agrees with every process that it wraps from now on, and wraps every data key anew. A rotation that was broken off is
 * finished, and no further key added.
 *
 * @param options.rewrap false: only adds the key to the file, so that it can be brought to other machines before anything is wrapped with it
 */
export async function rotateDataKeys(
  deps: Deps,
  options: { readonly rewrap: boolean; readonly onProgress: (done: number, total: number) => void },
): Promise<DataKeyRotation> {
  return exclusively(deps, async () => {
    const { db, dataKeys, clock } = deps
    const agreed = await agreedDataKey(db, dataKeys.first, clock())
    const isFinished = agreed.kid === dataKeys.first && [...(await wrapsOf(db)).keys()].every((kid) => kid === agreed.kid)
    if (isFinished) {
      const keySet = await changeKeySet(deps, { add: newDataKey(deps.random) })
      if (keySet !== undefined) return { outcome: 'set_this', keySet }
    }
    const kid = dataKeys.first
    if (!options.rewrap) return { outcome: 'added', kid }
    if (agreed.kid !== kid) await agreeOnDataKey(db, kid, clock())
    await dataKeys.wrapWith(kid)
    const first = await rewrapAll(deps, kid, options.onProgress)
    await setTimeout(NOTICED_MS)
    const late = await rewrapAll(deps, kid, () => {})
    return { outcome: 'rotated', kid, rewrapped: first + late }
  })
}

/**
 * Takes a key-encryption key out of the set. Throws {@link DataKeyRefused} while anything is wrapped with it.
 *
 * @returns the key set to use when it is not a file
 */
export async function removeDataKey(deps: Deps, kid: string): Promise<string | undefined> {
  return exclusively(deps, async () => {
    const { db, dataKeys, clock } = deps
    if (!dataKeys.kids.includes(kid)) throw new DataKeyRefused(`there is no data key ${kid} in ATRIUM_DATA_KEYS`)
    const agreed = await agreedDataKey(db, dataKeys.first, clock())
    if (agreed.kid === kid) throw new DataKeyRefused(`${kid} wraps every new data key: run atrium keys rotate --data first`)
    if (dataKeys.first === kid) throw new DataKeyRefused(`${kid} is the next key to wrap with: run atrium keys rotate --data to finish`)
    const wraps = (await wrapsOf(db)).get(kid)
    if (wraps) {
      const what = `${wraps.accounts} accounts and ${wraps.system} system keys`
      throw new DataKeyRefused(`${what} are still wrapped with ${kid}: run atrium keys rotate --data, which goes on where it stopped`)
    }
    return changeKeySet(deps, { remove: kid })
  })
}

/** Changes the file, or gives the text of the set to use when it is not a file. */
async function changeKeySet(
  { source, dataKeys, random }: Deps,
  change: { readonly add?: { readonly kid: string }; readonly remove?: string },
): Promise<string | undefined> {
  if ('env' in source) return changedKeySet(source.env, change)
  const text = await readKeyFile(source.file)
  if (text === undefined) throw new DataKeyRefused(`${source.file} is not there any more`)
  await replaceKeyFile(source.file, changedKeySet(text, change), random)
  await dataKeys.readAgain()
  return undefined
}

/** A second rotation at the same time would add a second key. The lock is the connection's, so one that is killed leaves none behind. */
async function exclusively<T>({ db }: Deps, work: () => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    if (!(await lockRotation(connection))) throw new DataKeyRefused('another change of the data keys is under way')
    return work().finally(() => unlockRotation(connection))
  })
}
