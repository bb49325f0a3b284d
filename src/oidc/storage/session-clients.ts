import { z } from 'zod'
import { compact, type StorageDeps } from './deps.ts'
import type { Payload } from './grants.ts'
import { insert } from './statement.ts'
import { internalText, type Key } from './token-text.ts'
import { unitOfWork } from './unit-of-work.ts'

/** One row for each client a session was used for: its `sid` there, and the grant of its latest authorization. */

const clientsSchema = z
  .array(
    z.object({
      id: z.string(),
      sid: z.string().nullable(),
      r: z.number().nullable(),
      b: z.number().nullable(),
      h: z.string().nullable(),
      p: z.boolean(),
    }),
  )
  .nullable()
type Authorizations = Record<string, { sid?: string; grantId?: string; persistsLogout?: boolean }>

/** The rows of a session, as its payload has them. */
export function authorizationsOf(json: unknown): Authorizations | undefined {
  const rows = clientsSchema.parse(json)
  if (!rows) return undefined
  return Object.fromEntries(
    rows.map((c) => [
      c.id,
      compact({
        sid: c.sid,
        grantId:
          c.h !== null && c.r !== null && c.b !== null
            ? internalText('g', { routing: c.r, bucket: c.b, hash: Buffer.from(c.h, 'hex') })
            : undefined,
        persistsLogout: c.p || undefined,
      }),
    ]),
  )
}

/** Holds a row for each client whose authorization is new in this request, and the removal of those that are gone. */
export function holdClients(
  deps: StorageDeps,
  { routing, bucket, hash }: Key,
  session: { payload: Payload; before: Payload | undefined },
): void {
  const work = unitOfWork()
  const old = (session.before?.authorizations ?? {}) as Authorizations // both were built by authorizationsOf() or by oidc-provider's Session
  const now = (session.payload.authorizations ?? {}) as Authorizations
  for (const [clientId, { sid, grantId, persistsLogout }] of Object.entries(now)) {
    // A grant that led to no code was never written; the client keeps the authorization it had.
    if (!grantId || !work.holds(`grant:${grantId}`)) continue
    const grant = deps.tokens.parse('g', grantId)
    const columns = {
      routing: ['smallint', routing],
      bucket: ['smallint', bucket],
      uid_hash: ['bytea', hash],
      client_id: ['text', clientId],
      sid: ['text', sid ?? null],
      grant_routing: ['smallint', grant?.routing ?? null],
      grant_bucket: ['smallint', grant?.bucket ?? null],
      grant_hash: ['bytea', grant?.hash ?? null],
      persists_logout: ['boolean', persistsLogout === true],
    } as const
    work.write(`session-client:${clientId}`, insert('oidc_session_clients', columns, { onConflict: REPLACE }))
  }
  for (const clientId of Object.keys(old).filter((id) => !(id in now))) {
    work.write(
      `session-client:${clientId}`,
      () => (value) =>
        `delete from oidc_session_clients where routing = ${value(routing, 'smallint')} and bucket = ${value(bucket, 'smallint')}
         and uid_hash = ${value(hash, 'bytea')} and client_id = ${value(clientId, 'text')}`,
    )
  }
}

const REPLACE = `on conflict (routing, bucket, uid_hash, client_id) do update set sid = excluded.sid, grant_routing = excluded.grant_routing,
  grant_bucket = excluded.grant_bucket, grant_hash = excluded.grant_hash, persists_logout = excluded.persists_logout`
