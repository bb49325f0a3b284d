import { z } from 'zod'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { IDENTIFIER_KINDS } from './tables.ts'

const bytes = z.codec(z.base64(), z.instanceof(Buffer), {
  decode: (text) => Buffer.from(text, 'base64'),
  encode: (buffer) => buffer.toString('base64'),
})
const instant = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })

/** An identifier with all that is stored of it, so that it can be put back as it was. */
export const keptIdentifierSchema = z.object({
  kind: z.enum(IDENTIFIER_KINDS),
  blind_index: bytes,
  value_sealed: bytes,
  verified_at: instant.nullable(),
  created_at: instant,
  former_until: instant.nullable(),
  changed_at: instant.nullable(),
})
export type KeptIdentifier = z.infer<typeof keptIdentifierSchema>

/** More than anybody has. */
const MOST = 100

/** Everything that finds an account, and what found it until lately, as it is stored. */
export async function keepIdentifiers(tx: Db, accountId: AccountId): Promise<readonly KeptIdentifier[]> {
  return tx
    .selectFrom('identifiers')
    .select(['kind', 'blind_index', 'value_sealed', 'verified_at', 'created_at', 'former_until', 'changed_at'])
    .where('account_id', '=', accountId)
    .orderBy('kind')
    .orderBy('blind_index')
    .limit(MOST)
    .execute()
}

/** Takes away what a change added and puts back what it took or replaced. What is somebody else's meanwhile stays theirs. */
export async function restoreIdentifiers(
  tx: Db,
  accountId: AccountId,
  {
    added,
    removed,
  }: { readonly added: readonly Pick<KeptIdentifier, 'kind' | 'blind_index'>[]; readonly removed: readonly KeptIdentifier[] },
): Promise<void> {
  for (const { kind, blind_index } of [...added, ...removed]) {
    await tx
      .deleteFrom('identifiers')
      .where('kind', '=', kind)
      .where('blind_index', '=', blind_index)
      .where('account_id', '=', accountId)
      .execute()
  }
  for (const kept of removed) {
    await tx
      .insertInto('identifiers')
      .values({ ...kept, account_id: accountId })
      .onConflict((conflict) => conflict.columns(['kind', 'blind_index']).doNothing())
      .execute()
  }
}
