/**
 * Owns the steps of one sign-in or sign-up: their order from the group file, `next()` that decides which one comes, the sealed facts of a run.
 *
 * Does not own proof (authenticators), the protocol (oidc: a journey runs inside one interaction and ends with one result), nor accounts.
 */
import type Router from '@koa/router'
import { type Client, type Group, journeyFor } from '../group/group.ts'
import type { Clock } from '../ports/clock.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import type { Csrf } from '../web/csrf.ts'
import { readForm } from '../web/form.ts'
import { type Pages, queryOf } from '../web/pages.ts'
import { answerJourney, type DriveDeps, resumeJourney, showJourney } from './drive.ts'
import { freshRun } from './facts.ts'
import { RETURN_PATH, returnFromProvider } from './federated.ts'
import type { Interaction, Interactions, ProvenAccount } from './interaction.ts'
import { leftToAgree } from './left-to-agree.ts'
import { next } from './next.ts'
import type { OriginDeps } from './origin.ts'
import { provenBy } from './proven-by.ts'
import { mountCallback } from './provider-callback.ts'
import { createRuns } from './runs.ts'
import type { JourneyStep, Step, StepDeps } from './step.ts'
import { completeProfileStep } from './steps/complete-profile-step.ts'
import { confirmStep } from './steps/confirm-step.ts'
import { identifyStep } from './steps/identify-step.ts'
import { keepAccountStep } from './steps/keep-account-step.ts'
import { linkProviderStep } from './steps/link-provider-step.ts'
import { newPasswordStep } from './steps/new-password-step.ts'
import { offerPasskeyStep } from './steps/offer-passkey-step.ts'
import { passwordStep } from './steps/password-step.ts'
import { secondFactorStep } from './steps/second-factor-step.ts'
import { signUpStep } from './steps/sign-up-step.ts'
import { termsStep } from './steps/terms-step.ts'
import { verifyEmailStep } from './steps/verify-email-step.ts'
import { deleteExpiredRuns } from './store.ts'

export { type Assurance, assuranceOf, LEVELS, levelOf, reaches } from './assurance.ts'
export { type Evidence, evidenceSchema } from './facts.ts'
export type { Interaction, InteractionResult, Interactions, ProvenAccount } from './interaction.ts'
export { originOf } from './origin.ts'

/** Where a journey's pages live; the interaction's uid follows. */
export const JOURNEY_PATH = '/sign-in'

/** The pages of a sign-in, and whether one is due. */
export interface Journey {
  /** @param path where its pages live, {@link JOURNEY_PATH} unless told: one part, because the interaction's uid comes second */
  mount(router: Router, path?: string): void
  /**
   * Whether a signed-in customer would meet a page on the way to this client. The prompt check asks it on every authorization request,
   * `prompt=none` included.
   */
  hasStepLeft(db: Db, accountId: AccountId, client: Client): Promise<boolean>
  /** Whom a journey has proven that is at its end; undefined: it is not, or it is not there any more. */
  provenBy(db: Db, interaction: Interaction, now: Date): Promise<ProvenAccount | undefined>
  /** Forgets a journey, in the transaction that makes use of what it proved. False: somebody else did. */
  spend(tx: Db, uid: string): Promise<boolean>
  /** Removes runs that are over. Returns how many. */
  sweep(db: Db, now: Date): Promise<number>
}

export interface JourneyDeps extends StepDeps, OriginDeps {
  readonly vault: Vault
  readonly clock: Clock
  readonly metrics: Metrics
  readonly issuer: string
  readonly group: () => Group
  readonly interactions: Interactions
  readonly pages: Pages
  readonly csrf: Csrf
}

const STEPS: Readonly<Record<JourneyStep, Step>> = {
  identify: identifyStep,
  verify_email: verifyEmailStep,
  sign_up: signUpStep,
  password: passwordStep,
  second_factor: secondFactorStep,
  keep_account: keepAccountStep,
  new_password: newPasswordStep,
  offer_passkey: offerPasskeyStep,
  terms: termsStep,
  complete_profile: completeProfileStep,
  link_provider: linkProviderStep,
  confirm: confirmStep,
}

const SWEEP_AT_ONCE = 1_000

/** Journeys with the steps of this folder, in the order of the group. */
export function createJourney(deps: JourneyDeps): Journey {
  const drive: DriveDeps = { ...deps, runs: createRuns(deps), steps: STEPS }
  return {
    mount(router, path = JOURNEY_PATH) {
      router.get(`${path}/:uid`, (ctx) => showJourney(drive, ctx))
      router.get(`${path}/:uid/${RETURN_PATH}`, (ctx) => {
        const state = queryOf(ctx.req).get('state') ?? ''
        return resumeJourney(drive, ctx, (steps, input) => returnFromProvider(steps, input, state))
      })
      router.post(`${path}/:uid`, async (ctx) => answerJourney(drive, ctx, await readForm(ctx.req)))
      if (path === JOURNEY_PATH) mountCallback(router, deps) // one address for every journey: that is what providers have registered
    },
    async hasStepLeft(db, accountId, client) {
      const group = deps.group()
      const recipient = group.recipients.get(client.recipient)
      if (!recipient) return true
      const request = {
        client_id: client.id,
        sign_in: false,
        level: undefined,
        create: false,
        fresh: false,
        ask: undefined,
        login_hint: undefined,
      }
      // Whether the session's proof is strong enough was checked before: what is asked here is what is left to agree to.
      const facts = {
        request,
        session: { account_id: accountId, uid: '', evidence: [] },
        run: freshRun(request),
        ...(await leftToAgree({ ...deps, db }, accountId, { client, recipient })),
        methods: [],
        mayOfferPasskey: false,
        password: false,
      }
      return next(journeyFor(group, client), facts).kind !== 'done'
    },
    provenBy: (db, interaction, now) => provenBy({ ...drive, db }, interaction, now),
    spend: (tx, uid) => drive.runs.spend(tx, uid),
    sweep: (db, now) => deleteExpiredRuns(db, now, SWEEP_AT_ONCE),
  }
}
