/**
 * Owns what happens after a transaction has committed: the outbox, its worker, and the mailbox that keeps mails outside production.
 *
 * Does not own how an event is delivered: `app.ts` hands in a handler for each kind. Nor what a mail says.
 */
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Event, EventHandlers } from './event.ts'
import { deleteGivenUp, insertEvent, measureOutbox } from './store.ts'
import type { OutboxTable } from './tables.ts'
import { OutboxWorker, type WorkerDeps } from './worker.ts'

export { createDevMailbox, type DevMailbox, type MailboxEntry } from './dev-mailbox.ts'
export type { Event, EventHandler, EventHandlers, EventKind } from './event.ts'
export type { EventLog } from './worker.ts'

/** The outbox: what has to happen once a transaction has committed. */
export interface Events {
  /** Writes an event in the caller's transaction: it happens if and only if that commits. At least once, usually within a second. */
  emit(db: Db, event: Event): Promise<void>
  /** The row of an event, for a caller that writes everything it changes in one statement of its own. */
  prepare(event: Event): Promise<OutboxTable>
  /** Has the worker look now: call it after the commit. Without it the event waits for the next poll, up to a second. */
  wake(): void
  /** Starts delivering in this process. Kinds without a handler are left to other processes. */
  start(handlers: EventHandlers): void
  /** Takes nothing more and waits for what is under way; what takes longer than five seconds is tried again later. */
  stop(): Promise<void>
  /** Removes some of what was given up a month ago: it holds an address and serves nobody. Returns how many. */
  sweep(db: Db, now: Date): Promise<number>
  /** How many events wait for delivery (100,000 at most), and since when the oldest does. What was given up does not wait. */
  backlog(): Promise<{ readonly pending: number; readonly oldest_at: Date | null }>
  /** Resolves when nothing this process can deliver is due or under way. What failed is not due until its next attempt. */
  idle(): Promise<void>
}

const GIVEN_UP_KEPT_MS = 30 * 86_400_000
const SWEEP_AT_ONCE = 1_000

/** The payload is sealed: it holds addresses and codes. */
export function createEvents(deps: WorkerDeps): Events {
  const { db, vault, clock, random } = deps
  let worker: OutboxWorker | undefined
  const prepare = async (event: Event): Promise<OutboxTable> => {
    const payload_sealed = await vault.sealSystem('outbox.payload_sealed', JSON.stringify(event))
    const now = clock()
    const account_id = 'account_id' in event ? (event.account_id as AccountId) : null // written below from an AccountId by whoever emits
    return { id: random.uuid(), kind: event.kind, payload_sealed, created_at: now, due_at: now, attempts: 0, last_error: null, account_id }
  }
  return {
    emit: async (db, event) => insertEvent(db, await prepare(event)),
    prepare,
    wake: () => worker?.wake(),
    start(handlers) {
      if (worker) throw new Error('the events worker has been started before')
      worker = new OutboxWorker(deps, handlers)
    },
    async stop() {
      await worker?.stop()
      worker = undefined
    },
    sweep: (db, now) => deleteGivenUp(db, new Date(now.getTime() - GIVEN_UP_KEPT_MS), SWEEP_AT_ONCE),
    backlog: () => measureOutbox(db),
    async idle() {
      await worker?.idle()
    },
  }
}
