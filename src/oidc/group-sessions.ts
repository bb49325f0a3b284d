import type { Context } from 'koa'
import { type RawBuilder, sql } from 'kysely'
import type Provider from 'oidc-provider'
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { sha256 } from '../vault/index.ts'
import type { OidcDeps } from './deps.ts'
import { internalKey, internalText, type Key } from './storage/token-text.ts'

/** The group session of the browser that asks, when it is signed in to this client. */
export interface CurrentSession {
  readonly account_id: AccountId
  readonly uid: string
  /** When and how well the customer last proved who they are. */
  readonly auth_time: number
  readonly acr: string | undefined
}

/** One of a customer's own sessions. */
export interface ListedSession {
  /** Names the session to its owner only; opens nothing. */
  readonly id: string
  readonly user_agent: string
  readonly signed_in_at: Date
  readonly seen_at: Date
  readonly clients: readonly ClientId[]
  readonly current: boolean
}

/** What the customer's own pages may do with sessions. */
export interface GroupSessions {
  current(ctx: Context, clientId: ClientId): Promise<CurrentSession | undefined>
  /** Live sessions of the account, the latest first, at most {@link MOST_SESSIONS}. */
  list(accountId: AccountId, current: string): Promise<readonly ListedSession[]>
  /** Ends one, tokens included, and tells its brands. False when the account has no such session. */
  end(accountId: AccountId, id: string): Promise<boolean>
  /** Ends all but the current one, and every offline token. Returns how many sessions. */
  endOthers(accountId: AccountId, current: string): Promise<number>
  /** After a sign-in: of more than {@link MOST_SESSIONS} the ones used longest ago end (SEC-36). */
  endOldest(accountId: AccountId, current: string): Promise<void>
  /** All but one, or all, and every offline token, in the caller's transaction; who wakes the events afterwards. */
  endAllBut(tx: Db, accountId: AccountId, except: string | undefined): Promise<number>
  /** Whether that key is the session of this uid. */
  isSession(uid: string, key: Pick<Key, 'routing' | 'bucket' | 'hash'>): boolean
  /** Removes sessions of nobody that expired. Returns how many. */
  sweep(): Promise<number>
}

/** More than anybody has devices; the list at `/account/sessions` shows them all. */
const MOST_SESSIONS = 100

interface Row {
  readonly routing: number
  readonly bucket: number
  readonly uid_hash: Buffer
  readonly device_sealed: Buffer | null
  readonly login_at: Date | null
  readonly created_at: Date
  readonly seen_at: Date
}

