import type { UserInfoResponse } from 'openid-client'
import type { Html } from './html.ts'

/** One demo site: how it is registered at Atrium, and how it looks. */
export interface Shop {
  /** Lower case; names its cookies. */
  readonly name: string
  readonly port: number
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string
  readonly look: Look
}

export interface Look {
  readonly title: string
  readonly tagline: string
  /** Colours and what only this brand has; comes after the shared style. */
  readonly css: string
  /** A square drawing, also the icon of the tab. */
  readonly mark: Html
  /** Fills the top of the page behind the headline. */
  readonly scene: Html
  readonly pitch: Pitch
  /** Headline for someone who is signed in. */
  readonly greeting: (name: string) => string
  /** What signing in is good for here. */
  readonly invitation: { readonly heading: string; readonly text: string; readonly note: string }
  /** What the shop offers, below the fold. */
  readonly offer: Html
  /** What the shop makes of the customer's data, beside the plain list of it. */
  readonly personal: (claims: UserInfoResponse) => Html
  /** The claims this shop asks for and how it calls them, in the order shown. */
  readonly asksFor: readonly (readonly [claim: string, label: string])[]
}

/** The sister brands' promise. */
export const ONE_ACCOUNT = 'One account for Aurora and Borealis. You choose what each of them knows.'

export interface Pitch {
  readonly kicker: string
  readonly headline: string
  readonly lead: string
}
