import { createAccounts } from '../accounts/index.ts'
import { createErasures } from '../privacy/index.ts'
import type { OpenVault } from './open-vault.ts'

/** What `atrium doctor` does about the list of erased accounts: looks at every account there is, and erases again whom a restore brought back. */
export async function examineErasures(
  { store, vault, clock, random }: OpenVault,
  erasureList: string,
): Promise<{ readonly level: 'ok' | 'warning'; readonly line: string }> {
  const problems: string[] = []
  const log = { warn: (_fields: object, sentence: string) => void problems.push(sentence) }
  const accounts = createAccounts({ vault, clock, random })
  const again = await createErasures({ db: store.db, vault, clock, accounts, erasureList, log }).reapplyAll()
  if (again > 0)
    return { level: 'warning', line: `${again} accounts that had been erased were in the database again, and are erased again` }
  return problems[0]
    ? { level: 'warning', line: `${problems[0]} (${erasureList})` }
    : { level: 'ok', line: `nobody of ${erasureList} is in the database` }
}
