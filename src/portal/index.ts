/**
 * The customer's own pages below `/account`: profile, security, sessions, activity and privacy so far.
 *
 * Has no rules of its own: profile and identifiers are accounts', sessions the protocol engine's. Signing in is the journey's: `/account` is a
 * client of the issuer.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { accountHomePage } from '../../views/index.ts'
import { EMAIL, textOf } from '../accounts/index.ts'
import { ChangeHeld } from '../changes/index.ts'
import { askToReport, reportSignIn, showActivity } from './activity.ts'
import type { CustomerPage, PortalDeps } from './deps.ts'
import { mountMerge } from './merge/index.ts'
import { ACCOUNT_CLIENT, CALLBACK_PATH } from './own-client.ts'
import { mountPrivacy } from './privacy/index.ts'
import { saveProfile, showProfile } from './profile.ts'
import { sendHeld } from './security/held.ts'
import { mountSecurity } from './security/index.ts'
import { askToEnd, askToEndOthers, askToForget, endOtherSessions, endSession, forgetDevice, showSessions } from './sessions.ts'
import { finishSignIn, requireCustomer } from './sign-in.ts'
import { mountUndo } from './undo.ts'

export { createSecondSignIns, SECOND_SIGN_IN_PATH } from './merge/index.ts'
export { withOwnClients } from './own-client.ts'

export type Handler = (deps: PortalDeps, ctx: Context, customer: CustomerPage) => Promise<void>

/** The customer's own pages, under `/account`. */
export function createPortal(deps: PortalDeps): { mount(router: Router): void } {
  const signOutHref = `/sign-out?${new URLSearchParams({ client_id: ACCOUNT_CLIENT, post_logout_redirect_uri: `${deps.issuer}/` })}`
  const signedIn = (handler: Handler) => async (ctx: Context) => {
    const session = await requireCustomer(deps, ctx)
    if (!session) return
    const customer = { ...session, csrfBinding: `account ${session.uid}`, signOutHref }
    try {
      await handler(deps, ctx, customer)
    } catch (error) {
      if (!(error instanceof ChangeHeld)) throw error
      await sendHeld(deps, ctx, customer, error.hold)
    }
  }
  return {
    mount(router) {
      router.get(CALLBACK_PATH, (ctx) => finishSignIn(deps, ctx))
      router.get('/account', signedIn(showHome))
      router.get('/account/profile', signedIn(showProfile))
      router.post('/account/profile', signedIn(saveProfile))
      mountSecurity(router, deps, signedIn)
      mountUndo(router, deps, signedIn)
      mountMerge(router, signedIn)
      router.get('/account/sessions', signedIn(showSessions))
      router.get('/account/sessions/end', signedIn(askToEnd))
      router.post('/account/sessions/end', signedIn(endSession))
      router.get('/account/sessions/end-others', signedIn(askToEndOthers))
      router.post('/account/sessions/end-others', signedIn(endOtherSessions))
      router.get('/account/sessions/forget-device', signedIn(askToForget))
      router.post('/account/sessions/forget-device', signedIn(forgetDevice))
      router.get('/account/activity', signedIn(showActivity))
      router.get('/account/activity/report', signedIn(askToReport))
      router.post('/account/activity/report', signedIn(reportSignIn))
      mountPrivacy(router, deps, signedIn)
    },
  }
}

const NAMES = ['given_name', 'name'] as const

async function showHome(deps: PortalDeps, ctx: Context, { account_id, uid, signOutHref }: CustomerPage): Promise<void> {
  const [{ profile }, sessions] = await Promise.all([
    deps.accounts.readOwnProfile(deps.db, account_id),
    deps.sessions.list(account_id, uid),
  ])
  const name = NAMES.map((each) => textOf(profile, each)).find((value) => value !== undefined)
  const email = textOf(profile, EMAIL)
  const model = { signOutHref, sessionCount: sessions.length, ...(name ? { name } : {}), ...(email ? { email } : {}) }
  deps.pages.send(ctx, (page) => accountHomePage(page, model))
}
