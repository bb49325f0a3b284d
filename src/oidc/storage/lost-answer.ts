import { setTimeout as wait } from 'node:timers/promises'
import type { StorageDeps } from './deps.ts'
import { run } from './statement.ts'
import type { Key } from './token-text.ts'
import { unitOfWork } from './unit-of-work.ts'

/** What a spent refresh token's row says of its use. */
export interface SpentRow {
  readonly consumed_at: Date
  readonly successor_bucket: number | null
  readonly early_uses: number | null
  readonly g_bucket: number
  readonly g_session_bucket: number | null
}

/** How a refresh token that comes again is taken (OIDC-8, docs/decisions/0008-lost-refresh-answer.md). */
export type Again =
  | { readonly kind: 'refused' }
  /** A retry: the answer got lost. The successor is given again. */
  | { readonly kind: 'retried'; readonly successor: string }
  /** Two hold it, and one of them is not the client. */
  | { readonly kind: 'copied' }

/** In the first second after a rotation uses that overlap are told from a retry, which is alone. */
const EARLY_MS = 1_000
/** Longer than a client waits for a lost answer, and short enough that a thief has little use of it. */
const RETRY_MS = 10_000

/** More of them were uses that overlapped; what is left of those, when a server was slow, is no retry either. */
const MOST_EARLY_USES = 1

const COUNT = `update oidc_refresh_tokens set early_uses = least(coalesce(early_uses, 0) + 1, 1000)
  where routing = $1 and bucket = $2 and token_hash = $3 returning early_uses`
const UNUSED = `select 1 from oidc_refresh_tokens where routing = $1 and bucket = $2 and token_hash = $3 and consumed_at is null`

const REFUSED: Again = { kind: 'refused' }

/**
 * Decides on a spent token that comes again. A use in the first second is held until that second is over, and is a retry only if it was the only
 * one: of uses at the same moment exactly one gets tokens (PERF-9).
 *
 * @param reread the token's row as it is now
 */
export async function takeAgain(
  deps: StorageDeps,
  { id, key, spent }: { readonly id: string; readonly key: Key; readonly spent: SpentRow },
  reread: () => Promise<{ readonly early_uses: number | null } | undefined>,
): Promise<Again> {
  const arrivedAt = unitOfWork().arrivedAt ?? deps.clock()
  const lateByMs = arrivedAt.getTime() - spent.consumed_at.getTime()
  if (lateByMs >= RETRY_MS) return { kind: 'copied' }
  if (lateByMs <= -RETRY_MS) return REFUSED // a clock was set back, and nobody knows any more how late it is
  if (lateByMs < EARLY_MS && !(await isAlone(deps, { key, spent, arrivedAt }, reread))) return REFUSED
  if (spent.successor_bucket === null) return REFUSED // rotated by the version before this one
  const family = { grantBucket: spent.g_bucket, sessionBucket: spent.g_session_bucket ?? 0 }
  const successor = deps.tokens.successorOf(id, { routing: key.routing, bucket: spent.successor_bucket, family })
  const next = deps.tokens.parse('r', successor)
  const [unused] = next ? await run(deps.pool, UNUSED, [next.routing, next.bucket, next.hash]) : []
  if (!unused) return { kind: 'copied' }
  return (spent.early_uses ?? 0) > MOST_EARLY_USES ? REFUSED : { kind: 'retried', successor }
}

async function isAlone(
  deps: StorageDeps,
  { key, spent, arrivedAt }: { readonly key: Key; readonly spent: SpentRow; readonly arrivedAt: Date },
  reread: () => Promise<{ readonly early_uses: number | null } | undefined>,
): Promise<boolean> {
  const [counted] = await run<{ early_uses: number }>(deps.pool, COUNT, [key.routing, key.bucket, key.hash])
  // What came before the rotation was decided cannot be a retry of it.
  if (counted?.early_uses !== MOST_EARLY_USES || arrivedAt <= spent.consumed_at) return false
  const leftMs = spent.consumed_at.getTime() + EARLY_MS - deps.clock().getTime()
  await wait(Math.min(EARLY_MS, Math.max(0, leftMs)))
  return (await reread())?.early_uses === MOST_EARLY_USES
}
