import { compact, fromEpoch, type StorageDeps, toEpoch } from './deps.ts'
import { FAMILY_COLUMNS, type FamilyRow, familyJoins, familyLookUp, findFamily, openFamily, suspectCopy } from './family.ts'
import type { Grants, Payload } from './grants.ts'
import { takeAgain } from './lost-answer.ts'
import { type Fragment, insert } from './statement.ts'
import type { Key } from './token-text.ts'
import { unitOfWork } from './unit-of-work.ts'

interface RefreshTokenRow extends FamilyRow {
  readonly rotations: number
  readonly jkt: string | null
  readonly x5t: string | null
  readonly first_issued_at: Date
  readonly issued_at: Date
  readonly expires_at: Date
  readonly consumed_at: Date | null
  readonly successor_bucket: number | null
  readonly early_uses: number | null
}

const FIND = familyLookUp(
  (tables) => `select t.rotations, t.jkt, t.x5t, t.first_issued_at, t.issued_at, t.expires_at, t.consumed_at,
      t.successor_bucket, t.early_uses, ${FAMILY_COLUMNS}
    from oidc_refresh_tokens t ${familyJoins(tables)} where t.routing = $1 and t.bucket = $2 and t.token_hash = $3`,
)

/** The token this request rotates. */
interface Rotated {
  readonly id: string
  /** The token that followed it, when it had been rotated before and the answer got lost: it is given again. */
  readonly successor: string | undefined
}
const ROTATED = 'rotated-refresh-token'
const SUCCESSOR_BUCKET = 'successor-bucket'
const retryKey = (id: string): string => `retried-refresh-token:${id}`

/** What the refresh token that is being made follows; nothing when it is the first of its family. */
export const rotatedToken = (): Rotated | undefined => unitOfWork().recall<Rotated>(ROTATED)

/** Refresh tokens: 16 bytes of hash, times, and the grant that holds everything else. A rotation is one statement. */
export function createRefreshTokens(deps: StorageDeps, grants: Grants) {
  const read = (key: Key): Promise<RefreshTokenRow | undefined> => findFamily(deps, FIND, key)

  return {
    async find(id: string): Promise<Payload | undefined> {
      const key = deps.tokens.parse('r', id)
      let row = key && (await read(key))
      if (!key || !row) return undefined
      const { consumed_at } = row
      const spent = consumed_at && deps.isRedemption() ? { ...row, consumed_at } : undefined
      const again = spent && (await takeAgain(deps, { id, key, spent }, async () => (row = await read(key))))
      const family = row && again?.kind !== 'refused' && (await openFamily(grants, row))
      if (!row || !family) return undefined
      if (again?.kind === 'copied') suspectCopy(deps, row)
      if (again?.kind === 'retried') unitOfWork().remember(retryKey(id), again.successor)
      return compact({
        ...family,
        kind: 'RefreshToken',
        jti: id,
        gty: row.rotations > 0 ? 'authorization_code refresh_token' : 'authorization_code',
        iat: toEpoch(row.issued_at),
        iiat: toEpoch(row.first_issued_at),
        exp: toEpoch(row.expires_at),
        consumed: consumed_at && again?.kind !== 'retried' ? toEpoch(consumed_at) : undefined,
        rotations: row.rotations,
        jkt: row.jkt,
        'x5t#S256': row.x5t,
      })
    },

    upsert(id: string, payload: Payload): void {
      const key = deps.tokens.parse('r', id)
      const grant = deps.tokens.parse('g', String(payload.grantId))
      if (!key || !grant) throw new TypeError('a refresh token belongs to a grant')
      if (rotatedToken()?.successor === id) return // it is there
      unitOfWork().remember(SUCCESSOR_BUCKET, key.bucket)
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
      const work = unitOfWork()
      const successor = work.recall<string>(retryKey(id))
      work.remember(ROTATED, { id, successor } satisfies Rotated)
      const next = successor === undefined ? undefined : deps.tokens.parse('r', successor)
      if (next) {
        work.spend('refresh_token', stillUnused(next))
        return
      }
      const bucket = () => work.recall<number>(SUCCESSOR_BUCKET) ?? null // known once the successor was made
      work.spend(
        'refresh_token',
        (value, ifProven) =>
          `update oidc_refresh_tokens set consumed_at = ${value(deps.clock(), 'timestamptz')}, successor_bucket = ${value(bucket(), 'smallint')}
           where ${isToken(key)(value)} and consumed_at is null${ifProven} returning 1`,
        (value) => `update oidc_refresh_tokens set early_uses = least(coalesce(early_uses, 0) + 1, 1000) where ${isToken(key)(value)}`,
      )
    },

    /** Revocation of a refresh token ends its grant (the caller does that); the row itself leaves with its partition. */
    destroy(id: string): void {
      const key = deps.tokens.parse('r', id)
      if (!key) return
      unitOfWork().write(
        `destroy:${id}`,
        () => (value) =>
          `update oidc_refresh_tokens set consumed_at = coalesce(consumed_at, ${value(deps.clock(), 'timestamptz')}) where ${isToken(key)(value)}`,
      )
    },
  }
}

const isToken =
  ({ routing, bucket, hash }: Key): Fragment =>
  (value) =>
    `routing = ${value(routing, 'smallint')} and bucket = ${value(bucket, 'smallint')} and token_hash = ${value(hash, 'bytea')}`

/** Holds the successor's row until what is issued with it is written: used at the same moment, one of the two comes first. */
const stillUnused =
  (successor: Key): Fragment =>
  (value) =>
    `select 1 from oidc_refresh_tokens where ${isToken(successor)(value)} and consumed_at is null for update`
