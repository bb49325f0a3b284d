import { compact, fromEpoch, type StorageDeps, toEpoch } from './deps.ts'
import { FAMILY_COLUMNS, type FamilyRow, familyJoins, familyLookUp, findFamily, openFamily, suspectCopy } from './family.ts'
import type { Grants, Payload } from './grants.ts'
import { insert } from './statement.ts'
import { unitOfWork } from './unit-of-work.ts'

interface CodeRow extends FamilyRow {
  readonly code_challenge: string | null
  readonly redirect_uri: string
  readonly dpop_jkt: string | null
  readonly issued_at: Date
  readonly expires_at: Date
  readonly consumed_at: Date | null
}

const FIND = familyLookUp(
  (tables) => `select t.code_challenge, t.redirect_uri, t.dpop_jkt, t.issued_at, t.expires_at, t.consumed_at, ${FAMILY_COLUMNS}
    from oidc_codes t ${familyJoins(tables)} where t.routing = $1 and t.bucket = $2 and t.code_hash = $3`,
)

/** The grant that a code in the making belongs to, as `loadExistingGrant` left it in the unit of work. */
export interface PendingGrant {
  readonly payload: Payload
}
export const pendingGrantKey = (id: string): string => `pending-grant:${id}`

/** Authorization codes: spent by one conditional update that stands or falls with the tokens issued for it (OIDC-1). */
export function createCodes(deps: StorageDeps, grants: Grants) {
  return {
    async find(id: string): Promise<Payload | undefined> {
      const key = deps.tokens.parse('c', id)
      if (!key) return undefined
      const row = await findFamily<CodeRow>(deps, FIND, key)
      const family = row && (await openFamily(grants, row))
      if (!row || !family) return undefined
      suspectCopy(deps, row) // whoever redeems a code ends its grant for no other reason (SEC-14)
      return compact({
        ...family,
        kind: 'AuthorizationCode',
        jti: id,
        iat: toEpoch(row.issued_at),
        exp: toEpoch(row.expires_at),
        consumed: row.consumed_at ? toEpoch(row.consumed_at) : undefined,
        codeChallenge: row.code_challenge,
        codeChallengeMethod: row.code_challenge ? 'S256' : undefined,
        redirectUri: row.redirect_uri,
        dpopJkt: row.dpop_jkt,
      })
    },

    /** Holds the code's row and, with it, the row of the grant that was made for this authorization. */
    async upsert(id: string, payload: Payload): Promise<void> {
      const key = deps.tokens.parse('c', id)
      const grantId = String(payload.grantId)
      const grantKey = deps.tokens.parse('g', grantId)
      const pending = unitOfWork().recall<PendingGrant>(pendingGrantKey(grantId))
      if (!key || !grantKey || !pending) throw new TypeError('a code needs the grant of its own authorization')
      const session = deps.tokens.parse('u', String(payload.sessionUid))
      const { acr, amr, authTime, nonce, resource, scope, sid, rar, claims } = payload
      await grants.write(grantId, pending.payload, {
        context: compact({ acr, amr, authTime, nonce, resource, scope, sid, rar, claims }),
        session,
        withSession: payload.expiresWithSession === true,
      })
      unitOfWork().write(
        'code',
        insert('oidc_codes', {
          routing: ['smallint', key.routing],
          bucket: ['smallint', key.bucket],
          code_hash: ['bytea', key.hash],
          grant_bucket: ['smallint', grantKey.bucket],
          grant_hash: ['bytea', grantKey.hash],
          code_challenge: ['text', payload.codeChallenge ?? null],
          redirect_uri: ['text', payload.redirectUri],
          dpop_jkt: ['text', payload.dpopJkt ?? null],
          issued_at: ['timestamptz', fromEpoch(Number(payload.iat))],
          expires_at: ['timestamptz', fromEpoch(Number(payload.exp))],
        }),
      )
    },

    consume(id: string): void {
      const key = deps.tokens.parse('c', id)
      if (!key) return
      unitOfWork().spend(
        'code',
        (value, ifProven) =>
          `update oidc_codes set consumed_at = ${value(deps.clock(), 'timestamptz')} where routing = ${value(key.routing, 'smallint')}
         and bucket = ${value(key.bucket, 'smallint')} and code_hash = ${value(key.hash, 'bytea')} and consumed_at is null${ifProven} returning 1`,
      )
    },
  }
}
