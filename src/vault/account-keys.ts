import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { DataKeys } from './data-keys.ts'
import type { NumberedKey } from './sealed.ts'
import { deleteAccountKeys, insertAccountKeys, listAccountKeys } from './store.ts'
import { VaultError } from './vault-error.ts'

interface Deps {
  readonly dataKeys: DataKeys
  readonly clock: Clock
  readonly random: Random
}

/** Unwrapped keys of one account, newest first. */
interface Loaded {
  readonly keys: readonly NumberedKey[]
  readonly atMs: number
}

/** The key of an account that is not there yet. */
interface PreparedKey {
  readonly key: NumberedKey
  readonly wrapped: string
  keep(db: Db): Promise<void>
}

/** At 10,000 accounts some 5 MB; 10 minutes is also how long an erased account's key can live on in a process that did not erase it. */
const MOST_ACCOUNTS = 10_000
const LONGEST_MS = 10 * 60_000

/**
 * The data keys of accounts, kept unwrapped in memory: at most 10,000 accounts, each for at most 10 minutes.
 *
 * An account id is never used again, also not after a rollback, so a cached key cannot differ from the stored one.
 */
export class AccountKeys {
  readonly #deps: Deps
  readonly #cache = new Map<AccountId, Loaded>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** A new key that nothing is stored of yet: the caller may seal with it first, then keep it, or drop it. */
  async prepare(accountId: AccountId): Promise<PreparedKey> {
    const bytes = this.#deps.random.bytes(32)
    const wrapped = await this.#deps.dataKeys.wrap(bytes, accountId)
    const key = { number: 1, key: createSecretKey(bytes) }
    bytes.fill(0)
    return {
      key,
      wrapped,
      keep: async (db) => {
        const now = this.#deps.clock()
        await insertAccountKeys(db, [{ account_id: accountId, number: key.number, wrapped, created_at: now }])
        this.#remember(accountId, { keys: [key], atMs: now.getTime() })
      },
    }
  }

  /** Many prepared keys at once. They are not remembered: an import has no use for a key that its rows were sealed with. */
  async keepAll(db: Db, prepared: readonly { readonly accountId: AccountId; readonly wrapped: string }[]): Promise<void> {
    const now = this.#deps.clock()
    await insertAccountKeys(
      db,
      prepared.map(({ accountId, wrapped }) => ({ account_id: accountId, number: 1, wrapped, created_at: now })),
    )
  }

  /** The key that seals. */
  async newest(db: Db, accountId: AccountId): Promise<NumberedKey> {
    const [newest] = this.#cached(accountId) ?? (await this.#load(db, accountId))
    if (!newest) throw unknownKey(accountId)
    return newest
  }

  /** The key that a sealed value names; looked up again when another process has made it since. */
  async numbered(db: Db, accountId: AccountId, number: number): Promise<KeyObject> {
    const named = (keys: readonly NumberedKey[]) => keys.find((k) => k.number === number)
    const found = named(this.#cached(accountId) ?? []) ?? named(await this.#load(db, accountId))
    if (!found) throw unknownKey(accountId)
    return found.key
  }

  /** Whatever was sealed with them stays closed for good; other processes forget them within {@link LONGEST_MS}. */
  async destroy(db: Db, accountId: AccountId): Promise<void> {
    await deleteAccountKeys(db, accountId)
    this.#cache.delete(accountId)
  }

  #cached(accountId: AccountId): readonly NumberedKey[] | undefined {
    const loaded = this.#cache.get(accountId)
    if (!loaded) return undefined
    if (this.#deps.clock().getTime() - loaded.atMs < LONGEST_MS) return loaded.keys
    this.#cache.delete(accountId)
    return undefined
  }

  async #load(db: Db, accountId: AccountId): Promise<readonly NumberedKey[]> {
    const rows = await listAccountKeys(db, accountId)
    const keys = await Promise.all(
      rows.map(async ({ number, wrapped }) => ({ number, key: await this.#deps.dataKeys.unwrap(wrapped, accountId) })),
    )
    if (keys.length > 0) this.#remember(accountId, { keys, atMs: this.#deps.clock().getTime() })
    return keys
  }

  /** The oldest entry leaves: all live equally short, so there is nothing to gain from counting uses. */
  #remember(accountId: AccountId, loaded: Loaded): void {
    this.#cache.delete(accountId)
    this.#cache.set(accountId, loaded)
    const [oldest] = this.#cache.keys()
    if (this.#cache.size > MOST_ACCOUNTS && oldest) this.#cache.delete(oldest)
  }
}

const unknownKey = (accountId: AccountId): VaultError =>
  new VaultError('unknown_key', `Account ${accountId} has no such data key: the account was erased, or its key was never stored.`)
