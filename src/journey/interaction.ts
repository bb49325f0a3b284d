import type { Context } from 'koa'
import type { Enrolled } from '../authenticators/index.ts'
import type { Level } from '../group/group.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import type { Assurance } from './assurance.ts'
import type { Evidence, SessionFacts } from './facts.ts'

/** One run of the protocol engine's authorization endpoint that waits for the customer. Its door hands these to the journey. */
export interface Interaction {
  readonly uid: string
  readonly client_id: ClientId
  /** Which prompt could not be met: `consent` with a session that is accepted, anything else asks for a fresh proof. */
  readonly prompt: string
  readonly prompts: ReadonlySet<string>
  readonly redirect_uri: string | undefined
  readonly login_hint: string | undefined
  readonly ui_locales: string | undefined
  readonly session: SessionFacts | undefined
  /** The level of assurance this sign-in must reach, by whoever demands most. */
  readonly level: Level | undefined
  /** In place of `level`, where it depends on whose account the journey turns out to be about. */
  readonly levelOf?: (enrolled: Enrolled) => Level
  /** The request wants a proof that is not older than it (`prompt=login`, `max_age`), or a session was not young enough. */
  readonly fresh: boolean
  /** The session is accepted but for its level: one more proof is enough. */
  readonly step_up: boolean
}

/** How a journey ends: with login and consent together, with the customer's no, or below the level that was asked for. */
export type InteractionResult =
  | {
      readonly kind: 'signed_in'
      readonly account_id: AccountId
      /** Absent when the session's own proof was enough. */
      readonly login: (Assurance & { readonly evidence: readonly Evidence[] }) | undefined
    }
  | { readonly kind: 'denied' }
  /** Nothing the customer has reaches the level that was asked for. */
  | { readonly kind: 'unmet' }

/** An account, and what proved it. */
export interface ProvenAccount {
  readonly accountId: AccountId
  readonly evidence: readonly Evidence[]
}

export interface Interactions {
  /** The interaction of this address in this browser; undefined when it is over, expired, or began in another browser (OIDC-21). */
  find(ctx: Context): Promise<Interaction | undefined>
  /** Whether such an interaction waits, in whatever browser. */
  isOpen(uid: string): Promise<boolean>
  /** Records the result. Returns where the browser goes on. */
  finish(ctx: Context, interaction: Interaction, result: InteractionResult): Promise<string>
}