/** Sessions as the customer sees and ends them, with all that hangs on them. */
export function createGroupSessions(deps: OidcDeps, provider: () => Provider): GroupSessions {
  const { db } = deps.store
  const rowsOf = (tx: Db, accountId: AccountId): Promise<Row[]> =>
    tx
      .selectFrom('oidc_sessions')
      .select(['routing', 'bucket', 'uid_hash', 'device_sealed', 'login_at', 'created_at', 'seen_at'])
      .where('account_id', '=', accountId)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', deps.clock())
      .orderBy('seen_at', 'desc')
      .limit(MOST_SESSIONS)
      .execute()

  /** The clients these sessions were used for, by the whole key. */
  async function clientsOf(rows: readonly Row[]): Promise<readonly { uid_hash: Buffer; client_id: ClientId }[]> {
    const keys = [rows.map((r) => r.routing), rows.map((r) => r.bucket), rows.map((r) => r.uid_hash)] as const
    const found = await sql<{ uid_hash: Buffer; client_id: ClientId }>`select c.uid_hash, c.client_id
      from unnest(${keys[0]}::smallint[], ${keys[1]}::smallint[], ${keys[2]}::bytea[]) as k (routing, bucket, uid_hash)
      join oidc_session_clients c on c.routing = k.routing and c.bucket = k.bucket and c.uid_hash = k.uid_hash`.execute(db)
    return found.rows
  }

  /** Ends what `which` picks of the account's live sessions, all of them, in one transaction with the logout events of their clients. */
  async function endIn(tx: Db, accountId: AccountId, which: RawBuilder<boolean>): Promise<number> {
    const { rows } = await sql<{ client_id: ClientId | null; sid: string | null; ended: number }>`
        with ended as (update oidc_sessions s set ended_at = ${deps.clock()}, state_sealed = null
          where account_id = ${accountId} and ended_at is null and ${which} returning routing, bucket, uid_hash)
        select c.client_id, c.sid, (select count(*)::int from ended) as ended
        from ended e left join oidc_session_clients c on c.routing = e.routing and c.bucket = e.bucket and c.uid_hash = e.uid_hash`.execute(
      tx,
    )
    for (const { client_id, sid } of rows) {
      if (!client_id || !sid || !deps.group().clients.get(client_id)?.backchannelLogoutUri) continue
      await deps.events.emit(tx, { kind: 'backchannel_logout', issuer: deps.issuer, client_id, account_id: accountId, sid })
    }
    return rows[0]?.ended ?? 0
  }

  const end = async (work: (tx: Db) => Promise<number>): Promise<number> => {
    const ended = await db.transaction().execute(work)
    deps.events.wake()
    return ended
  }

  async function endAllBut(tx: Db, accountId: AccountId, except: string | undefined): Promise<number> {
    const ended = await endIn(tx, accountId, except === undefined ? sql<boolean>`true` : isOther(except))
    await revokeOfflineGrants(tx, accountId, deps.clock())
    await deps.afterEndingAll(tx, accountId)
    return ended
  }

  return {
    async current(ctx, clientId) {
      const session = await provider().Session.get(provider().createContext(ctx.req, ctx.res))
      const { accountId, uid, loginTs = 0, acr } = session as unknown as { accountId?: string; uid: string; loginTs?: number; acr?: string } // the types leave uid out
      if (!accountId || !session.authorizations?.[clientId]?.grantId) return undefined
      const account = await deps.accounts.find(db, accountId as AccountId) // stored by us
      return account?.status === 'active' ? { account_id: account.id, uid, auth_time: loginTs, acr } : undefined
    },

    async list(accountId, current) {
      const rows = await rowsOf(db, accountId)
      const clients = await clientsOf(rows)
      return Promise.all(
        rows.map(async (row) => ({
          id: publicId(row),
          user_agent: row.device_sealed ? await deps.vault.openSystem('oidc_sessions.device_sealed', row.device_sealed) : '',
          signed_in_at: row.login_at ?? row.created_at,
          seen_at: row.seen_at,
          clients: clients.filter((c) => c.uid_hash.equals(row.uid_hash)).map((c) => c.client_id),
          current: uidOf(row) === current,
        })),
      )
    },

    async end(accountId, id) {
      // A name is a hash of the key; only the owner's own, listed sessions are candidates.
      const row = (await rowsOf(db, accountId)).find((candidate) => publicId(candidate) === id)
      return row !== undefined && (await end((tx) => endIn(tx, accountId, isRow(row)))) === 1
    },
    endOthers: (accountId, current) => end((tx) => endAllBut(tx, accountId, current)),
    endAllBut,
    async endOldest(accountId, current) {
      const last = await sql<{ seen_at: Date }>`select seen_at from oidc_sessions
        where account_id = ${accountId} and ended_at is null and expires_at > ${deps.clock()}
        order by seen_at desc offset ${MOST_SESSIONS - 1} limit 1`.execute(db)
      const [kept] = last.rows
      if (kept) await end((tx) => endIn(tx, accountId, sql<boolean>`seen_at < ${kept.seen_at} and ${isOther(current)}`))
    },
    isSession: (uid, key) => uid === internalText('u', key),
    async sweep() {
      const gone = await sql`delete from oidc_sessions where account_id is null and expires_at < ${deps.clock()}`.execute(db)
      return Number(gone.numAffectedRows ?? 0)
    },
  }
}

/** As the primary key has it. */
const isRow = ({ routing, bucket, uid_hash }: Pick<Row, 'routing' | 'bucket' | 'uid_hash'>): RawBuilder<boolean> =>
  sql<boolean>`(routing = ${routing} and bucket = ${bucket} and uid_hash = ${uid_hash})`

/** Any but the session of that uid. */
function isOther(uid: string): RawBuilder<boolean> {
  const own = internalKey('u', uid)
  return own ? sql<boolean>`not ${isRow({ ...own, uid_hash: own.hash })}` : sql<boolean>`true`
}

const uidOf = (row: Row): string => internalText('u', { ...row, hash: row.uid_hash })
const publicId = (row: Row): string =>
  sha256(`session ${uidOf(row)}`)
    .subarray(0, 12)
    .toString('base64url')

/** Tokens that were made to outlive the session end with "end all others" too (OIDC-24). */
async function revokeOfflineGrants(tx: Db, accountId: AccountId, now: Date): Promise<void> {
  await sql`update oidc_grants set revoked_at = ${now} where account_id = ${accountId} and not expires_with_session and revoked_at is null`.execute(
    tx,
  )
}
