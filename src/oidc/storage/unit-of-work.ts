import { AsyncLocalStorage } from 'node:async_hooks'
import type { Pool } from 'pg'
import { type Fragment, run } from './statement.ts'

/** A conditional write that must `returning 1` when it wins. `ifProven` ends its condition: nothing is spent by a request whose proof is a copy. */
type Spend = (value: Parameters<Fragment>[0], ifProven: string) => string

/** What works once. */
export type Spent = 'code' | 'refresh_token' | 'pushed_request' | 'proof' | 'interaction' | 'other'

/**
 * One request's reads and writes. Reads are remembered, so that grant, session and account that were joined into a token's look-up are not
 * fetched again. Writes are held back and leave as ONE statement: what is spent and what is issued for it stand or fall together, and of two
 * requests that spend the same thing exactly one issues (OIDC-1).
 */
export class UnitOfWork {
  readonly #found = new Map<string, unknown>()
  readonly #writes = new Map<string, (onlyIfSpent: boolean) => Fragment>()
  #spends: { what: Spent; update: Spend; otherwise?: Fragment | undefined }[] = []

  /** The user agent's own words, for the label of a session that begins here. */
  userAgent = ''

  /** When the request came; undefined outside of any. */
  arrivedAt: Date | undefined

  remember(key: string, value: unknown): void {
    this.#found.set(key, value)
  }

  recall<T>(key: string): T | undefined {
    return this.#found.get(key) as T | undefined // each key has one writer, the table module that also reads it
  }

  /** Holds a write. A later one under the same key replaces it: a statement may touch a row once. */
  write(key: string, fragment: (onlyIfSpent: boolean) => Fragment): void {
    this.#writes.set(key, fragment)
  }

  drop(key: string): void {
    this.#writes.delete(key)
  }

  holds(key: string): boolean {
    return this.#writes.has(key)
  }

  /**
   * Holds a conditional write on which everything issued in this request depends.
   *
   * @param otherwise held for the next flush when somebody else had won
   */
  spend(what: Spent, update: Spend, otherwise?: Fragment): void {
    this.#spends.push({ what, update, otherwise })
  }

  /** Takes back what was held to be spent: it stays good. */
  keep(what: Spent): void {
    this.#spends = this.#spends.filter((spend) => spend.what !== what)
  }

  /**
   * Writes what is held, in one statement.
   *
   * @returns what had been spent by someone else, empty when all went well; else nothing that depends on it was written. With a proof that had been
   *   spent nothing else is lost: what came with it stays good
   */
  async flush(pool: Pool): Promise<readonly Spent[]> {
    const spends = this.#spends.splice(0).sort((a, b) => Number(b.what === 'proof') - Number(a.what === 'proof')) // others look back at them
    const writes = [...this.#writes.values()]
    this.#writes.clear()
    if (spends.length + writes.length === 0) return []
    const values: unknown[] = []
    const value = (v: unknown, type: string): string => `$${values.push(v)}::${type}`
    const ifProven = spends.map(({ what }, i) => (what === 'proof' ? ` and exists (select 1 from s${i})` : '')).join('')
    const parts = spends.map(({ update }, i) => `s${i} as (${update(value, ifProven)})`)
    if (spends.length > 0) parts.push(`spent as (select 1 from ${spends.map((_, i) => `s${i}`).join(', ')})`)
    parts.push(...writes.map((write, i) => `w${i} as (${write(spends.length > 0)(value)})`))
    const won = spends.map((_, i) => `exists (select 1 from s${i}) as s${i}`)
    const [row] = await run<Record<string, boolean>>(pool, `with ${parts.join(',\n')}\nselect ${won.join(', ') || '1'}`, values)
    const unwon = spends.filter((_, i) => row?.[`s${i}`] !== true)
    const unproven = unwon.filter(({ what }) => what === 'proof')
    const lost = unproven.length > 0 ? unproven : unwon
    for (const { what, otherwise } of lost) if (otherwise) this.write(`lost:${what}`, () => otherwise)
    return lost.map(({ what }) => what)
  }
}

const current = new AsyncLocalStorage<UnitOfWork>()

/** The unit of work of the request that is being answered. Outside of any, a fresh one: its reads are real and its writes need a flush. */
export const unitOfWork = (): UnitOfWork => current.getStore() ?? new UnitOfWork()

/** Runs the work of one request, in which {@link unitOfWork} answers with this one. */
export const inUnitOfWork = <T>(work: UnitOfWork, fn: () => Promise<T>): Promise<T> => current.run(work, fn)
