import { compact, fromEpoch, type StorageDeps, toEpoch } from './deps.ts'
import { FAMILY_COLUMNS, FAMILY_JOINS, type FamilyRow, openFamily } from './family.ts'
import type { Grants, Payload } from './grants.ts'
import { insert, run } from './statement.ts'
import { unitOfWork } from './unit-of-work.ts'

interface RefreshTokenRow extends FamilyRow {
  readonly rotations: number
  readonly jkt: string | null
  readonly x5t: string | null
  readonly first_issued_at: Date
  readonly issued_at: Date
  readonly expires_at: Date
  readonly consumed_at: Date | null
}

const FIND = `select t.rotations, t.jkt, t.x5t, t.first_issued_at, t.issued_at, t.expires_at, t.consumed_at, ${FAMILY_COLUMNS}
  from oidc_refresh_tokens t join oidc_grants g on g.routing = t.routing and g.bucket = t.grant_bucket and g.grant_hash = t.grant_hash ${FAMILY_JOINS}
  where t.routing = $1 and t.bucket = $2 and t.token_hash = $3`

/** A client that sends the same refresh token twice at once, or again because the answer got lost, is refused but keeps its family (OIDC-8). */
const BENIGN_RETRY_S = 5

/** Refresh tokens: 16 bytes of hash, times, and the grant that holds everything else. A rotation is one statement. */
export function createRefreshTokens(deps: StorageDeps, grants: Grants) {
  return {
    async find(id: string): Promise<Payload | undefined> {
      const key = deps.tokens.parse('r', id)
      if (!key) return undefined
      const now = deps.clock()
      const [row] = await run<RefreshTokenRow>(deps.pool, FIND, [key.routing, key.bucket, key.hash, now])
      if (!row) return undefined
      if (row.consumed_at && now.getTime() - row.consumed_at.getTime() < BENIGN_RETRY_S * 1000) return undefined
      const family = await openFamily(grants, row)
      if (!family) return undefined
      return compact({
        ...family,
        kind: 'RefreshToken',
        jti: id,
        gty: row.rotations > 0 ? 'authorization_code refresh_token' : 'authorization_code',
        iat: toEpoch(row.issued_at),
        iiat: toEpoch(row.first_issued_at),
        exp: toEpoch(row.expires_at),
        consumed: row.consumed_at ? toEpoch(row.consumed_at) : undefined,
        rotations: row.rotations,
        jkt: row.jkt,
        'x5t#S256': row.x5t,
      })
    },

    upsert(id: string, payload: Payload): void {
      const key = deps.tokens.parse('r', id)
      const grant = deps.tokens.parse('g', String(payload.grantId))
      if (!key || !grant) throw new TypeError('a refresh token belongs to a grant')
      unitOfWork().write(
        'refresh-token',
        insert('oidc_refresh_tokens', {
          routing: ['smallint', key.routing],
          bucket: ['smallint', key.bucket],
          token_hash: ['bytea', key.hash],
          grant_bucket: ['smallint', grant.bucket],
          grant_hash: ['bytea', grant.hash],
          rotations: ['integer', payload.rotations ?? 0],
          jkt: ['text', payload.jkt ?? null],
          x5t: ['text', payload['x5t#S256'] ?? null],
          first_issued_at: ['timestamptz', fromEpoch(Number(payload.iiat ?? payload.iat))],
          issued_at: ['timestamptz', fromEpoch(Number(payload.iat))],
          expires_at: ['timestamptz', fromEpoch(Number(payload.exp))],
        }),
      )
    },

    consume(id: string): void {
      const key = deps.tokens.parse('r', id)
      if (!key) return
      unitOfWork().spend(
        'refresh_token',
        (value) =>
          `update oidc_refresh_tokens set consumed_at = ${value(deps.clock(), 'timestamptz')} where routing = ${value(key.routing, 'smallint')}
         and bucket = ${value(key.bucket, 'smallint')} and token_hash = ${value(key.hash, 'bytea')} and consumed_at is null returning 1`,
      )
    },

    /** Revocation of a refresh token ends its grant (the caller does that); the row itself leaves with its partition. */
    destroy(id: string): void {
      const key = deps.tokens.parse('r', id)
      if (!key) return
      unitOfWork().write(
        `destroy:${id}`,
        () => (value) =>
          `update oidc_refresh_tokens set consumed_at = coalesce(consumed_at, ${value(deps.clock(), 'timestamptz')})
         where routing = ${value(key.routing, 'smallint')} and bucket = ${value(key.bucket, 'smallint')} and token_hash = ${value(key.hash, 'bytea')}`,
      )
    },
  }
}
