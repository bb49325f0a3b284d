import { zip } from 'fflate'
import { archivePage, exportReadyMail } from '../../views/index.ts'
import type { Accounts } from '../accounts/index.ts'
import { mailOwner } from '../accounts/index.ts'
import type { Event, Events } from '../events/index.ts'
import type { Group } from '../group/group.ts'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { render } from '../web/html.ts'
import { DEFAULT_LOCALE, type Locale, localised, parseLocale, translator } from '../web/i18n.ts'
import { type Collected, collect } from './collect.ts'
import { askForExport, deleteExport, deleteOldExports, failExport, findExport, finishExport, readArchive } from './export-store.ts'

export interface ExportsDeps {
  readonly db: Db
  readonly vault: Vault
  readonly accounts: Accounts
  readonly events: Events
  readonly clock: Clock
  readonly group: () => Group
  readonly issuer: string
}

/** How it stands with the archive of an account. */
export interface ExportState {
  readonly state: 'pending' | 'ready' | 'failed'
  readonly requestedAt: Date
  readonly expiresAt: Date
}

/** Archives of everything about a person: asked for, built beside the requests, kept sealed for a week. */
export interface Exports {
  /** In the caller's transaction. False: one is being built, or the last was asked for within the hour. */
  ask(tx: Db, accountId: AccountId, locale: Locale): Promise<boolean>
  find(db: Db, accountId: AccountId): Promise<ExportState | undefined>
  /** The ZIP file; undefined when there is none (any more). */
  download(db: Db, accountId: AccountId): Promise<Buffer | undefined>
  /** In the caller's transaction: what there is goes, and what is being built is for nobody. */
  forget(tx: Db, accountId: AccountId): Promise<void>
  /** Builds what was asked for. Doing it again is harmless, so it can be the outbox that has it done. */
  build(event: Extract<Event, { kind: 'export' }>): Promise<void>
  /** Removes some whose time is over. Returns how many. */
  sweep(db: Db, now: Date): Promise<number>
}

export const KEPT_DAYS = 7
const DAY_MS = 86_400_000
/** Longer than the outbox tries. */
const WAITED_FOR_MS = 2 * DAY_MS
const HOUR_MS = 3_600_000
const MOST_BYTES = 16 * 1024 * 1024
const SWEEP_AT_ONCE = 100
const FIELD = 'account_exports.archive_sealed'

export function createExports(deps: ExportsDeps): Exports {
  const { vault, clock, events } = deps
  const after = (now: Date, ms: number): Date => new Date(now.getTime() + ms)
  return {
    async ask(tx, accountId, locale) {
      const now = clock()
      const asked = await askForExport(tx, accountId, { now, expiresAt: after(now, WAITED_FOR_MS), notSince: after(now, -HOUR_MS) })
      if (asked) await events.emit(tx, { kind: 'export', account_id: accountId, locale })
      return asked
    },
    find: (db, accountId) => findExport(db, accountId, clock()),
    async download(db, accountId) {
      const sealed = await readArchive(db, accountId, clock())
      return sealed && vault.openBytes(db, accountId, FIELD, sealed)
    },
    forget: deleteExport,
    build: (event) => build(deps, event),
    sweep: (db, now) => deleteOldExports(db, now, SWEEP_AT_ONCE),
  }
}

async function build(deps: ExportsDeps, event: Extract<Event, { kind: 'export' }>): Promise<void> {
  const accountId = event.account_id as AccountId // written from one by ask()
  const account = await deps.accounts.find(deps.db, accountId)
  if (account?.status !== 'active') return
  const locale = parseLocale(event.locale) ?? DEFAULT_LOCALE
  const archive = await archiveOf(deps, await collect(deps, accountId, deps.clock()), locale)
  if (archive.length > MOST_BYTES) return failExport(deps.db, accountId)
  const sealed = await deps.vault.seal(deps.db, accountId, FIELD, archive)
  const expiresAt = new Date(deps.clock().getTime() + KEPT_DAYS * DAY_MS)
  await deps.db.transaction().execute(async (tx) => {
    if (await finishExport(tx, accountId, { sealed, expiresAt })) await tellOwner(deps, tx, accountId, locale)
  })
  deps.events.wake()
}

/** Two files of the same: one for programs, one to read. */
async function archiveOf({ group }: ExportsDeps, collected: Collected, locale: Locale): Promise<Buffer> {
  const { name, attributes, recipients, clients } = group()
  const page = archivePage(
    { t: translator(locale), locale, groupName: name },
    {
      collectedAt: new Date(collected.collected_at),
      tables: collected.tables,
      words: Object.fromEntries([
        ...[...clients.values()].map((client) => [client.id, client.name] as const),
        ...[...recipients.values()].map((recipient) => [recipient.key, recipient.name] as const),
        ...[...attributes.values()].map((attribute) => [attribute.name, localised(attribute.label, locale)] as const),
      ]),
    },
  )
  const files = { 'account.json': Buffer.from(`${JSON.stringify(collected, null, 2)}\n`), 'account.html': Buffer.from(render(page)) }
  // beside the event loop when it is large
  return new Promise((resolve, reject) => zip(files, { level: 6 }, (error, data) => (error ? reject(error) : resolve(Buffer.from(data)))))
}

async function tellOwner(deps: ExportsDeps, tx: Db, accountId: AccountId, locale: Locale): Promise<void> {
  const { name, recipients } = deps.group()
  const brand = [...recipients.values()].find(({ kind }) => kind === 'group') ?? [...recipients.values()][0]
  if (!brand) return
  const context = { t: translator(locale), locale, groupName: name, brand: { ...brand, name } }
  const mail = exportReadyMail(context, { privacyHref: `${deps.issuer}/account/privacy`, days: KEPT_DAYS })
  await mailOwner(deps, tx, accountId, { from_name: name, mail })
}
