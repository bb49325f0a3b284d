import { createAccounts } from '../../src/accounts/index.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createTestVault } from '../vault/test-vault.ts'

/** A database with accounts on it; `anotherProcess` shares the database and nothing else. */
export async function createTestAccounts(t: Parameters<typeof createTestVault>[0]) {
  const base = await createTestVault(t)
  const anotherProcess = async () => createAccounts({ vault: await base.another(), clock: base.clock, random: systemRandom })
  const accounts = createAccounts({ vault: base.vault, clock: base.clock, random: systemRandom })
  const tryToOpen = (email: string, profile: Record<string, unknown> = {}) =>
    base.db.transaction().execute((transaction) => accounts.openAccount(transaction, { email, profile, source: 'customer', locale: 'en' }))
  const open = async (email: string, profile: Record<string, unknown> = {}): Promise<AccountId> => {
    const result = await tryToOpen(email, profile)
    if (!result.ok) throw new Error(result.reason)
    return result.accountId
  }
  return { ...base, accounts, anotherProcess, tryToOpen, open }
}
