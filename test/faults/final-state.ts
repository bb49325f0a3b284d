import type { OwnPostgres } from './own-postgres.ts'

/**
 * What the tables themselves tell of promises that no client could see broken: half an account, or a chain of refresh tokens that forks.
 *
 * @returns one sentence for each
 */
export async function checkFinalState(postgres: OwnPostgres): Promise<string[]> {
  const [counts = {}] = await postgres.query<Record<string, number>>(`select (select count(*)::int from accounts) as accounts,
    (select count(*)::int from identifiers) as identifiers, (select count(*)::int from account_keys) as account_keys,
    (select count(distinct account_id)::int from authenticators) as passwords,
    (select count(distinct account_id)::int from sharing_grants) as agreements`)
  const forks = await postgres.query<{ tokens: number }>(
    `select count(*)::int as tokens from oidc_refresh_tokens group by routing, grant_bucket, grant_hash, rotations having count(*) > 1`,
  )
  const unspent = await postgres.query<{ count: number }>(
    `select count(*)::int as count from oidc_refresh_tokens t join oidc_codes c using (routing, grant_bucket, grant_hash)
     where c.consumed_at is null having count(*) > 0`,
  )
  return [
    ...(new Set(Object.values(counts)).size === 1 ? [] : [`an account is there by half: ${JSON.stringify(counts)}`]),
    ...forks.map(({ tokens }) => `${tokens} refresh tokens have the same place in one family`),
    ...unspent.map(({ count }) => `${count} refresh tokens came of a code that is still good`),
  ]
}
