import type { FormTarget } from '../../views/index.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Authenticators } from '../authenticators/index.ts'
import type { Changes } from '../changes/index.ts'
import type { Events } from '../events/index.ts'
import type { Client, Group, Recipient, StepName } from '../group/group.ts'
import type { Limits, Origin } from '../limits/index.ts'
import type { Sharing } from '../sharing/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Form } from '../web/form.ts'
import type { Locale } from '../web/i18n.ts'
import type { Page } from '../web/pages.ts'
import type { Facts, RunFacts } from './facts.ts'
import type { Browser } from './origin.ts'

export interface StepDeps {
  readonly db: Db
  readonly accounts: Accounts
  readonly authenticators: Authenticators
  readonly changes: Changes
  readonly sharing: Sharing
  readonly events: Events
  readonly limits: Limits
  readonly issuer: string
  /** Whether text messages can be sent at all. */
  readonly smsOffered: boolean
  /** Ends every session and token of an account but one session, in the caller's transaction. */
  readonly endSessions: (tx: Db, accountId: AccountId, except: string | undefined) => Promise<unknown>
}

/** What a step is shown or answered with. Time is a value here: a step never asks a clock. */
export interface StepInput {
  readonly facts: Facts
  /** Of the interaction: names this journey. */
  readonly uid: string
  /** Names this journey at this moment: what is bound to it is void once the journey went on. */
  readonly ceremony: string
  /** What it will be named once this answer is saved: for what the page that answers asks. */
  readonly nextCeremony: string
  readonly group: Group
  readonly client: Client
  readonly recipient: Recipient
  readonly locale: Locale
  readonly target: FormTarget
  readonly origin: Origin
  readonly browser: Browser
  readonly now: Date
}

/**
 * What came of a form. `page` stays at the step; `accept` goes on, and the journey decides what comes next; `denied` ends the journey with the
 * customer's no. `write` runs in the one transaction that also saves the run, so that spending, recording and mailing stand or fall together;
 * a reason it returns rolls everything back.
 */
export type StepOutcome =
  | {
      readonly kind: 'page'
      readonly page: Page
      readonly status?: number
      /** With 429. */
      readonly retryAfterS?: number
      readonly run?: RunFacts
      readonly write?: Write
    }
  | { readonly kind: 'accept'; readonly run: RunFacts; readonly write?: Write; readonly onRefusal?: (reason: WriteRefusal) => StepOutcome }
  | { readonly kind: 'denied' }

export type WriteRefusal = 'identifier_taken' | 'already_used'
/** `run`: what is saved in place of the outcome's, where it is known only after the write. `ticket`: what the browser keeps to be trusted by this account. */
export type WriteResult =
  | { readonly ok: true; readonly run?: RunFacts; readonly ticket?: string | undefined }
  | { readonly ok: false; readonly reason: WriteRefusal }
export type Write = (tx: Db) => Promise<WriteResult>

/** The steps a group file orders, and those that come when they are due whatever the group file says. */
export type JourneyStep = StepName | 'keep_account' | 'link_provider'

export interface Step {
  readonly name: JourneyStep
  view(deps: StepDeps, input: StepInput): Page | Promise<Page>
  handle(deps: StepDeps, input: StepInput, form: Form): Promise<StepOutcome>
  /** What is done once when an accepted answer led here, before the page is shown: a code is sent. Undefined: nothing. */
  arrive?(deps: StepDeps, input: StepInput): Promise<Extract<StepOutcome, { kind: 'accept' }> | undefined>
}
