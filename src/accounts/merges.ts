import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { keepIdentifiers } from './kept-identifiers.ts'
import {
  deleteMerge,
  endMerge,
  insertMerge,
  listDueMerges,
  lockAccounts,
  type MergeState,
  markMerged,
  mergeStates,
  openMerges,
  unmarkMerged,
} from './merge-store.ts'
import { mergedProfile, profileChangeSchema, profileChanges, unmergedProfile } from './merged-profile.ts'
import { moveAccountRows } from './move-rows.ts'
import { readOwnProfile } from './read-profile.ts'
import { listSectors, replaceProfile } from './store.ts'

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
}

/** An account that was absorbed and can be let go again. */
export interface OpenMerge {
  readonly absorbedId: AccountId
  readonly mergedAt: Date
}

export interface Absorption {
  readonly survivor: AccountId
  readonly absorbed: AccountId
  /** Attributes of which the absorbed account's value is wanted. */
  readonly chosen: ReadonlySet<string>
  /** What else has to be known to undo it, as JSON. Kept with it, sealed. */
  readonly rest: unknown
}

/**
 * The rows of two accounts that become one. No row moves: the absorbed account gets the status `merged` and names its survivor, and its rows are
 * read along. Whether two may become one is decided above; these write, in the caller's transaction.
 */
export interface Merges {
  /** Holds both accounts until the transaction ends. */
  lock(tx: Db, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, MergeState>>
  states(db: Db, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, MergeState>>
  /** What an account absorbed and can still be parted from, the latest first. */
  open(db: Db, survivor: AccountId): Promise<readonly OpenMerge[]>
  /** Makes one the alias of the other. Both are held, and may become one. */
  absorb(tx: Db, input: Absorption): Promise<void>
  /** Parts them. What `absorb` was given as `rest`; undefined: these two are not one, or no longer to be parted. */
  part(tx: Db, survivor: AccountId, absorbed: AccountId): Promise<{ readonly rest: unknown } | undefined>
  /** Merges that were made before `cutoff` and whose rows are still read along, the oldest first. */
  due(db: Db, cutoff: Date, limit: number): Promise<readonly { readonly survivor: AccountId; readonly absorbed: AccountId }[]>
  /** Ends the time in which a merge can be undone. False: it was undone, or somebody else has ended it. */
  end(tx: Db, survivor: AccountId, absorbed: AccountId): Promise<boolean>
  /** Makes what finds the absorbed account the survivor's own. Both are held, and the merge is ended. */
  moveRows(tx: Db, move: { readonly from: AccountId; readonly to: AccountId }): Promise<void>
  /** Sectors in which an account has a subject. */
  sectors(db: Db, accountId: AccountId): Promise<readonly string[]>
}

const UNDO_FIELD = 'account_merges.undo_sealed'
const undoSchema = z.object({ profile: z.array(profileChangeSchema), rest: z.unknown() })

/** Merges in the tables `accounts` and `account_merges`. */
export function createMerges(deps: Deps): Merges {
  return {
    lock: lockAccounts,
    states: mergeStates,
    sectors: listSectors,
    open: async (db, survivor) => (await openMerges(db, survivor)).map((row) => ({ absorbedId: row.absorbed_id, mergedAt: row.merged_at })),
    due: async (db, cutoff, limit) =>
      (await listDueMerges(db, cutoff, limit)).map(({ account_id: survivor, absorbed_id: absorbed }) => ({ survivor, absorbed })),
    end: (tx, survivor, absorbed) => endMerge(tx, survivor, absorbed, deps.clock()),
    moveRows: (tx, move) => moveAccountRows(deps, tx, move),
    absorb: (tx, input) => absorb(deps, tx, input),
    part: (tx, survivor, absorbed) => part(deps, tx, survivor, absorbed),
  }
}

async function absorb({ vault, clock }: Deps, tx: Db, { survivor, absorbed, chosen, rest }: Absorption): Promise<void> {
  const [own, other] = [await readOwnProfile({ vault }, tx, survivor), await readOwnProfile({ vault }, tx, absorbed)]
  const now = clock()
  const merged = mergedProfile(own.profile, other.profile, chosen)
  const profile_sealed = await vault.seal(tx, survivor, 'accounts.profile_sealed', JSON.stringify(merged))
  if (!(await replaceProfile(tx, survivor, { profile_sealed, expectedVersion: own.version, now }))) throw new Error(NOT_HELD)
  const undo = { profile: profileChanges(own.profile, merged), rest }
  const theirs = new Set(await listSectors(tx, absorbed))
  await insertMerge(tx, {
    account_id: survivor,
    absorbed_id: absorbed,
    merged_at: now,
    undo_sealed: await vault.seal(tx, survivor, UNDO_FIELD, JSON.stringify(undo)),
    known_twice: (await listSectors(tx, survivor)).filter((sector) => theirs.has(sector)),
  })
  await markMerged(tx, absorbed, survivor, now)
}

const NOT_HELD = 'a profile was changed although its row was held'

async function part(
  { vault, clock }: Deps,
  tx: Db,
  survivor: AccountId,
  absorbed: AccountId,
): Promise<{ readonly rest: unknown } | undefined> {
  const merge = (await openMerges(tx, survivor)).find((row) => row.absorbed_id === absorbed)
  if (!merge?.undo_sealed) return undefined
  const now = clock()
  const undo = undoSchema.parse(JSON.parse(await vault.open(tx, survivor, UNDO_FIELD, merge.undo_sealed)))
  if (!(await deleteMerge(tx, survivor, absorbed)) || !(await unmarkMerged(tx, absorbed, survivor, now))) return undefined
  const { profile, version } = await readOwnProfile({ vault }, tx, survivor)
  const json = JSON.stringify(unmergedProfile(profile, undo.profile))
  const profile_sealed = await vault.seal(tx, survivor, 'accounts.profile_sealed', json)
  if (!(await replaceProfile(tx, survivor, { profile_sealed, expectedVersion: version, now }))) throw new Error(NOT_HELD)
  return { rest: undo.rest }
}

/** Addresses of the accounts that this one absorbed. */
export async function joinedEmailsOf({ vault }: Pick<Deps, 'vault'>, db: Db, accountId: AccountId): Promise<readonly string[]> {
  const found = await Promise.all(
    (await openMerges(db, accountId)).map(async ({ absorbed_id: owner }) =>
      (await keepIdentifiers(db, owner))
        .filter(({ kind, verified_at, former_until }) => kind === 'email' && verified_at !== null && former_until === null)
        .map(({ value_sealed }) => vault.open(db, owner, 'identifiers.value_sealed', value_sealed)),
    ),
  )
  return Promise.all(found.flat())
}
