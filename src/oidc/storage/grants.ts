import { z } from 'zod'
import type { AccountId, ClientId } from '../../store/ids.ts'
import { compact, fromEpoch, type StorageDeps, toEpoch } from './deps.ts'
import { insert, run } from './statement.ts'
import { internalText, type Key } from './token-text.ts'
import { unitOfWork } from './unit-of-work.ts'

/**
 * Grants. One is made for each authorization and never reused (OIDC-5), so what is constant in a family of tokens (who, which client, scope,
 * nonce, session) is written once, here, and a token's row needs no JSON. A token dies with its grant: every read of one joins this table.
 */

const payloadSchema = z.looseObject({
  resources: z.record(z.string(), z.string()).optional(),
  openid: z.looseObject({ scope: z.string().optional(), claims: z.array(z.string()).optional() }).optional(),
  rejected: z.looseObject({}).optional(),
  rar: z.array(z.unknown()).optional(),
})

/** What every token of the family repeats. */
const contextSchema = z.object({
  acr: z.string().optional(),
  amr: z.array(z.string()).optional(),
  authTime: z.number().optional(),
  nonce: z.string().optional(),
  resource: z.union([z.string(), z.array(z.string())]).optional(),
  scope: z.string().optional(),
  sid: z.string().optional(),
  rar: z.array(z.unknown()).optional(),
})

/** The requested claims (OIDC core §5.5) may name values of a person, so they are sealed. */
const claimsSchema = z.record(z.string(), z.unknown())

export interface GrantRow {
  readonly g_routing: number
  readonly g_bucket: number
  readonly g_hash: Buffer
  readonly g_account_id: AccountId
  readonly g_client_id: ClientId
  readonly g_payload: unknown
  readonly g_context: unknown
  readonly g_context_sealed: Buffer | null
  readonly g_session_routing: number | null
  readonly g_session_bucket: number | null
  readonly g_session_hash: Buffer | null
  readonly g_expires_with_session: boolean
  readonly g_created_at: Date
  readonly g_expires_at: Date
  readonly g_revoked_at: Date | null
}

export const GRANT_COLUMNS = `g.routing as g_routing, g.bucket as g_bucket, g.grant_hash as g_hash, g.account_id as g_account_id,
  g.client_id as g_client_id, g.payload as g_payload, g.context as g_context, g.context_sealed as g_context_sealed,
  g.session_routing as g_session_routing, g.session_bucket as g_session_bucket, g.session_hash as g_session_hash,
  g.expires_with_session as g_expires_with_session, g.created_at as g_created_at, g.expires_at as g_expires_at, g.revoked_at as g_revoked_at`

const FIND = `select ${GRANT_COLUMNS} from oidc_grants g where g.routing = $1 and g.bucket = $2 and g.grant_hash = $3`

export type Payload = Record<string, unknown>

export function createGrants(deps: StorageDeps) {
  const placeOf = (id: string) => deps.tokens.parse('g', id)

  return {
    /** Adapter: a grant by its id; nothing when it was revoked. */
    async find(id: string): Promise<Payload | undefined> {
      const work = unitOfWork()
      const known = work.recall<Payload>(`grant:${id}`)
      if (known) return known
      const place = placeOf(id)
      if (!place) return undefined
      const [row] = await run<GrantRow>(deps.lookUps, FIND, [place.routing, place.bucket, place.hash])
      return row && !row.g_revoked_at ? grantPayload(row) : undefined
    },

    /** Holds a new grant's row, with what its tokens repeat. */
    async write(id: string, payload: Payload, source: { context?: Payload; session?: Key | undefined; withSession: boolean }) {
      const place = placeOf(id)
      if (!place) throw new TypeError('a grant id that was not made here')
      const { claims, ...context } = source.context ?? {}
      const sealed = claims === undefined ? null : await deps.vault.sealSystem('oidc_grants.context_sealed', JSON.stringify(claims))
      const { resources, openid, rejected, rar } = payloadSchema.parse(payload)
      unitOfWork().write(
        `grant:${id}`,
        insert('oidc_grants', {
          routing: ['smallint', place.routing],
          bucket: ['smallint', place.bucket],
          grant_hash: ['bytea', place.hash],
          account_id: ['uuid', payload.accountId],
          client_id: ['text', payload.clientId],
          payload: ['jsonb', JSON.stringify({ resources, openid, rejected, rar })],
          context: ['jsonb', source.context === undefined ? null : JSON.stringify(contextSchema.parse(context))],
          context_sealed: ['bytea', sealed],
          session_routing: ['smallint', source.session?.routing ?? null],
          session_bucket: ['smallint', source.session?.bucket ?? null],
          session_hash: ['bytea', source.session?.hash ?? null],
          expires_with_session: ['boolean', source.withSession],
          created_at: ['timestamptz', deps.clock()],
          expires_at: ['timestamptz', fromEpoch(Number(payload.exp))],
        }),
      )
    },

    /** Ends a grant and with it every token of its family, whatever their age (OIDC-24). */
    async revoke(id: string): Promise<void> {
      const place = placeOf(id)
      if (!place) return
      const endCopied = unitOfWork().recall<() => Promise<void>>(copiedKey(id))
      if (endCopied) return endCopied()
      unitOfWork().write(
        `revoke:${id}`,
        () => (value) =>
          `update oidc_grants set revoked_at = ${value(deps.clock(), 'timestamptz')}
         where routing = ${value(place.routing, 'smallint')} and bucket = ${value(place.bucket, 'smallint')}
           and grant_hash = ${value(place.hash, 'bytea')} and revoked_at is null`,
      )
    },

    /** What the tokens of this grant repeat, as oidc-provider's payload fields. */
    async familyOf(row: GrantRow): Promise<Payload> {
      const claims = row.g_context_sealed
        ? claimsSchema.parse(JSON.parse(await deps.vault.openSystem('oidc_grants.context_sealed', row.g_context_sealed)))
        : undefined
      return compact({
        ...contextSchema.parse(row.g_context ?? {}),
        claims,
        accountId: row.g_account_id,
        clientId: row.g_client_id,
        grantId: grantId(row),
        sessionUid: sessionUid(row),
        expiresWithSession: row.g_expires_with_session || undefined,
      })
    },
  }
}
export type Grants = ReturnType<typeof createGrants>

/** What ends a grant in this request because a code or token of it was used twice. */
export const copiedKey = (id: string): string => `copied:${id}`

export const grantId = (row: GrantRow): string => internalText('g', { routing: row.g_routing, bucket: row.g_bucket, hash: row.g_hash })

const sessionUid = (row: GrantRow): string | undefined =>
  row.g_session_hash && row.g_session_routing !== null && row.g_session_bucket !== null
    ? internalText('u', { routing: row.g_session_routing, bucket: row.g_session_bucket, hash: row.g_session_hash })
    : undefined

export function grantPayload(row: GrantRow): Payload {
  return compact({
    ...payloadSchema.parse(row.g_payload),
    kind: 'Grant',
    jti: grantId(row),
    accountId: row.g_account_id,
    clientId: row.g_client_id,
    iat: toEpoch(row.g_created_at),
    exp: toEpoch(row.g_expires_at),
  })
}
