import type pg from 'pg'

const BATCH = 10_000
/** How many days ahead tokens of web clients expire, and so over how many buckets they spread. */
const DAYS_AHEAD = 14

/**
 * Makes that many live refresh tokens, each with a grant of its own, by copying rows the server wrote itself under random keys. They come in random
 * order, as they would from customers, so that the indexes have the fill they would have.
 */
export async function fillTokens(client: pg.Client, rows: number, say: (done: number) => void): Promise<void> {
  const [tokenColumns, grantColumns] = [await columnsOf(client, 'oidc_refresh_tokens'), await columnsOf(client, 'oidc_grants')]
  const copy = (table: string, alias: string, columns: readonly string[], changed: Readonly<Record<string, string>>): string =>
    `insert into ${table} (${columns.join(', ')}) select ${columns.map((name) => changed[name] ?? `${alias}.${name}`).join(', ')} from fresh, ${alias}`
  const statement = `
    with fresh as materialized (
      select (random() * 65535 - 32768)::int::smallint as routing, (random() * ${DAYS_AHEAD - 1})::int as days_less,
             decode(md5(random()::text || n || 't'), 'hex') as token_hash, decode(md5(random()::text || n || 'g'), 'hex') as grant_hash,
             gen_random_uuid() as account_id
      from generate_series(1, $1::int) n),
    t as (select * from oidc_refresh_tokens where consumed_at is null order by issued_at desc limit 1),
    g as (select * from oidc_grants where (routing, bucket, grant_hash) = (select routing, grant_bucket, grant_hash from t)),
    grants as (${copy('oidc_grants', 'g', grantColumns, { routing: 'fresh.routing', grant_hash: 'fresh.grant_hash', account_id: 'fresh.account_id' })})
    ${copy('oidc_refresh_tokens', 't', tokenColumns, {
      routing: 'fresh.routing',
      bucket: '(t.bucket - fresh.days_less)::smallint',
      token_hash: 'fresh.token_hash',
      grant_hash: 'fresh.grant_hash',
      expires_at: 't.expires_at - make_interval(days => fresh.days_less)',
    })}`
  // a million rows in one transaction would leave their hint bits to the first reader, which would be a measured one
  for (let done = 0; done < rows; done += BATCH) {
    await client.query(statement, [Math.min(BATCH, rows - done)])
    if ((done / BATCH) % 10 === 9) say(done + BATCH)
  }
  for (const table of ['oidc_refresh_tokens', 'oidc_grants']) await client.query(`vacuum (analyze) ${table}`)
}

/** Bytes of a partitioned table with its indexes. */
export async function sizeOf(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    'select sum(pg_total_relation_size(relid)) as bytes from pg_partition_tree($1::regclass) where isleaf',
    [table],
  )
  return Number(rows[0]?.bytes)
}

async function columnsOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  )
  return rows.map(({ name }) => name)
}
