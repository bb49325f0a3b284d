import type { AccountId } from '../../store/ids.ts'
import { partitionOf } from '../../store/partitions.ts'
import { compact, type StorageDeps, toEpoch } from './deps.ts'
import { copiedKey, GRANT_COLUMNS, type GrantRow, type Grants, grantId, grantPayload, type Payload } from './grants.ts'
import { run } from './statement.ts'
import type { FamilyPlace, Key } from './token-text.ts'
import { unitOfWork } from './unit-of-work.ts'

/**
 * What is read along with every code or token of a family: its grant, the session it is bound to and the account's status, in the one statement
 * that finds it. oidc-provider asks for these one by one afterwards and is answered from the unit of work.
 */
export const FAMILY_COLUMNS = `${GRANT_COLUMNS}, s.account_id as s_account_id, s.login_at as s_login_at, s.expires_at as s_expires_at,
  a.status as account_status`

/**
 * How a code's or token's row `t` is joined with its grant, session and account. `$4` is now. A session that ended or expired is not joined.
 *
 * @param join `join` where there is no row without a grant
 */
export const familyJoins = ({ grants, sessions }: FamilyTables, join: 'join' | 'left join' = 'join'): string => `
  ${join} ${grants} g on g.routing = t.routing and g.bucket = t.grant_bucket and g.grant_hash = t.grant_hash
  left join ${sessions} s on s.routing = g.session_routing and s.bucket = g.session_bucket and s.uid_hash = g.session_hash
    and s.ended_at is null and s.expires_at > $4
  left join accounts a on a.id = g.account_id`

/** The tables of a family, or those of their partitions that its token names. */
export interface FamilyTables {
  readonly grants: string
  readonly sessions: string
}

const WHOLE: FamilyTables = { grants: 'oidc_grants', sessions: 'oidc_sessions' }

/** Makes a look-up's text once for each pair of partitions: some ten at a time, and a month brings a few more. */
export function familyLookUp(text: (tables: FamilyTables) => string): (tables: FamilyTables) => string {
  const texts = new Map<string, string>()
  return (tables) => {
    const pair = `${tables.grants} ${tables.sessions}`
    const known = texts.get(pair)
    if (known !== undefined) return known
    const made = text(tables)
    texts.set(pair, made)
    return made
  }
}

/**
 * Finds a code or token with its family: where its text says that they are, or else everywhere, because the text of one that the version before
 * made says nothing.
 *
 * @param lookUp takes routing key, bucket and hash of the token, and now
 */
export async function findFamily<Row extends Partial<FamilyRow>>(
  { lookUps, clock }: StorageDeps,
  lookUp: (tables: FamilyTables) => string,
  key: Key,
): Promise<Row | undefined> {
  const now = clock()
  const values = [key.routing, key.bucket, key.hash, now]
  const named = key.family && tablesOf(key.family, now)
  const [row] = named ? await run<Row>(lookUps, lookUp(named), values) : []
  return row && named && isWhole(row, named, now) ? row : (await run<Row>(lookUps, lookUp(WHOLE), values))[0]
}

function tablesOf({ grantBucket, sessionBucket }: FamilyPlace, now: Date): FamilyTables | undefined {
  const grants = partitionOf(WHOLE.grants, grantBucket, now)
  const sessions = partitionOf(WHOLE.sessions, sessionBucket, now)
  return grants === WHOLE.grants && sessions === WHOLE.sessions ? undefined : { grants, sessions }
}

/** Whether grant and session, had they been anywhere, would have been found here. */
const isWhole = ({ g_hash, g_session_bucket }: Partial<FamilyRow>, { sessions }: FamilyTables, now: Date): boolean =>
  Boolean(g_hash) &&
  (typeof g_session_bucket !== 'number' || sessions === WHOLE.sessions || sessions === partitionOf(WHOLE.sessions, g_session_bucket, now))

export interface FamilyRow extends GrantRow {
  readonly s_account_id: AccountId | null
  readonly s_login_at: Date | null
  readonly s_expires_at: Date | null
  readonly account_status: string | null
}

/**
 * Remembers the family and gives the payload fields its tokens repeat; nothing when the grant is revoked or the account must not be used: then no
 * use of a token finds it, introspection included.
 */
export async function openFamily(grants: Grants, row: FamilyRow): Promise<Payload | undefined> {
  if (row.g_revoked_at || row.account_status !== 'active') return undefined
  const work = unitOfWork()
  const family = await grants.familyOf(row)
  work.remember(`grant:${grantId(row)}`, grantPayload(row))
  work.remember(`account-status:${row.g_account_id}`, row.account_status)
  const uid = family.sessionUid
  if (row.s_account_id && row.s_expires_at) {
    // The session is alive and this grant was made in it: that is the binding. A later authorization of the same client in the same session
    // has a grant of its own and must not end this one (OIDC-5), so the session says of this client what this token's grant says.
    const authorization = compact({ grantId: grantId(row), sid: family.sid })
    work.remember(
      `session-of-token:${String(uid)}`,
      compact({
        kind: 'Session',
        jti: 'unknown',
        uid,
        accountId: row.s_account_id,
        loginTs: row.s_login_at && toEpoch(row.s_login_at),
        exp: toEpoch(row.s_expires_at),
        authorizations: { [row.g_client_id]: authorization },
      }),
    )
  }
  return family
}

/** From here on whatever ends this grant in this request does so because a copy was used, which its owner is told. */
export function suspectCopy(deps: StorageDeps, row: FamilyRow): void {
  const grant = { routing: row.g_routing, bucket: row.g_bucket, hash: row.g_hash }
  let ended: Promise<void> | undefined // oidc-provider ends a grant once for each kind of token
  unitOfWork().remember(copiedKey(grantId(row)), () => (ended ??= deps.endCopied(grant)))
}
