import type { Context } from 'koa'
import type { AccountId, ClientId } from '../store/ids.ts'

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
  readonly session: { readonly account_id: AccountId } | undefined
}

/** How a journey ends: with login and consent together, or with the customer's no. */
export type InteractionResult =
  | {
      readonly kind: 'signed_in'
      readonly account_id: AccountId
      /** Absent when the session's own proof was enough. */
      readonly login: { readonly acr: string; readonly amr: readonly string[]; readonly auth_time: number } | undefined
    }
  | { readonly kind: 'denied' }

export interface Interactions {
  /** The interaction of this address in this browser; undefined when it is over, expired, or began in another browser (OIDC-21). */
  find(ctx: Context): Promise<Interaction | undefined>
  /** Whether such an interaction waits, in whatever browser. */
  isOpen(uid: string): Promise<boolean>
  /** Records the result. Returns where the browser goes on. */
  finish(ctx: Context, interaction: Interaction, result: InteractionResult): Promise<string>
}
