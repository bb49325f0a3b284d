import type { AccountId } from '../../store/ids.ts'
import { compact, fromEpoch, type StorageDeps, toEpoch } from './deps.ts'
import type { Payload } from './grants.ts'
import { authorizationsOf, holdClients } from './session-clients.ts'
import { type Fragment, insert, run } from './statement.ts'
import { internalText, type Key } from './token-text.ts'
import { type UnitOfWork, unitOfWork } from './unit-of-work.ts'

/**
 * The group sessions of browsers: one row per session and one per session and client, so that a sign-in at the twentieth client rewrites
 * nothing of the other nineteen. The row's key is the session's `uid`, which stays; the cookie's value changes at sign-in and step-up (OIDC-20).
 */

/** A session that was used is written again at most this often: its idle life is counted in days. */
const REWRITE_AFTER_S = 300
/** A session without an account holds no more than the question whether to sign out. */
const ANONYMOUS_S = 3_600

export interface SessionRow {
  readonly routing: number
  readonly bucket: number
  readonly uid_hash: Buffer
  readonly id_hash: Buffer
  readonly account_id: AccountId | null
  readonly account_status: string | null
  readonly login_at: Date | null
  readonly acr: string | null
  readonly amr: string[] | null
  readonly transient: boolean
  readonly state_sealed: Buffer | null
  readonly created_at: Date
  readonly seen_at: Date
  readonly expires_at: Date
  readonly clients: unknown
}

const SIGNED_IN = 'signed-in'
interface SignedIn {
  readonly accountId: AccountId
  readonly uid: string
}
/** The session that begins in this request, and whose. */
export const signedIn = (work: UnitOfWork): SignedIn | undefined => work.recall<SignedIn>(SIGNED_IN)

interface Remembered {
  readonly row: SessionRow
  readonly payload: Payload
}

const SELECT = `select s.routing, s.bucket, s.uid_hash, s.id_hash, s.account_id, s.login_at, s.acr, s.amr, s.transient, s.state_sealed,
    s.created_at, s.seen_at, s.expires_at, a.status as account_status,
    (select json_agg(json_build_object('id', c.client_id, 'sid', c.sid, 'r', c.grant_routing, 'b', c.grant_bucket,
       'h', encode(c.grant_hash, 'hex'), 'p', c.persists_logout))
     from oidc_session_clients c where c.routing = s.routing and c.bucket = s.bucket and c.uid_hash = s.uid_hash) as clients
  from oidc_sessions s left join accounts a on a.id = s.account_id`
const LIVE = 'and s.ended_at is null and s.expires_at > $4'
const BY_ID = `${SELECT} where s.routing = $1 and s.bucket = $2 and s.id_hash = $3 ${LIVE}`
const BY_UID = `${SELECT} where s.routing = $1 and s.bucket = $2 and s.uid_hash = $3 ${LIVE}`

