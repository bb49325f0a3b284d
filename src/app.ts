import type { Server } from 'node:http'
import Router from '@koa/router'
import { landingPage } from '../views/index.ts'
import { createAccounts } from './accounts/index.ts'
import { createAuthenticators } from './authenticators/index.ts'
import { createDevClock, followClock } from './dev-clock.ts'
import { createDevMailbox, createEvents } from './events/index.ts'
import { createGroups, type Groups } from './group/index.ts'
import { createJourney, type Interactions } from './journey/index.ts'
import { createLimits } from './limits/index.ts'
import { createOidc, inUnitOfWork, type Oidc, UnitOfWork } from './oidc/index.ts'
import { createPortal, withOwnClients } from './portal/index.ts'
import type { Clock } from './ports/clock.ts'
import { allowLoopback, createGuardedFetch } from './ports/guarded-fetch.ts'
import type { Logger } from './ports/log.ts'
import { type Mailer, smtpMailer } from './ports/mail.ts'
import type { Random } from './ports/random.ts'
import type { Secret } from './ports/secret.ts'
import { createSharing } from './sharing/index.ts'
import { openStore, type Store } from './store/db.ts'
import { dropExpiredPartitions, ensurePartitions } from './store/partitions.ts'
import { createVault, type DataKeys, loadSigningKeys } from './vault/index.ts'
import { createAnswerError } from './web/answer-error.ts'
import { loadAssets } from './web/assets.ts'
import { createClientAddress } from './web/client-address.ts'
import { createCookieJar } from './web/cookies.ts'
import { createCsrf } from './web/csrf.ts'
import { mountDevPages } from './web/dev-pages.ts'
import { closeServer, listenOn } from './web/listen.ts'
import { createOpsServer, type Readiness } from './web/ops-server.ts'
import { createPages } from './web/pages.ts'
import { createWebServer } from './web/server.ts'

/** What the app needs to know; `cli/start.ts` makes it of the configuration, tests make their own. */
export interface AppOptions {
  readonly issuer: string
  readonly production: boolean
  readonly listen: { readonly hosts: readonly string[]; readonly port: number }
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is believed; absent: none. */
  readonly trustProxy?: readonly string[]
  /** Loopback port of `/healthz` and `/readyz`; absent: none. */
  readonly opsPort?: number
  readonly database: { readonly url: string; readonly maxConnections?: number }
  readonly dataKeys: DataKeys
  /** Unset outside production: mails are kept for `/dev/mailbox`. */
  readonly smtp?: { readonly url: Secret; readonly from: string }
}

/** The world outside. */
export interface Ports {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** In place of SMTP or the mailbox. */
  readonly mailer?: Mailer
}

export interface App {
  readonly store: Store
  readonly groups: Groups
  /** Starts answering. Resolves once every address is bound. */
  listen(): Promise<void>
  /** Where it listens: the port is the real one when 0 was asked for. */
  readonly addresses: readonly { host: string; port: number }[]
  /** Resolves when every mail and logout token that is due has been delivered. */
  idle(): Promise<void>
  /** Stops taking requests, finishes those under way, and lets go of the database. */
  close(): Promise<void>
}

const TICK_MS = 1_000
const HOUSEKEEPING_MS = 3_600_000

