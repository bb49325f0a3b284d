import { z } from 'zod'
import { isOwnOrAbsorbed } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { sha256 } from '../vault/index.ts'
import { indexLink, linkPart } from './federated/store.ts'
import { passkeyPart } from './passkey-store.ts'
import { AUTHENTICATOR_KINDS } from './tables.ts'

const bytes = z.codec(z.base64(), z.instanceof(Buffer), {
  decode: (text) => Buffer.from(text, 'base64'),
  encode: (buffer) => buffer.toString('base64'),
})
const instant = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })

const accountIdSchema = z.custom<AccountId>((id) => z.uuid().safeParse(id).success) // written below from an AccountId

/** An authenticator with all that is stored of it, so that it can be put back as it was. Secrets in it are sealed as they are in the table. */
export const keptAuthenticatorSchema = z.object({
  /** The account's own, or that of one it absorbed and whose rows are read along. */
  account_id: accountIdSchema,
  id: z.uuid(),
  kind: z.enum(AUTHENTICATOR_KINDS),
  public_part: z.unknown(),
  secret_sealed: bytes.nullable(),
  label_sealed: bytes.nullable(),
  created_at: instant,
  last_used_at: instant.nullable(),
})
export type KeptAuthenticator = z.infer<typeof keptAuthenticatorSchema>

/** Which one: ids of recovery codes are the same in every account. */
export const authenticatorKeySchema = keptAuthenticatorSchema.pick({ account_id: true, id: true })
type AuthenticatorKey = z.infer<typeof authenticatorKeySchema>

/** More than anybody has: fifty passkeys, ten recovery codes, and one or a few of every other kind. */
const MOST = 200

/** Everything that proves who the owner of an account is, as it is stored. */
export async function keepAuthenticators(tx: Db, accountId: AccountId): Promise<readonly KeptAuthenticator[]> {
  return tx
    .selectFrom('authenticators')
    .select(['account_id', 'id', 'kind', 'public_part', 'secret_sealed', 'label_sealed', 'created_at', 'last_used_at'])
    .where(isOwnOrAbsorbed('account_id', accountId))
    .orderBy('id')
    .limit(MOST)
    .execute()
}

/** Takes away what a change added and puts back what it took. What somebody else has meanwhile (a passkey of the same key) stays theirs. */
export async function restoreAuthenticators(
  tx: Db,
  { added, removed }: { readonly added: readonly AuthenticatorKey[]; readonly removed: readonly KeptAuthenticator[] },
): Promise<void> {
  for (const { account_id, id } of [...added, ...removed]) {
    await tx.deleteFrom('authenticators').where('account_id', '=', account_id).where('id', '=', id).execute()
    await tx.deleteFrom('passkey_index').where('account_id', '=', account_id).where('authenticator_id', '=', id).execute()
    await tx.deleteFrom('federated_index').where('account_id', '=', account_id).where('authenticator_id', '=', id).execute()
  }
  for (const kept of removed) await putBack(tx, kept)
}

async function putBack(tx: Db, kept: KeptAuthenticator): Promise<void> {
  if (kept.kind === 'passkey') {
    const { credential_id } = passkeyPart.parse(kept.public_part)
    const indexed = await tx
      .insertInto('passkey_index')
      .values({ credential_hash: sha256(credential_id), account_id: kept.account_id, authenticator_id: kept.id })
      .onConflict((conflict) => conflict.column('credential_hash').doNothing())
      .executeTakeFirstOrThrow()
    if (indexed.numInsertedOrUpdatedRows !== 1n) return
  }
  if (kept.kind === 'federated' && !(await indexLink(tx, kept.account_id, kept.id, linkPart.parse(kept.public_part)))) return
  await tx
    .insertInto('authenticators')
    .values({ ...kept, public_part: kept.public_part === null ? null : JSON.stringify(kept.public_part) })
    .onConflict((conflict) => conflict.doNothing()) // an account has one password and one app: what it has now is newer
    .execute()
}
