import Router from '@koa/router'
import { landingPage } from '../views/index.ts'
import { createAccounts } from './accounts/index.ts'
import { createActivity } from './activity/index.ts'
import { type BreachedSources, createAuthenticators, createBreachedPasswords } from './authenticators/index.ts'
import { createChanges } from './changes/index.ts'
import { createCustomers } from './customers/index.ts'
import { createDevClock, followClock } from './dev-clock.ts'
import { createDevMailbox, createEvents } from './events/index.ts'
import { createGroups, createRegistrations, type Groups } from './group/index.ts'
import { createHousekeeping, oneAtATime } from './housekeeping.ts'
import { createJourney, type Interactions } from './journey/index.ts'
import { createLimits } from './limits/index.ts'
import { countDeliveries, measureApp } from './measure.ts'
import { createMerging } from './merging/index.ts'
import { createOidc, inUnitOfWork, type Oidc, signingKeyRules, UnitOfWork } from './oidc/index.ts'
import { createPortal, createSecondSignIns, SECOND_SIGN_IN_PATH, withOwnClients } from './portal/index.ts'
import type { Clock } from './ports/clock.ts'
import { allowLoopback, createGuardedFetch, type GuardedFetch } from './ports/guarded-fetch.ts'
import type { Logger } from './ports/log.ts'
import { type Mailer, smtpMailer } from './ports/mail.ts'
import { createMetrics, type Metrics } from './ports/metrics.ts'
import type { Random } from './ports/random.ts'
import type { Secret } from './ports/secret.ts'
import { httpSms, type Sms, type SmsProvider } from './ports/sms.ts'
import { createPrivacy } from './privacy/index.ts'
import { createServing, type Readiness } from './serving.ts'
import { createSharing } from './sharing/index.ts'
import { type Db, openStore, type Store } from './store/db.ts'
import type { AccountId } from './store/ids.ts'
import { Outage } from './store/outage.ts'
import { createSigningKeys, createVault, type DataKeys } from './vault/index.ts'
import { createAdmission } from './web/admission.ts'
import { createAnswerError } from './web/answer-error.ts'
import { loadAssets } from './web/assets.ts'
import { createClientAddress } from './web/client-address.ts'
import { createCookieJar } from './web/cookies.ts'
import { createCsrf } from './web/csrf.ts'
import { mountDevPages } from './web/dev-pages.ts'
import { createPages } from './web/pages.ts'
import { createWebServer, type HttpLimits } from './web/server.ts'

/** What the app needs to know; `cli/start.ts` makes it of the configuration, tests make their own. */
export interface AppOptions {
  readonly issuer: string
  readonly production: boolean
  readonly listen: { readonly hosts: readonly string[]; readonly port: number }
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is believed; absent: none. */
  readonly trustProxy?: readonly string[]
  /** Loopback port of `/healthz`, `/readyz` and `/metrics`; absent: none. */
  readonly opsPort?: number
  /** How long {@link App.close} goes on answering while `/readyz` already says no, so that load balancers notice first. */
  readonly drainMs?: number
  /** Where callers may be slower or must be faster than usual. */
  readonly httpLimits?: Partial<HttpLimits>
  readonly database: { readonly url: string; readonly maxConnections?: number }
  readonly dataKeys: DataKeys
  /** Where new passwords are looked up; absent: nowhere but in the built-in list. */
  readonly breachedPasswords?: BreachedSources
  /** The file in which the list of erased accounts is kept beside the database; absent: nowhere else. */
  readonly erasureList?: string
  /** Unset outside production: mails are kept for `/dev/mailbox`. */
  readonly smtp?: { readonly url: Secret; readonly from: string }
  /** Unset outside production: text messages are kept with the mails. Unset otherwise: there are none, and nothing that needs them. */
  readonly sms?: SmsProvider
}

/** The world outside. */
export interface Ports {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** In place of SMTP or the mailbox. */
  readonly mailer?: Mailer
  /** In place of a provider or the mailbox. */
  readonly sms?: Sms
  /** In place of this machine's names and network, for addresses that somebody else chose. */
  readonly fetch?: GuardedFetch
  /** One set for the process; a new one when absent. */
  readonly metrics?: Metrics
}

export interface App {
  readonly store: Store
  readonly groups: Groups
  /** Starts answering. Resolves once every address is bound. */
  listen(): Promise<void>
  /** Where it listens: the port is the real one when 0 was asked for. */
  readonly addresses: readonly { host: string; port: number }[]
  readonly metrics: Metrics
  /** Whether this process can take requests. */
  readiness(): Promise<Readiness>
  /** Does now what is done before it answers and once an hour. */
  housekeeping(): Promise<void>
  /** Resolves when every mail and logout token that is due has been delivered. */
  idle(): Promise<void>
  /** Stops taking requests, finishes those under way, and lets go of the database. */
  close(): Promise<void>
}

