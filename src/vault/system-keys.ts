import type { KeyObject } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { DataKeys } from './data-keys.ts'
import type { NumberedKey } from './sealed.ts'
import { insertVaultKeys, listVaultKeys, type VaultKeyRow } from './store.ts'
import type { VaultKeyPurpose } from './tables.ts'
import { VaultError } from './vault-error.ts'

interface Deps {
  readonly db: Db
  readonly dataKeys: DataKeys
  readonly clock: Clock
  readonly random: Random
}

type KeyName = `${VaultKeyPurpose}:${number}`

/** The number of a month's system key: months since year 0, in UTC. */
const monthNumber = (at: Date): number => at.getUTCFullYear() * 12 + at.getUTCMonth()

/**
 * The keys that belong to no account: one system key a month, one root, one for blind indexes. A dozen a year, so all stay in memory.
 *
 * Two months are always at hand, this and the next: sealing happens inside transactions, and one that had to fetch a key over
 * a second connection could wait for itself when the pool is used up.
 */
export class SystemKeys {
  readonly #deps: Deps
  readonly #keys = new Map<KeyName, KeyObject>()
  #loading: Promise<void> | undefined

  private constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Makes what is missing: everything at the first start, the coming months later. Throws {@link VaultError} on the wrong key set. */
  static async load(deps: Deps): Promise<SystemKeys> {
    const keys = new SystemKeys(deps)
    await keys.#reload()
    return keys
  }

  /** This month's key, for sealing. */
  async current(): Promise<NumberedKey> {
    const number = monthNumber(this.#deps.clock())
    const key = await this.numbered(number)
    // Ahead of need and beside the request; a failure shows where the key is needed, a month later.
    if (!this.#keys.has(`system:${number + 1}`)) this.#reload().catch(() => undefined)
    return { number, key }
  }

  /** The system key a sealed value names; looked up again when another process has made it since. */
  async numbered(number: number): Promise<KeyObject> {
    if (!this.#keys.has(`system:${number}`)) await this.#reload()
    return this.get('system', number)
  }

  get(purpose: VaultKeyPurpose, number: number): KeyObject {
    const key = this.#keys.get(`${purpose}:${number}`)
    if (!key) throw new VaultError('unknown_key', `The database has no ${purpose} key ${number}.`)
    return key
  }

  /** One at a time: concurrent callers share the running one. */
  async #reload(): Promise<void> {
    this.#loading ??= this.#makeAndRead().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #makeAndRead(): Promise<void> {
    const month = monthNumber(this.#deps.clock())
    const wanted: readonly KeyName[] = ['root:1', 'blind_index:1', `system:${month}`, `system:${month + 1}`]
    let rows = await listVaultKeys(this.#deps.db)
    const missing = wanted.filter((name) => !rows.some((row) => nameOf(row) === name))
    if (missing.length > 0) {
      await insertVaultKeys(this.#deps.db, await Promise.all(missing.map((name) => this.#newRow(name))))
      rows = await listVaultKeys(this.#deps.db)
    }
    await Promise.all(rows.map((row) => this.#unwrap(row)))
  }

  async #newRow(name: KeyName): Promise<VaultKeyRow> {
    const [purpose, number] = name.split(':')
    const wrapped = await this.#deps.dataKeys.wrap(this.#deps.random.bytes(32), name)
    // The two parts of a KeyName are what its type says.
    return { purpose: purpose as VaultKeyPurpose, number: Number(number), wrapped, created_at: this.#deps.clock() }
  }

  async #unwrap(row: VaultKeyRow): Promise<void> {
    const name = nameOf(row)
    if (!this.#keys.has(name)) this.#keys.set(name, await this.#deps.dataKeys.unwrap(row.wrapped, name))
  }
}

const nameOf = ({ purpose, number }: VaultKeyRow): KeyName => `${purpose}:${number}`
