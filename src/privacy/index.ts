/**
 * Owns a person's rights over everything that is stored about them: that it is handed over, and that it is erased for good, in backups too. It knows
 * every table, in one list that a test holds against the schema.
 *
 * Does not own when an account ends (accounts), nor who may ask (portal).
 */
import type { Accounts } from '../accounts/index.ts'
import type { Events } from '../events/index.ts'
import type { Group } from '../group/group.ts'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { Vault } from '../vault/index.ts'
import { type EraseDeps, eraseDue, reapply, reapplyAll } from './erase.ts'
import { createErasureList } from './erasure-list.ts'
import { createExports, type Exports } from './exports.ts'

export type { ExportState, Exports } from './exports.ts'
export { OTHER_TABLES, PERSONAL_TABLES, type PersonalTable } from './personal-tables.ts'

export interface Privacy extends Erasures {
  /** Archives of everything about a person. */
  readonly exports: Exports
}

/** That who was erased stays so. */
export interface Erasures {
  /** Erases the accounts whose time has come. Returns how many. */
  eraseDue(): Promise<number>
  /** Erases again what a backup brought back, as far as the list's file knows more than the database. Returns how many accounts. */
  reapply(): Promise<number>
  /** The same for every account of the list, by a look at the id of each account there is. */
  reapplyAll(): Promise<number>
}

export interface ErasuresDeps {
  readonly db: Db
  readonly vault: Vault
  readonly accounts: Accounts
  readonly clock: Clock
  /** Where the list of erased accounts is kept beside the database; absent: in the database alone. */
  readonly erasureList: string | undefined
  readonly log: { warn(fields: object, sentence: string): void }
}

export interface PrivacyDeps extends ErasuresDeps {
  readonly events: Events
  readonly group: () => Group
  readonly issuer: string
}

/** Export and erasure of everything that is stored about somebody. */
export const createPrivacy = (deps: PrivacyDeps): Privacy => ({ ...createErasures(deps), exports: createExports(deps) })

/** Erasure alone, for commands. */
export function createErasures({ erasureList: file, ...deps }: ErasuresDeps): Erasures {
  const { vault, log } = deps
  const onFileProblem = (err: unknown): void =>
    log.warn({ err }, 'the list of erased accounts cannot be read or written beside the database')
  const erase: EraseDeps = { ...deps, list: createErasureList({ key: vault.derive('erasure_list'), file, onFileProblem }) }
  const told = async (accounts: number): Promise<number> => {
    if (accounts > 0) log.warn({ accounts }, 'accounts that had been erased were in the database again, and were erased again')
    return accounts
  }
  return {
    eraseDue: () => eraseDue(erase),
    reapply: async () => told(await reapply(erase)),
    reapplyAll: async () => told(await reapplyAll(erase)),
  }
}
