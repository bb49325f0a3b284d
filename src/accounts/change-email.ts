import { sql } from 'kysely'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { followIdentifiers } from './follow-identifiers.ts'
import { keepIdentifiers } from './kept-identifiers.ts'
import { normaliseEmail } from './normalise-email.ts'
import { insertIdentifier } from './store.ts'

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
}

/** How long a replaced address stays out of everybody's reach, and the new one is young: as long as the change can be undone (MFA-18, MFA-32, MFA-44). */
export const FORMER_S = 72 * 3_600

export type ChangeEmailResult = { readonly ok: true } | { readonly ok: false; readonly reason: 'identifier_taken' }

/**
 * Gives an account another address, which its owner has proven. One statement takes the new one and lets go of the old one, and whether it did is
 * the answer: of two accounts that race for one address one wins, and so does one of two changes of one account. On a refusal the caller rolls
 * back. The account is locked.
 *
 * The address before it finds nobody from then on, and is kept for its account as long as the change can be undone.
 */
export async function changeEmail(deps: Deps, tx: Db, accountId: AccountId, typed: string): Promise<ChangeEmailResult> {
  const email = normaliseEmail(typed)
  if (email === undefined) throw new TypeError('changeEmail was given an email that cannot have been verified')
  const now = deps.clock()
  const row = {
    account_id: accountId,
    blind_index: deps.vault.blindIndex('email', email),
    value_sealed: await deps.vault.seal(tx, accountId, 'identifiers.value_sealed', email),
  }
  const inForce = (await keepIdentifiers(tx, accountId)).find(({ kind, former_until }) => kind === 'email' && former_until === null)
  const changed = inForce
    ? await swap(tx, { ...row, before: inForce.blind_index, now })
    : await insertIdentifier(tx, { ...row, kind: 'email', verified_at: now, created_at: now, changed_at: now })
  if (!changed) return { ok: false, reason: 'identifier_taken' }
  await followIdentifiers(deps, tx, accountId, ['email'])
  return { ok: true }
}

interface Swap {
  readonly account_id: AccountId
  readonly blind_index: Buffer
  readonly value_sealed: Buffer
  readonly before: Buffer
  readonly now: Date
}

async function swap(tx: Db, { account_id, blind_index, value_sealed, before, now }: Swap): Promise<boolean> {
  const until = new Date(now.getTime() + FORMER_S * 1000)
  // raw: both rows in one statement. What may be taken is what insertIdentifier may take, and an address this account had lately.
  const { numAffectedRows } = await sql`
    with taken as (
      insert into identifiers as i (kind, blind_index, account_id, value_sealed, verified_at, created_at, changed_at)
      values ('email', ${blind_index}, ${account_id}, ${value_sealed}, ${now}, ${now}, ${now})
      on conflict (kind, blind_index) do update set account_id = excluded.account_id, value_sealed = excluded.value_sealed,
        verified_at = excluded.verified_at, created_at = excluded.created_at, changed_at = excluded.changed_at, former_until = null
      where i.verified_at is null or i.former_until <= excluded.created_at
        or (i.former_until is not null and i.account_id = excluded.account_id)
      returning 1)
    update identifiers set former_until = ${until}
    where kind = 'email' and blind_index = ${before} and account_id = ${account_id} and former_until is null and exists (select from taken)`.execute(
    tx,
  )
  return numAffectedRows === 1n
}

/** Addresses of an account that were replaced so lately that it can be undone. */
export async function formerEmailsOf({ vault, clock }: Deps, db: Db, accountId: AccountId): Promise<readonly string[]> {
  const now = clock()
  const former = (await keepIdentifiers(db, accountId)).filter(
    ({ kind, former_until }) => kind === 'email' && former_until !== null && former_until > now,
  )
  return Promise.all(former.map(({ value_sealed }) => vault.open(db, accountId, 'identifiers.value_sealed', value_sealed)))
}
