import type { AccountId } from '../../store/ids.ts'
import { compact, toEpoch } from './deps.ts'
import { GRANT_COLUMNS, type GrantRow, type Grants, grantId, grantPayload, type Payload } from './grants.ts'
import { unitOfWork } from './unit-of-work.ts'

/**
 * What is read along with every code or token of a family: its grant, the session it is bound to and the account's status, in the one statement
 * that finds it. oidc-provider asks for these one by one afterwards and is answered from the unit of work.
 */
export const FAMILY_COLUMNS = `${GRANT_COLUMNS}, s.account_id as s_account_id, s.login_at as s_login_at, s.expires_at as s_expires_at,
  a.status as account_status`

/** `$4` is now. A session that ended or expired is not joined. */
export const FAMILY_JOINS = `
  left join oidc_sessions s on s.routing = g.session_routing and s.bucket = g.session_bucket and s.uid_hash = g.session_hash
    and s.ended_at is null and s.expires_at > $4
  left join accounts a on a.id = g.account_id`

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
