import { type Selectable, sql } from 'kysely'
import { z } from 'zod'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { type Field, sha256, type Vault } from '../vault/index.ts'
import type { AuthenticatorsTable } from './tables.ts'

interface Deps {
  readonly vault: Vault
  readonly random: Random
  /** What an authenticator calls the account that a passkey was made for. */
  readonly userHandle: (accountId: AccountId) => string
}

type Row = Selectable<AuthenticatorsTable>
/** The account whose rows they are, and whose they become. */
export interface Move {
  readonly from: AccountId
  readonly to: AccountId
}

/** An account has one of these; where both have one, that of the account that stays is left. */
const ONE_EACH: readonly Row['kind'][] = ['password', 'totp']
const passkeyPart = z.looseObject({ credential_id: z.string(), user_handle: z.string().optional() })
const federatedPart = z.looseObject({ identity: z.base64() })
const codePart = z.looseObject({ made_for: z.string().optional() }).nullable()

/**
 * Makes the authenticators of an account another's for good, sealed with that one's key, in the caller's transaction. What an authenticator itself
 * holds on to stays as it was made: a passkey its user handle, a recovery code the account in its MAC.
 */
export async function moveAuthenticators(deps: Deps, tx: Db, move: Move): Promise<void> {
  const rows = await tx
    .selectFrom('authenticators')
    .selectAll()
    .where('account_id', 'in', [move.from, move.to])
    .orderBy('id')
    .forUpdate()
    .execute()
  const kept = new Set(rows.filter(({ account_id }) => account_id === move.to).map(({ kind }) => kind))
  for (const row of rows.filter(({ account_id }) => account_id === move.from)) {
    await tx.deleteFrom('authenticators').where('account_id', '=', move.from).where('id', '=', row.id).execute()
    if (ONE_EACH.includes(row.kind) && kept.has(row.kind)) continue
    await tx
      .insertInto('authenticators')
      .values(await moved(deps, tx, move, row))
      .execute()
    await moveIndex(tx, move, row)
  }
}

async function moved(deps: Deps, tx: Db, { from, to }: Move, row: Row) {
  const reseal = async (field: Field, sealed: Buffer | null): Promise<Buffer | null> =>
    sealed && deps.vault.seal(tx, to, field, await deps.vault.open(tx, from, field, sealed))
  const isCode = row.kind === 'recovery_code'
  const part = partOf(deps, from, row)
  return {
    ...row,
    account_id: to,
    // codes lie in places that both accounts have
    id: isCode ? deps.random.uuid() : row.id,
    secret_sealed: isCode ? row.secret_sealed : await reseal('authenticators.secret_sealed', row.secret_sealed),
    label_sealed: await reseal('authenticators.label_sealed', row.label_sealed),
    public_part: part === null ? null : JSON.stringify(part),
  }
}

function partOf({ userHandle }: Deps, from: AccountId, { kind, public_part }: Row): unknown {
  if (kind === 'passkey') return { user_handle: userHandle(from), ...passkeyPart.parse(public_part) }
  if (kind === 'recovery_code') return { made_for: from, ...codePart.parse(public_part) }
  return public_part
}

async function moveIndex(tx: Db, { to }: Move, { kind, public_part }: Row): Promise<void> {
  if (kind === 'passkey') {
    const { credential_id } = passkeyPart.parse(public_part)
    await tx.updateTable('passkey_index').set({ account_id: to }).where('credential_hash', '=', sha256(credential_id)).execute()
  }
  if (kind === 'federated') {
    const hash = Buffer.from(federatedPart.parse(public_part).identity, 'base64')
    await sql`update federated_index set account_id = ${to} where identity_hash = ${hash}`.execute(tx)
  }
}