export function createSessions(deps: StorageDeps) {
  async function read(text: string, kind: 's' | 'u', id: string): Promise<Payload | undefined> {
    const place = deps.tokens.parse(kind, id)
    if (!place) return undefined
    const [row] = await run<SessionRow>(deps.lookUps, text, [place.routing, place.bucket, place.hash, deps.clock()])
    if (!row) return undefined
    const payload = await toPayload(row, kind === 's' ? id : undefined)
    const work = unitOfWork()
    work.remember(`session:${String(payload.uid)}`, { row, payload: structuredClone(payload) } satisfies Remembered)
    if (kind === 's') work.remember(`session-uid:${id}`, payload.uid)
    if (row.account_id) work.remember(`account-status:${row.account_id}`, row.account_status)
    return payload
  }

  async function toPayload(row: SessionRow, id: string | undefined): Promise<Payload> {
    const state: unknown = row.state_sealed
      ? JSON.parse(await deps.vault.openSystem('oidc_sessions.state_sealed', row.state_sealed))
      : undefined
    return compact({
      kind: 'Session',
      jti: id ?? 'unknown', // by uid the cookie's value is nobody's to know
      uid: internalText('u', { ...row, hash: row.uid_hash }),
      accountId: row.account_id,
      loginTs: row.login_at && toEpoch(row.login_at),
      acr: row.acr,
      amr: row.amr,
      transient: row.transient || undefined,
      state,
      authorizations: authorizationsOf(row.clients),
      iat: toEpoch(row.created_at),
      exp: toEpoch(row.expires_at),
    })
  }

  return {
    /** Adapter: the live session whose cookie that is. */
    find: (id: string) => read(BY_ID, 's', id),

    /** Adapter: the live session of that uid. For a token that was read in this request it was joined already. */
    async findByUid(uid: string): Promise<Payload | undefined> {
      return unitOfWork().recall<Payload>(`session-of-token:${uid}`) ?? (await read(BY_UID, 'u', uid))
    },

    /**
     * Adapter: holds what changed of the session's row. A row is changed only under the cookie value it was read with, so that a request that
     * began before a sign-in or sign-out undoes neither.
     */
    async upsert(id: string, payload: Payload): Promise<void> {
      const work = unitOfWork()
      const uid = String(payload.uid)
      const key = deps.tokens.parse('u', uid)
      const cookie = deps.tokens.parse('s', id)
      if (!key || !cookie) throw new TypeError('a session id that was not made here')
      const before = work.recall<Remembered>(`session:${uid}`)
      holdClients(deps, key, { payload, before: before?.payload })
      if (payload.accountId !== undefined && payload.accountId !== before?.payload.accountId)
        work.remember(SIGNED_IN, { accountId: payload.accountId, uid })
      // Nobody's session with nothing in it: an unknown cookie is no reason to write.
      if (!before && payload.accountId === undefined && payload.state === undefined) return
      if (before && !changed(before, id, payload)) return holdUse(key, before, payload)
      const row = await rowOf(cookie, payload)
      work.write(
        `session:${uid}`,
        before ? update(key, row, before.row.id_hash) : insert('oidc_sessions', { ...keyColumns(key), ...row, ...(await firstColumns()) }),
      )
    },

    /** Adapter: ends the session whose cookie that is; every token bound to it is dead from the next statement on (OIDC-24). */
    destroy(id: string): void {
      const work = unitOfWork()
      const cookie = deps.tokens.parse('s', id)
      if (!cookie) return
      // By uid, so that it ends also when its cookie has just changed in another tab.
      const uid = work.recall<string>(`session-uid:${id}`)
      const key = uid === undefined ? undefined : deps.tokens.parse('u', uid)
      work.write(
        `end-session:${id}`,
        () => (value) =>
          `update oidc_sessions set ended_at = ${value(deps.clock(), 'timestamptz')}, state_sealed = null
           where routing = ${value(cookie.routing, 'smallint')} and bucket = ${value(cookie.bucket, 'smallint')} and ended_at is null
             and ${key ? `uid_hash = ${value(key.hash, 'bytea')}` : `id_hash = ${value(cookie.hash, 'bytea')}`}`,
      )
    },
  }

  async function rowOf(cookie: Key, payload: Payload): Promise<Columns> {
    const { state, loginTs } = payload
    const exp = Number(payload.exp)
    const now = deps.clock()
    const soon = Math.floor(now.getTime() / 1000) + ANONYMOUS_S
    return {
      id_hash: ['bytea', cookie.hash],
      account_id: ['uuid', payload.accountId ?? null],
      login_at: ['timestamptz', typeof loginTs === 'number' ? fromEpoch(loginTs) : null],
      acr: ['text', payload.acr ?? null],
      amr: ['text[]', payload.amr ?? null],
      transient: ['boolean', payload.transient === true],
      ...evidenceColumn(deps.loginEvidence()),
      state_sealed: [
        'bytea',
        state === undefined ? null : await deps.vault.sealSystem('oidc_sessions.state_sealed', JSON.stringify(state)),
      ],
      seen_at: ['timestamptz', now],
      expires_at: ['timestamptz', fromEpoch(payload.accountId === undefined ? Math.min(exp, soon) : exp)],
    }
  }

  async function firstColumns(): Promise<Columns> {
    const device = await deps.vault.sealSystem('oidc_sessions.device_sealed', unitOfWork().userAgent)
    return { device_sealed: ['bytea', device], created_at: ['timestamptz', deps.clock()] }
  }

  /** Only its idle end moved. What nobody sees does not move it (SEC-34), and it is written now and then only. */
  function holdUse(key: Key, { row }: Remembered, payload: Payload): void {
    const now = deps.clock()
    if (deps.isSilent() || now.getTime() - row.seen_at.getTime() < REWRITE_AFTER_S * 1000) return
    const used: Columns = { seen_at: ['timestamptz', now], expires_at: ['timestamptz', fromEpoch(Number(payload.exp))] }
    unitOfWork().write(`session:${String(payload.uid)}`, update(key, used, row.id_hash))
  }
}

/** Written with the sign-in it belongs to. */
const evidenceColumn = (evidence: unknown): Columns => (evidence === undefined ? {} : { evidence: ['jsonb', JSON.stringify(evidence)] })

type Columns = Readonly<Record<string, readonly [type: string, value: unknown]>>

const keyColumns = ({ routing, bucket, hash }: Key): Columns => ({
  routing: ['smallint', routing],
  bucket: ['smallint', bucket],
  uid_hash: ['bytea', hash],
})

/** Changes a live session's row, unless its cookie has changed since it was read. */
const update =
  ({ routing, bucket, hash }: Key, columns: Columns, idHash: Buffer) =>
  (onlyIfSpent: boolean): Fragment =>
  (value) =>
    `update oidc_sessions set ${Object.entries(columns)
      .map(([name, [type, v]]) => `${name} = ${value(v, type)}`)
      .join(', ')}
     where routing = ${value(routing, 'smallint')} and bucket = ${value(bucket, 'smallint')} and uid_hash = ${value(hash, 'bytea')}
       and id_hash = ${value(idHash, 'bytea')} and ended_at is null ${onlyIfSpent ? 'and exists (select 1 from spent)' : ''}`

function changed(before: Remembered, id: string, payload: Payload): boolean {
  if (before.payload.jti !== id) return true
  return ['accountId', 'loginTs', 'acr', 'amr', 'transient', 'state'].some(
    (key) => JSON.stringify(before.payload[key]) !== JSON.stringify(payload[key]),
  )
}