const TICK_MS = 1_000
const HOUSEKEEPING_MS = 3_600_000

/** Builds every feature once, lowest first. The one place that knows everybody; tests call it too, with other ports. */
export async function createApp(options: AppOptions, ports: Ports): Promise<App> {
  const { clock, random, log, metrics = createMetrics() } = ports
  const { issuer, production } = options
  const outage = new Outage(log, () => performance.now())
  const store = openStore({ ...options.database, onUnavailable: (error) => outage.met(error) })
  const { db, pool } = store
  if (!production) await followClock(store)
  const vault = await createVault({ db, dataKeys: options.dataKeys, clock, random })
  const groups = await createGroups({ db, vault, random, clock, production })
  let own = withOwnClients(groups.current(), issuer)
  const group = () => own

  const accounts = createAccounts({ vault, clock, random })
  const fetch = ports.fetch ?? createGuardedFetch(production ? {} : { allow: allowLoopback })
  const breached = await createBreachedPasswords({ fetch, clock, log }, options.breachedPasswords ?? {})
  const authenticators = await createAuthenticators({
    ...{ vault, clock, random, breached, fetch, issuer },
    relyingParty: () => ({ id: new URL(issuer).hostname, name: group().name, origins: [new URL(issuer).origin] }),
  })
  const activity = createActivity({ vault, random })
  const sharing = createSharing({ vault, clock })
  const limits = createLimits({
    vault,
    random,
    onAttack: () => log.warn('so many wrong passwords in the whole group are an attack'),
    onRefused: (rule) => metrics.count('atrium_rate_limited_total', [rule]),
  })
  const events = createEvents({ db, vault, clock, random, log })
  const endSessions = (tx: Db, accountId: AccountId, except: string | undefined) => oidc.sessions.endAllBut(tx, accountId, except)
  const forgetExport = (tx: Db, accountId: AccountId) => privacy.exports.forget(tx, accountId)
  const merging = createMerging({ db, vault, clock, group, accounts, activity, authenticators, sharing, endSessions, forgetExport })
  const partAccounts = merging.undo
  const changes = createChanges({ accounts, authenticators, events, vault, random, issuer, endSessions, partAccounts })
  const privacy = createPrivacy({ db, vault, accounts, events, clock, log, group, issuer, erasureList: options.erasureList })
  const mailbox = production || options.smtp ? undefined : createDevMailbox({ db, vault, clock, random })
  const smtp = options.smtp && smtpMailer(options.smtp.url.reveal(), options.smtp.from)
  const mailer = ports.mailer ?? smtp ?? mailbox
  if (!mailer) throw new Error('nothing to send mail with: set SMTP_URL')
  const sms = ports.sms ?? (options.sms ? httpSms(fetch, options.sms) : mailbox?.sms)

  const assets = loadAssets()
  const pages = createPages({ group, random, assets: assets.urls })
  const answerError = createAnswerError(pages)
  const cookies = createCookieJar(issuer)
  const addressOf = createClientAddress(options.trustProxy ?? [])
  const csrf = createCsrf({ key: vault.derive('csrf'), origin: new URL(issuer).origin })

  // Two neighbours need each other: the engine asks the journey whether a page is due, the journey runs inside the engine's interactions.
  const interactions: Interactions = {
    find: (ctx) => oidc.interactions.find(ctx),
    isOpen: (uid) => oidc.interactions.isOpen(uid),
    finish: (ctx, interaction, result) => oidc.interactions.finish(ctx, interaction, result),
  }
  const steps = {
    ...{ db, vault, clock, issuer, group, pages, csrf, cookies, addressOf, metrics },
    ...{ accounts, authenticators, changes, sharing, events, limits, endSessions, smsOffered: sms !== undefined },
  }
  const journey = createJourney({ ...steps, interactions })
  const secondSignIns = createSecondSignIns({ sessions: () => oidc.sessions, key: vault.derive('second_sign_in'), clock, random })
  const secondJourney = createJourney({ ...steps, interactions: secondSignIns })
  const signingKeys = await createSigningKeys({ db, vault, clock, rules: () => signingKeyRules(groups.current()) })
  const oidc: Oidc = createOidc(
    {
      ...{ store, vault, clock, random, metrics, issuer, group, accounts },
      ...{ activity, sharing, events, limits, addressOf, pages, cookies, fetch },
      isProxy: addressOf.isProxy,
      signingKeys: signingKeys.current,
      registrations: createRegistrations({ db, vault, clock }),
      refreshGroup: async () => {
        await groups.refresh() // one under way may have begun before the change
        await groups.refresh()
      },
      afterEndingAll: (tx, accountId) => authenticators.trustedDevices.forgetAll(tx, accountId),
      hasStepLeft: (accountId, client) => journey.hasStepLeft(db, accountId, client),
    },
    answerError,
  )
  groups.onChange((changed) => {
    own = withOwnClients(changed, issuer)
    oidc.rebuild()
  })
  signingKeys.onChange(() => oidc.rebuild())
  const followKeys = async (): Promise<void> => {
    await signingKeys.refresh()
    await vault.followDataKeys()
  }

  const router = new Router()
  router.use((_ctx, next) => inUnitOfWork(new UnitOfWork(), next))
  router.get('/', (ctx) => {
    const brands = [...group().recipients.values()].filter((r) => r.kind === 'brand')
    pages.send(ctx, (page) => landingPage(page, { accountHref: '/account', brands }))
  })
  assets.mount(router, pages)
  journey.mount(router)
  secondJourney.mount(router, SECOND_SIGN_IN_PATH)
  const { sessions, redeemOwnCode } = oidc
  const portal = {
    exports: privacy.exports,
    smsOffered: sms !== undefined,
    ...{ db, accounts, activity, authenticators, changes, limits, sharing, events, vault },
    ...{ merging, secondSignIns, secondJourney, sessions, redeemOwnCode, group, pages, csrf, cookies, addressOf, clock, random, issuer },
  }
  createPortal({ ...portal, key: vault.derive('account_sign_in') }).mount(router)
  const { verifyApiToken, dpop } = oidc
  createCustomers({ db, accounts, sharing, limits, group, clock, issuer, verifyApiToken, dpop }).mount(router)
  const clockMoved = async (): Promise<void> => {
    await followKeys()
    await privacy.eraseDue()
  }
  if (!production) mountDevPages(router, { pages, mailbox, clock: createDevClock(store, clock, clockMoved) })

  const clockMs = () => performance.now()
  const admission = createAdmission({
    ...{ clockMs, https: issuer.startsWith('https:') },
    queriesWaiting: () => pool.waitingCount,
    hashesFullness: authenticators.fullness,
    onTurnedAway: () => metrics.count('atrium_turned_away_total', []),
  })
  const web = { issuer, log, metrics, random, answerError, admission, addressOf, router, protocol: oidc, clockMs }
  const serving = createServing({
    ...{ options, metrics, log },
    newListener: (isDraining) => createWebServer({ ...web, isDraining, ...(options.httpLimits && { limits: options.httpLimits }) }),
    database: () => pool.query('select 1'),
  })
  measureApp(metrics, { store, authenticators, events, clock })

  const housekeeping = createHousekeeping({
    store,
    clock,
    journey,
    limits,
    authenticators,
    accounts,
    activity,
    changes,
    events,
    privacy,
    merging,
  })
  const timers: NodeJS.Timeout[] = []
  const guarded = oneAtATime({ outage, log })

  return {
    store,
    groups,
    metrics,
    get addresses() {
      return serving.addresses()
    },
    readiness: serving.readiness,
    async listen() {
      await housekeeping()
      await serving.listen()
      const provider = options.smtp ? 'smtp' : 'mailbox'
      events.start(
        countDeliveries(metrics, {
          provider,
          mail: (event) => mailer.send(event.mail),
          smsProvider: options.sms ? 'http' : sms ? 'mailbox' : 'none',
          // Without a way to send them, those that waited when it was taken away are dropped.
          sms: async (event, _attempt, signal) => sms?.send(event.sms, signal),
          logout: (event) => oidc.deliverLogout(event),
          exports: (event) => privacy.exports.build(event),
        }),
      )
      const tick = guarded('the group could not be refreshed', async () => {
        if (!production) await followClock(store)
        await groups.refresh()
      })
      const keysTick = guarded('the keys could not be refreshed', followKeys)
      timers.push(
        setInterval(tick, TICK_MS).unref(),
        setInterval(keysTick, TICK_MS).unref(),
        setInterval(guarded('housekeeping failed', housekeeping), HOUSEKEEPING_MS).unref(),
      )
    },
    housekeeping,
    idle: () => events.idle(),
    async close() {
      await serving.stop()
      for (const timer of timers) clearInterval(timer)
      await events.stop()
      smtp?.close()
      await fetch.close()
      await authenticators.close()
      admission.stop()
      await breached.close()
      await store.close()
      await serving.close()
    },
  }
}
