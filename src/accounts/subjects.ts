import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { sha256 } from '../vault/index.ts'
import { findAbsorbedSubject, findSubject, findSubjectOwner, insertSubject, insertSubjectIndex } from './store.ts'

interface Deps {
  readonly clock: Clock
  readonly random: Random
}

const SUBJECT_BYTES = 16
const MOST_CACHED = 10_000

/** A subject that nobody has: 128 random bits. */
export const newSubject = (random: Random): string => random.bytes(SUBJECT_BYTES).toString('base64url')

/** Pairwise subjects (OIDC core §8.1): stored random, never derived, so that they outlive renamed and merged brands and tell nothing. */
export class Subjects {
  readonly #deps: Deps
  /** `account sector` → subject, least recently used first. A subject never changes, so an entry never ages. */
  readonly #cache = new Map<string, string>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * The subject of one account in one sector, made on first use. Many first uses at once get the same one. Where only an account that it absorbed
   * is known, that one's is given, and not remembered: the two may part again.
   */
  async subjectFor(db: Db, accountId: AccountId, sector: string): Promise<string> {
    const cacheKey = `${accountId} ${sector}`
    const own = this.#cache.get(cacheKey) ?? (await findSubject(db, accountId, sector))
    const absorbed = own ?? (await findAbsorbedSubject(db, accountId, sector))
    if (own === undefined && absorbed !== undefined) return absorbed
    const sub = own ?? (await this.#make(db, accountId, sector))
    // Inside a transaction it may have been made by that transaction, which may still roll back.
    if (!db.isTransaction) this.#remember(cacheKey, sub)
    return sub
  }

  /** Whose it is now: a subject of an absorbed account is its survivor's. */
  async findBySubject(db: Db, sector: string, sub: string): Promise<AccountId | undefined> {
    return findSubjectOwner(db, sector, sha256(sub))
  }

  /** Both rows or none: a subject that the index does not know could never be found again. */
  async #make(db: Db, accountId: AccountId, sector: string): Promise<string> {
    const sub = newSubject(this.#deps.random)
    const insert = async (transaction: Db): Promise<boolean> => {
      const inserted = await insertSubject(transaction, { account_id: accountId, sector, sub, created_at: this.#deps.clock() })
      if (inserted) await insertSubjectIndex(transaction, { sub_hash: sha256(sub), account_id: accountId, sector })
      return inserted
    }
    if (await (db.isTransaction ? insert(db) : db.transaction().execute(insert))) return sub
    const winner = await findSubject(db, accountId, sector)
    if (winner === undefined) throw new Error('a subject that was in the way of another cannot be read')
    return winner
  }

  #remember(cacheKey: string, sub: string): void {
    this.#cache.delete(cacheKey)
    this.#cache.set(cacheKey, sub)
    const [leastUsed] = this.#cache.keys()
    if (this.#cache.size > MOST_CACHED && leastUsed !== undefined) this.#cache.delete(leastUsed)
  }
}
