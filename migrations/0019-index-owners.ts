import { type Kysely, sql } from 'kysely'

/**
 * Expand: erasing an account and re-keying a merged one look for whatever of theirs stands in the indexes of passkeys and of sign-ins at other
 * providers; without this each of them reads the whole group's.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create index passkey_index_account on passkey_index (account_id)`,
  `create index federated_index_account on federated_index (account_id)`,
]
