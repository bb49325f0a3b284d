import { type Accounts, EMAIL } from '../accounts/index.ts'
import type { Client, Group, Recipient } from '../group/group.ts'
import { requiredAttributes } from '../group/group.ts'
import type { Sharing } from '../sharing/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, AttributeName } from '../store/ids.ts'
import type { Facts } from './facts.ts'
import { itemsToConfirm } from './outstanding.ts'
import { askableAttributes } from './requested-attributes.ts'

/** What a recipient has yet to be told, accepted and agreed to before it learns who is there. */
export type LeftToAgree = Pick<Facts, 'outstanding' | 'terms_due' | 'missing'>

export const NOTHING_LEFT: LeftToAgree = { outstanding: [], terms_due: false, missing: [] }

interface Deps {
  readonly db: Db
  readonly accounts: Pick<Accounts, 'readOwnProfile' | 'terms'>
  readonly sharing: Pick<Sharing, 'confirmedAttributes'>
  readonly group: () => Group
}

/**
 * Finds out what is left to agree to. The profile is read only where something is outstanding: what was agreed to once is not asked for again, even
 * if the customer took the value away since. Terms cost a look-up only at a recipient that has some.
 */
export async function leftToAgree(
  { db, accounts, sharing, group }: Deps,
  accountId: AccountId,
  { client, recipient }: { readonly client: Client; readonly recipient: Recipient },
): Promise<LeftToAgree> {
  const confirmed = await sharing.confirmedAttributes(db, accountId, recipient.key)
  const outstanding = itemsToConfirm(client, recipient).filter((name) => !confirmed.includes(name))
  const { terms, key } = recipient
  const terms_due = terms !== undefined && !(await accounts.terms.has(db, accountId, { recipient: key, version: terms.version }))
  // An address is proven and not only typed: who has none is not asked for it here.
  const wanted = requiredAttributes(client).filter((name) => name !== EMAIL && outstanding.includes(name))
  const askable = askableAttributes({ client, group: group(), locale: 'en' }, wanted)
  if (askable.length === 0) return { outstanding, terms_due, missing: [] }
  const { profile } = await accounts.readOwnProfile(db, accountId)
  const missing = askable.map(({ name }) => name as AttributeName).filter((name) => profile[name] === undefined) // names of the group's
  return { outstanding, terms_due, missing }
}
