import type { Authenticators } from './authenticators/index.ts'
import type { EventHandler, EventHandlers, Events } from './events/index.ts'
import type { Clock } from './ports/clock.ts'
import type { Metrics } from './ports/metrics.ts'
import type { Store } from './store/db.ts'
import { signingSince } from './vault/index.ts'

interface Measured {
  readonly store: Store
  readonly authenticators: Authenticators
  readonly events: Events
  readonly clock: Clock
}

/** Has the gauges read from whom they belong to, when somebody asks for them. */
export function measureApp(metrics: Metrics, { store, authenticators, events, clock }: Measured): void {
  const ageS = (since: Date | null | undefined): number => (since ? Math.max(0, (clock().getTime() - since.getTime()) / 1000) : 0)
  metrics.read('atrium_db_pool', () => [
    { labels: ['busy'], value: store.pool.totalCount - store.pool.idleCount },
    { labels: ['idle'], value: store.pool.idleCount },
    { labels: ['waiting'], value: store.pool.waitingCount },
  ])
  metrics.read('atrium_argon2_queue', () => authenticators.waiting())
  metrics.read('atrium_outbox_pending', async () => (await events.backlog()).pending)
  metrics.read('atrium_outbox_oldest_seconds', async () => ageS((await events.backlog()).oldest_at))
  metrics.read('atrium_signing_key_age_seconds', async () => ageS(await signingSince(store.db)))
}

interface Deliveries {
  readonly provider: 'smtp' | 'mailbox'
  readonly mail: EventHandler<'mail'>
  readonly smsProvider: 'http' | 'mailbox' | 'none'
  readonly sms: EventHandler<'sms'>
  readonly logout: EventHandler<'backchannel_logout'>
  readonly exports: EventHandler<'export'>
}

/** The handlers of the outbox, with each attempt counted. */
export function countDeliveries(metrics: Metrics, { provider, mail, smsProvider, sms, logout, exports }: Deliveries): EventHandlers {
  return {
    mail: counted(mail, (worked) => metrics.count('atrium_messages_total', ['email', provider, worked ? 'sent' : 'failed'])),
    sms: counted(sms, (worked) => metrics.count('atrium_messages_total', ['sms', smsProvider, worked ? 'sent' : 'failed'])),
    backchannel_logout: counted(logout, (worked) => metrics.count('atrium_backchannel_logout_total', [worked ? 'delivered' : 'failed'])),
    export: exports,
  }
}

function counted<Args extends readonly unknown[]>(deliver: (...args: Args) => Promise<void>, count: (worked: boolean) => void) {
  return async (...args: Args): Promise<void> => {
    try {
      await deliver(...args)
    } catch (error) {
      count(false)
      throw error
    }
    count(true)
  }
}
