/**
 * Owns the keys: of accounts, of months, of blind indexes, of signatures; and the one way to seal and open a stored field.
 *
 * Does not own what is sealed, nor the hashing of passwords (authenticators). No other folder calls a cipher.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { AccountKeys } from './account-keys.ts'
import type { DataKeys } from './data-keys.ts'
import { type Field, keyNumberOf, NONCE_BYTES, openBytesWith, openWith, type Place, sealWith } from './sealed.ts'
import { agreedDataKey, findDataKey } from './store.ts'
import { SystemKeys } from './system-keys.ts'

export { DataKeys } from './data-keys.ts'
export { DataKeysError } from './data-keys-error.ts'
export { sha256 } from './hash.ts'
export { type DataKeysSource, loadDataKeys } from './load-data-keys.ts'
export { type ListedSigningKey, listSigningKeys, readSigningKeys, type SigningKeySet } from './read-signing-keys.ts'
export {
  DataKeyRefused,
  type DataKeyRotation,
  type ListedDataKey,
  listDataKeys,
  removeDataKey,
  rotateDataKeys,
} from './rotate-data-keys.ts'
export type { Field } from './sealed.ts'
export type { SigningKeyRules } from './signing-key-life.ts'
export { createSigningKeys, type SigningKeys } from './signing-keys.ts'
export { signingSince } from './signing-since.ts'
export { VaultError } from './vault-error.ts'

/** Seals and opens fields. Texts are UTF-8; a `Buffer` given to seal is taken as UTF-8 text, but for what {@link Vault.openBytes} opens. Opening throws {@link VaultError}, never gives garbage. */
export interface Vault {
  /** Seals one field of one account: AES-256-GCM; version, key number, nonce, ciphertext, tag; `${table}.${column}` and the account are AAD. */
  seal(db: Db, accountId: AccountId, field: Field, plain: string | Buffer): Promise<Buffer>
  /** Opens what {@link Vault.seal} made for exactly this account and field. */
  open(db: Db, accountId: AccountId, field: Field, sealed: Buffer): Promise<string>
  /** The same for what is not text. */
  openBytes(db: Db, accountId: AccountId, field: Field, sealed: Buffer): Promise<Buffer>
  /** Makes the data key of a new account, in the caller's transaction. Account ids are never used twice. */
  createAccountKey(db: Db, accountId: AccountId): Promise<void>
  /** The same in two steps, for rows that must be written before the key's: seal first, keep last, or drop it and nothing has happened. */
  prepareAccountKey(accountId: AccountId): Promise<NewAccountKey>
  /** Keeps many prepared keys in one statement. */
  keepAccountKeys(db: Db, keys: readonly NewAccountKey[]): Promise<void>
  /** Destroys every data key of an account: what was sealed under them is lost, also in backups, once those of the keys are gone. */
  destroyAccountKeys(db: Db, accountId: AccountId): Promise<void>
  /** Seals what belongs to no account with the system key of this month. */
  sealSystem(field: Field, plain: string | Buffer): Promise<Buffer>
  openSystem(field: Field, sealed: Buffer): Promise<string>
  /** What an encrypted value is looked up by: one byte that tells the index key's version, then HMAC-SHA-256. Exact matches of normalised values only. */
  blindIndex(kind: string, normalised: string): Buffer
  /** 32 bytes for one purpose (`csrf`, `cookies`), the same on every node and after every start. */
  derive(label: string): Buffer
  /** Wraps with what the installation wraps with since its latest rotation. Throws {@link VaultError} when this process lacks that key. */
  followDataKeys(): Promise<void>
}

/** The data key of an account that is about to be opened. */
export interface NewAccountKey {
  readonly accountId: AccountId
  /** As it is stored. */
  readonly wrapped: string
  seal(field: Field, plain: string | Buffer): Buffer
  keep(db: Db): Promise<void>
}

interface Deps {
  readonly db: Db
  readonly dataKeys: DataKeys
  readonly clock: Clock
  readonly random: Random
}

const INDEX_KEY_VERSION = 1
const ROOT_KEY_NUMBER = 1

/** Reads the system keys, and makes those that are missing. Throws {@link VaultError} when the key-encryption keys are not this database's. */
export async function createVault({ db: pool, dataKeys, clock, random }: Deps): Promise<Vault> {
  const accountKeys = new AccountKeys({ dataKeys, clock, random })
  const followDataKeys = async () => dataKeys.wrapWith((await agreedDataKey(pool, dataKeys.first, clock())).kid)
  const agreed = await findDataKey(pool)
  if (agreed) await dataKeys.wrapWith(agreed.kid)
  const systemKeys = await SystemKeys.load({ db: pool, dataKeys, clock, random })
  await followDataKeys() // not earlier: with the keys of another installation the line above throws, and nothing is agreed on
  const nonce = () => random.bytes(NONCE_BYTES)

  return {
    followDataKeys,
    async seal(db, accountId, field, plain) {
      return sealWith(await accountKeys.newest(db, accountId), { field, owner: accountId }, nonce(), plain)
    },
    async open(db, accountId, field, sealed) {
      const place: Place = { field, owner: accountId }
      return openWith(await accountKeys.numbered(db, accountId, keyNumberOf(sealed, place)), place, sealed)
    },
    async openBytes(db, accountId, field, sealed) {
      const place: Place = { field, owner: accountId }
      return openBytesWith(await accountKeys.numbered(db, accountId, keyNumberOf(sealed, place)), place, sealed)
    },
    destroyAccountKeys: (db, accountId) => accountKeys.destroy(db, accountId),
    async createAccountKey(db, accountId) {
      await (await accountKeys.prepare(accountId)).keep(db)
    },
    async prepareAccountKey(accountId) {
      const { key, wrapped, keep } = await accountKeys.prepare(accountId)
      return { accountId, wrapped, keep, seal: (field, plain) => sealWith(key, { field, owner: accountId }, nonce(), plain) }
    },
    keepAccountKeys: (db, keys) => accountKeys.keepAll(db, keys),
    async sealSystem(field, plain) {
      return sealWith(await systemKeys.current(), systemPlace(field), nonce(), plain)
    },
    async openSystem(field, sealed) {
      const place = systemPlace(field)
      return openWith(await systemKeys.numbered(keyNumberOf(sealed, place)), place, sealed)
    },
    blindIndex(kind, normalised) {
      const key = systemKeys.get('blind_index', INDEX_KEY_VERSION)
      return Buffer.concat([Buffer.of(INDEX_KEY_VERSION), createHmac('sha256', key).update(`${kind}\0${normalised}`).digest()])
    },
    derive(label) {
      return Buffer.from(hkdfSync('sha256', systemKeys.get('root', ROOT_KEY_NUMBER), '', `atrium ${label}`, 32))
    },
  }
}

const systemPlace = (field: Field): Place => ({ field, owner: 'system' })
