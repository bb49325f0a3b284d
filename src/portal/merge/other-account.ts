import type { Context } from 'koa'
import type { ProvenAccount } from '../../journey/index.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { FRESH_S } from '../sign-in.ts'

/** The other account, as it was proven in this browser; or why that does not count. */
export type OtherAccount =
  | ({ readonly ok: true; readonly uid: string } & ProvenAccount)
  | { readonly ok: false; readonly reason: 'not_proven' | 'stale' }

/**
 * The account that a second sign-in proved. One that was begun in another session, for another account, or never, is refused: its name was not made
 * for this page. Every proof in it must be young (MFA-27): the oldest decides.
 */
export async function otherAccount(deps: PortalDeps, customer: CustomerPage, uid: string): Promise<OtherAccount> {
  const interaction = deps.secondSignIns.of(customer, uid)
  if (!interaction) throw new Refusal('other_browser')
  const now = deps.clock()
  const proven = await deps.secondJourney.provenBy(deps.db, interaction, now)
  if (!proven) return { ok: false, reason: 'not_proven' }
  const ages = proven.evidence.map(({ at }) => now.getTime() - Date.parse(at))
  const isYoung = ages.length > 0 && ages.every((ageMs) => ageMs >= 0 && ageMs <= FRESH_S * 1000)
  return isYoung ? { ok: true, uid, ...proven } : { ok: false, reason: 'stale' }
}

/** Back to the first page, which says why. */
export function backToMerge(ctx: Context, status: string): void {
  ctx.redirect(`/account/merge?${new URLSearchParams({ status })}`)
  ctx.status = 303
}
