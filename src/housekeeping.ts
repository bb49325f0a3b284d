import type { Accounts } from './accounts/index.ts'
import type { Activity } from './activity/index.ts'
import type { Authenticators } from './authenticators/index.ts'
import type { Changes } from './changes/index.ts'
import type { Events } from './events/index.ts'
import type { Journey } from './journey/index.ts'
import type { Limits } from './limits/index.ts'
import type { Merging } from './merging/index.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/log.ts'
import type { Privacy } from './privacy/index.ts'
import type { Store } from './store/db.ts'
import type { Outage } from './store/outage.ts'
import { dropExpiredPartitions, ensurePartitions } from './store/partitions.ts'

interface Kept {
  readonly store: Store
  readonly clock: Clock
  readonly journey: Pick<Journey, 'sweep'>
  readonly limits: Pick<Limits, 'sweep'>
  readonly authenticators: Pick<Authenticators, 'trustedDevices' | 'federated'>
  readonly accounts: Pick<Accounts, 'notices'>
  readonly activity: Pick<Activity, 'sweep'>
  readonly changes: Pick<Changes, 'sweep'>
  readonly events: Pick<Events, 'sweep'>
  readonly privacy: Privacy
  readonly merging: Pick<Merging, 'finishDue'>
}

/** What every process does before it answers and once an hour: partitions, what expired, whom to forget, who is one now. Any number may do it at once. */
export function createHousekeeping(kept: Kept) {
  const { clock, journey, limits, authenticators, accounts, activity, changes, events, privacy, merging } = kept
  const { db, pool } = kept.store
  return async (): Promise<void> => {
    await ensurePartitions(pool, clock())
    await dropExpiredPartitions(pool, clock())
    await privacy.reapply()
    await privacy.eraseDue()
    while ((await journey.sweep(db, clock())) > 0);
    while ((await limits.sweep(db, clock())) > 0);
    while ((await authenticators.trustedDevices.sweep(db, clock())) > 0);
    while ((await authenticators.federated.sweep(db, clock())) > 0);
    while ((await accounts.notices.sweep(db, clock())) > 0);
    while ((await activity.sweep(db, clock())) > 0);
    while ((await events.sweep(db, clock())) > 0);
    while ((await privacy.exports.sweep(db, clock())) > 0);
    while ((await changes.sweep(db, clock())) > 0);
    await merging.finishDue()
  }
}

/** Makes work that a timer can start: not again before it has ended, because a slow database is not asked twice; a failure is a line in the log. */
export const oneAtATime =
  ({ outage, log }: { readonly outage: Outage; readonly log: Logger }) =>
  (what: string, work: () => Promise<unknown>) => {
    let running = false
    return () => {
      if (running) return
      running = true
      const done = () => {
        running = false
      }
      void outage.watch(work).then(done, (err: unknown) => {
        done()
        log.warn({ err }, what)
      })
    }
  }