/** Builds every feature once, lowest first. The one place that knows everybody; tests call it too, with other ports. */
export async function createApp(options: AppOptions, ports: Ports): Promise<App> {
  const { clock, random, log } = ports
  const { issuer, production } = options
  const store = openStore({ ...options.database, onConnectionLost: (err) => log.warn({ err }, 'a database connection was lost') })
  const { db, pool } = store
  if (!production) await followClock(store)
  const vault = await createVault({ db, dataKeys: options.dataKeys, clock, random })
  const groups = await createGroups({ db, vault, random, clock, production })
  let own = withOwnClients(groups.current(), issuer)
  const group = () => own

  const accounts = createAccounts({ vault, clock, random })
  const authenticators = await createAuthenticators({ vault, clock, random })
  const sharing = createSharing({ vault, clock })
  const limits = createLimits({ vault, random, onAttack: () => log.warn('so many wrong passwords in the whole group are an attack') })
  const events = createEvents({ db, vault, clock, random, log })
  const mailbox = production || options.smtp ? undefined : createDevMailbox({ db, vault, clock, random })
  const mailer = ports.mailer ?? (options.smtp ? smtpMailer(options.smtp.url.reveal(), options.smtp.from) : mailbox)
  if (!mailer) throw new Error('nothing to send mail with: set SMTP_URL')

  const assets = loadAssets()
  const pages = createPages({ group, random, assets: assets.urls })
  const answerError = createAnswerError(pages)
  const cookies = createCookieJar(issuer)
  const addressOf = createClientAddress(options.trustProxy ?? [])
  const csrf = createCsrf({ key: vault.derive('csrf'), origin: new URL(issuer).origin })
  const fetch = createGuardedFetch(production ? {} : { allow: allowLoopback })

  // Two neighbours need each other: the engine asks the journey whether a page is due, the journey runs inside the engine's interactions.
  const interactions: Interactions = {
    find: (ctx) => oidc.interactions.find(ctx),
    isOpen: (uid) => oidc.interactions.isOpen(uid),
    finish: (ctx, interaction, result) => oidc.interactions.finish(ctx, interaction, result),
  }
  const journey = createJourney({
    ...{ db, vault, clock, issuer, group, interactions, pages, csrf, cookies, addressOf },
    ...{ accounts, authenticators, sharing, events, limits },
  })
  const signingKeys = await loadSigningKeys({ db, vault, clock })
  const oidc: Oidc = createOidc(
    {
      ...{ store, vault, clock, random, issuer, group, accounts, sharing, events, pages, cookies, fetch },
      signingKeys: signingKeys.jwks,
      hasStepLeft: (accountId, client) => journey.hasStepLeft(db, accountId, client),
    },
    answerError,
  )
  groups.onChange((changed) => {
    own = withOwnClients(changed, issuer)
    oidc.rebuild()
  })

  const router = new Router()
  router.use((_ctx, next) => inUnitOfWork(new UnitOfWork(), next))
  router.get('/', (ctx) => {
    const brands = [...group().recipients.values()].filter((r) => r.kind === 'brand')
    pages.send(ctx, (page) => landingPage(page, { accountHref: '/account', brands }))
  })
  assets.mount(router, pages)
  journey.mount(router)
  const portal = { db, accounts, sessions: oidc.sessions, redeemOwnCode: oidc.redeemOwnCode, group, pages, csrf, cookies, random, issuer }
  createPortal({ ...portal, key: vault.derive('account_sign_in') }).mount(router)
  if (!production) mountDevPages(router, { pages, mailbox, clock: createDevClock(store, clock) })

  const server = createWebServer({ issuer, log, random, answerError, router, protocol: oidc, clockMs: () => performance.now() })
  const running = { server, servers: [] as Server[], timers: [] as NodeJS.Timeout[], draining: false }

  const housekeeping = async (): Promise<void> => {
    await ensurePartitions(pool, clock())
    await dropExpiredPartitions(pool, clock())
    while ((await journey.sweep(db, clock())) > 0);
    while ((await limits.sweep(db, clock())) > 0);
  }
  const guarded = (what: string, work: () => Promise<unknown>) => () => void work().catch((err: unknown) => log.warn({ err }, what))

  return {
    store,
    groups,
    get addresses() {
      return running.servers.map((s) => s.address()).flatMap((a) => (a && typeof a === 'object' ? [{ host: a.address, port: a.port }] : []))
    },
    async listen() {
      await housekeeping()
      running.servers = await listenOn(server, options.listen)
      if (options.opsPort !== undefined) {
        const ops = createOpsServer(() => readiness(store, running))
        running.servers.push(...(await listenOn(ops, { hosts: ['127.0.0.1'], port: options.opsPort })))
      }
      events.start({ mail: (event) => mailer.send(event.mail), backchannel_logout: (event) => oidc.deliverLogout(event) })
      const tick = guarded('the group could not be refreshed', async () => {
        if (!production) await followClock(store)
        await groups.refresh()
      })
      running.timers = [
        setInterval(tick, TICK_MS).unref(),
        setInterval(guarded('housekeeping failed', housekeeping), HOUSEKEEPING_MS).unref(),
      ]
    },
    idle: () => events.idle(),
    async close() {
      running.draining = true
      for (const timer of running.timers) clearInterval(timer)
      await Promise.all(running.servers.map(closeServer))
      await events.stop()
      await fetch.close()
      await store.close()
    },
  }
}

/** Ready: the database answers, and nobody has asked this process to stop. */
async function readiness({ pool }: Store, { draining }: { readonly draining: boolean }): Promise<Readiness> {
  const database = await pool.query('select 1').then(
    () => 'ok',
    () => 'does not answer',
  )
  return { ready: database === 'ok' && !draining, checks: { database, process: draining ? 'stopping' : 'ok' } }
}
