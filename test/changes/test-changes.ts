import { createAuthenticators } from '../../src/authenticators/index.ts'
import { createChanges, type MadeChange } from '../../src/changes/index.ts'
import { createEvents, type Event } from '../../src/events/index.ts'
import { createGuardedFetch } from '../../src/ports/guarded-fetch.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId, ClientId } from '../../src/store/ids.ts'
import { createTestAccounts } from '../accounts/test-accounts.ts'
import { contextOf } from '../views/gallery.ts'

const ISSUER = 'http://localhost:3000'
const breached = { has: async () => false }
const silent = { warn: () => {}, error: () => {} }

/** Accounts and all that can be changed about them, without pages. */
export async function createTestChanges(t: Parameters<typeof createTestAccounts>[0] & { after(hook: () => Promise<void>): void }) {
  const base = await createTestAccounts(t)
  const { db, vault, clock, accounts } = base
  const relyingParty = () => ({ id: 'localhost', name: 'Polaris', origins: [ISSUER] })
  const authenticators = await createAuthenticators({
    ...{ vault, clock, random: systemRandom, breached, relyingParty, issuer: ISSUER },
    fetch: createGuardedFetch(),
  })
  t.after(() => authenticators.close())
  const events = createEvents({ db, vault, clock, random: systemRandom, log: silent })
  const ended: { accountId: AccountId; except: string | undefined }[] = []
  const changes = createChanges({
    partAccounts: async () => true,
    ...{ accounts, authenticators, events, vault, random: systemRandom, issuer: ISSUER },
    endSessions: async (_tx, accountId, except) => void ended.push({ accountId, except }),
  })
  const { t: words, locale, brand, groupName } = contextOf('aurora', 'en')
  const made = (kind: MadeChange['kind'], more: Partial<MadeChange> = {}): MadeChange => ({
    kind,
    at: clock(),
    client_id: 'aurora-web' as ClientId,
    mail: { t: words, locale, brand, groupName },
    ...more,
  })
  /** The mails that wait, the oldest first. */
  const mails = async () => {
    const rows = await db.selectFrom('outbox').select('payload_sealed').orderBy('created_at').orderBy('id').execute()
    const waiting = await Promise.all(
      rows.map(async (row) => JSON.parse(await vault.openSystem('outbox.payload_sealed', row.payload_sealed)) as Event),
    )
    return waiting.flatMap((event) => (event.kind === 'mail' ? [event.mail] : []))
  }
  return { ...base, authenticators, changes, ended, made, mails }
}
