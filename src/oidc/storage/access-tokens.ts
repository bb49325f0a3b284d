import { z } from 'zod'
import type { StoredProfile } from '../../accounts/index.ts'
import { compact, fromEpoch, type StorageDeps, toEpoch } from './deps.ts'
import { FAMILY_COLUMNS, type FamilyRow, familyJoins, familyLookUp, findFamily, openFamily } from './family.ts'
import type { Grants, Payload } from './grants.ts'
import { insert } from './statement.ts'
import { unitOfWork } from './unit-of-work.ts'

interface AccessTokenRow extends FamilyRow {
  readonly client_id: string
  readonly has_grant: boolean
  readonly scope: string | null
  readonly aud: string | null
  readonly jkt: string | null
  readonly x5t: string | null
  readonly rar: unknown
  readonly extra: unknown
  readonly gty: string | null
  readonly issued_at: Date
  readonly expires_at: Date
  readonly account_profile_sealed?: Buffer | null
}

/** An expired token is not found: oidc-provider would let it pass for as long as it tolerates other people's clocks, and this is our own (OIDC-28). */
const findWith = (columns: string) =>
  familyLookUp(
    (
      tables,
    ) => `select t.client_id, t.grant_hash is not null as has_grant, t.scope, t.aud, t.jkt, t.x5t, t.rar, t.extra, t.gty, t.issued_at,
        t.expires_at, ${FAMILY_COLUMNS}${columns}
      from oidc_access_tokens t ${familyJoins(tables, 'left join')}
      where t.routing = $1 and t.bucket = $2 and t.token_hash = $3 and t.expires_at > $4`,
  )
const FIND = findWith('')
const FIND_WITH_PROFILE = findWith(', a.profile_sealed as account_profile_sealed')

/** Where the unit of work has the profile that came with an access token, for the release gate. */
export const storedProfileKey = (accountId: string): string => `stored-profile:${accountId}`

const detailsSchema = z.array(z.looseObject({ type: z.string() })).nullable()
const extraSchema = z.record(z.string(), z.unknown()).nullable()

/** How the customer signed in stands once, with the grant: every token and introspection tells what was true then (RFC 9470 §6, MFA-25). */
function extraOf({ extra }: AccessTokenRow, { acr, authTime: auth_time }: Payload): Payload | undefined {
  const told = { ...extraSchema.parse(extra), ...compact({ acr, auth_time }) }
  return Object.keys(told).length > 0 ? told : undefined
}

/** Opaque access tokens for userinfo and Atrium's own APIs, of customers (`AccessToken`) and of clients alone (`ClientCredentials`). */
export function createAccessTokens(deps: StorageDeps, grants: Grants, kind: 'AccessToken' | 'ClientCredentials') {
  const letter = kind === 'AccessToken' ? 'a' : 'k'
  return {
    async find(id: string): Promise<Payload | undefined> {
      const key = deps.tokens.parse(letter, id)
      if (!key) return undefined
      const row = await findFamily<AccessTokenRow>(deps, deps.isUserinfo() ? FIND_WITH_PROFILE : FIND, key)
      if (!row) return undefined
      const family = row.has_grant ? await openFamily(grants, row) : { clientId: row.client_id }
      if (!family) return undefined
      if (row.account_profile_sealed)
        unitOfWork().remember(storedProfileKey(row.g_account_id), {
          status: 'active', // or it would have no family
          profile_sealed: row.account_profile_sealed,
        } satisfies StoredProfile)
      return compact({
        ...family,
        kind,
        jti: id,
        iat: toEpoch(row.issued_at),
        exp: toEpoch(row.expires_at),
        scope: row.scope,
        aud: row.aud,
        jkt: row.jkt,
        'x5t#S256': row.x5t,
        rar: detailsSchema.parse(row.rar),
        extra: extraOf(row, family),
        gty: row.gty,
      })
    },

    upsert(id: string, payload: Payload): void {
      const key = deps.tokens.parse(letter, id)
      if (!key) throw new TypeError('an access token id that was not made here')
      const grant = deps.tokens.parse('g', String(payload.grantId))
      const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))
      unitOfWork().write(
        'access-token',
        insert('oidc_access_tokens', {
          routing: ['smallint', key.routing],
          bucket: ['smallint', key.bucket],
          token_hash: ['bytea', key.hash],
          kind: ['text', kind],
          client_id: ['text', payload.clientId],
          grant_bucket: ['smallint', grant?.bucket ?? null],
          grant_hash: ['bytea', grant?.hash ?? null],
          scope: ['text', payload.scope ?? null],
          aud: ['text', payload.aud ?? null],
          jkt: ['text', payload.jkt ?? null],
          x5t: ['text', payload['x5t#S256'] ?? null],
          rar: ['jsonb', json(payload.rar)],
          extra: ['jsonb', json(payload.extra)],
          gty: ['text', payload.gty ?? null],
          issued_at: ['timestamptz', fromEpoch(Number(payload.iat))],
          expires_at: ['timestamptz', fromEpoch(Number(payload.exp))],
        }),
      )
    },

    destroy(id: string): void {
      const key = deps.tokens.parse(letter, id)
      if (!key) return
      unitOfWork().write(
        `destroy:${id}`,
        () => (value) =>
          `delete from oidc_access_tokens where routing = ${value(key.routing, 'smallint')} and bucket = ${value(key.bucket, 'smallint')}
         and token_hash = ${value(key.hash, 'bytea')}`,
      )
    },
  }
}
