import type { Secret } from '../ports/secret.ts'
import type { AttributeName, ClientId, PurposeName, RecipientKey } from '../store/ids.ts'

/**
 * The group as the running server knows it: brands, partners, clients, attributes, purposes. Immutable; a change in the database gives a new
 * one with a higher version. The group file (`config/demo.yaml`) has the same parts, see `group-file.ts`.
 */
export interface Group {
  /** Counts the changes applied; 0 before the first. */
  readonly version: number
  readonly name: string
  /** Region of phone numbers typed without a country code (ISO 3166-1 alpha-2, `DE`). */
  readonly country: string
  readonly recipients: ReadonlyMap<RecipientKey, Recipient>
  readonly clients: ReadonlyMap<ClientId, Client>
  readonly attributes: ReadonlyMap<AttributeName, Attribute>
  /** Attribute group name → its attributes in order (`contact` → email, phone_number, address). */
  readonly attributeGroups: ReadonlyMap<string, readonly AttributeName[]>
  /** The words and rules of each attribute group; the same keys, in the same order, as `attributeGroups`. */
  readonly attributeGroupDetails: ReadonlyMap<string, AttributeGroup>
  readonly purposes: ReadonlyMap<PurposeName, Purpose>
  /** Journey name → steps: `default`, a recipient's key, or `KEY.CHANNEL`. Read it with `journeyFor`. */
  readonly journeys: Readonly<Record<string, JourneyDefinition>>
  readonly policies: Policies
  readonly keys: Keys
}

export const RECIPIENT_KINDS = ['brand', 'partner', 'group', 'operator'] as const
export type RecipientKind = (typeof RECIPIENT_KINDS)[number]

export interface Recipient {
  readonly key: RecipientKey
  readonly kind: RecipientKind
  readonly name: string
  /** The sector whose pairwise subjects this recipient's clients see; its own key unless the group file sets `subject_sector`. */
  readonly subjectSector: string
  /** Home page of the recipient, shown as the way back on error pages. */
  readonly uri?: string
  readonly privacyUri?: string
  /** What customers accept at a sign-up, and again when the version is another one. */
  readonly terms?: Terms
  readonly look: BrandLook
  /** The recipient's own APIs that access tokens can be made for (RFC 8707). */
  readonly apis: readonly { readonly resource: string; readonly scopes: readonly string[] }[]
  /** Who vouches for the certificates of this recipient's clients with `tls_client_auth`, as PEM. Nobody else's authority does. */
  readonly certificateAuthorities?: readonly string[]
}

/** Terms of a recipient, of one version. */
export interface Terms {
  readonly version: string
  /** Where they can be read, per locale; `en` is always there. */
  readonly uri: Readonly<Record<string, string>>
  /** What they are called, per locale. */
  readonly title?: Readonly<Record<string, string>>
}

export const FONTS = ['sans', 'serif', 'rounded', 'mono'] as const
export const MARKS = ['dawn', 'peak', 'parcel', 'thread', 'arch'] as const

/** What a brand changes about the pages and mails: tokens, never markup or free CSS. */
export interface BrandLook {
  /** One colour; contrast is computed from it and corrected (`#b4235a`). */
  readonly color: string
  /** Corner radius of buttons and fields in CSS pixels. */
  readonly radiusPx: number
  readonly font: (typeof FONTS)[number]
  /** Short line under the brand's name, per locale; `en` is always there. */
  readonly tagline?: Readonly<Record<string, string>>
  /** A decorative mark from the built-in set. */
  readonly mark: (typeof MARKS)[number]
}

export const CHANNELS = ['web', 'app', 'kiosk', 'contact_centre', 'service'] as const
export type Channel = (typeof CHANNELS)[number]

/** What a client needs under one purpose. It never gets more. */
export interface Need {
  readonly purpose: PurposeName
  readonly attributes: readonly { readonly name: AttributeName; readonly required: boolean }[]
  /** The longest period a customer can be asked for, in seconds. */
  readonly maxDurationS?: number
  /** Attribute → one sentence on what it is for, per locale; `en` is always there. */
  readonly reasons?: ReadonlyMap<AttributeName, Readonly<Record<string, string>>>
}

export const AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

export interface Client {
  readonly id: ClientId
  readonly name: string
  readonly recipient: RecipientKey
  readonly channel: Channel
  /** Absent for public clients and for those that sign assertions. */
  readonly secret?: Secret
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly claimsRedirectUris: readonly string[]
  readonly backchannelLogoutUri?: string
  readonly grantTypes: readonly string[]
  readonly tokenEndpointAuthMethod: AuthMethod
  /** A profile whose rules hold for this client beside its own metadata. */
  readonly profile?: ClientProfile
  /** Levels of assurance asked for when a request names none. */
  readonly defaultAcrValues?: readonly Level[]
  /** The least level of assurance a sign-in for this client must reach, whatever is asked for. */
  readonly minimumAcr?: Level
  /** Every scope the client may ask for (OIDC-12), API scopes included. */
  readonly scopes: readonly string[]
  readonly needs: readonly Need[]
  /** Attribute groups this client may write. */
  readonly writes: readonly string[]
  /** Home page, for links back. */
  readonly uri?: string
  /** Metadata of RFC 7591 and its extensions that is handed to oidc-provider as it stands, by its own names (`logo_uri`, `jwks`, …). */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Of clients that registered themselves (RFC 7591): when. Those of the group file have none. */
  readonly registeredAt?: Date
}

/** Levels of assurance, weakest first (contract: Levels). What can be reached today is the journey's knowledge. */
export const ACR_LEVELS = ['email', 'password', 'mfa', 'phr'] as const
export type Level = (typeof ACR_LEVELS)[number]

/** `fapi2`: the FAPI 2.0 Security Profile. */
export const PROFILES = ['fapi2'] as const
export type ClientProfile = (typeof PROFILES)[number]

/** Types of authorization details (RFC 9396) this server knows. */
export const AUTHORIZATION_DETAILS_TYPES = ['attribute_access'] as const

export const SENSITIVITIES = ['low', 'normal', 'high'] as const
export const ATTRIBUTE_TYPES = ['text', 'date', 'email', 'phone', 'address', 'list', 'number'] as const

export interface Attribute {
  readonly name: AttributeName
  readonly group: string
  readonly sensitivity: (typeof SENSITIVITIES)[number]
  readonly purposes: readonly PurposeName[]
  /** JSON type of a value; `address` is the object of OIDC core §5.1.1. */
  readonly type: (typeof ATTRIBUTE_TYPES)[number]
  /** Words for the customer, per locale; `en` is always there. */
  readonly label: Readonly<Record<string, string>>
}

export interface AttributeGroup {
  readonly name: string
  readonly label: Readonly<Record<string, string>>
  /** Whether customers change these attributes at `/account/profile`. */
  readonly customerEdits: boolean
}

export interface Purpose {
  readonly name: PurposeName
  readonly label: Readonly<Record<string, string>>
  readonly description: Readonly<Record<string, string>>
}

/** The steps a journey can be made of. What each does is the journey's business; their order is the group's. */
export const STEP_NAMES = [
  'identify',
  'sign_up',
  'verify_email',
  'password',
  'second_factor',
  'new_password',
  'offer_passkey',
  'terms',
  'complete_profile',
  'confirm',
] as const
export type StepName = (typeof STEP_NAMES)[number]

export interface JourneyDefinition {
  readonly steps: readonly StepName[]
}

export interface Policies {
  readonly password: { readonly minLength: number }
  /** How long a customer may undo the deletion of their account, in seconds. */
  readonly deletion: { readonly graceS: number }
  readonly sms: {
    /** ISO 3166-1 alpha-2. */
    readonly countries: readonly string[]
    /** To one country, by the whole group. */
    readonly mostPerHour: number
  }
  /** Where customers may sign in besides here, in the order of the file; those that are switched off too. */
  readonly identityProviders: readonly IdentityProvider[]
}

export const IDENTITY_PROVIDER_PRESETS = ['google', 'apple', 'microsoft'] as const
export type IdentityProviderPreset = (typeof IDENTITY_PROVIDER_PRESETS)[number]

/** What customers may do with an identity provider. */
export const FEDERATED_USES = ['sign_in', 'sign_up', 'link'] as const
export type FederatedUse = (typeof FEDERATED_USES)[number]

/** An OpenID Provider of somebody else at which customers may sign in. */
export interface IdentityProvider {
  readonly key: string
  readonly preset?: IdentityProviderPreset
  /** As configured; Microsoft's may stand for many tenants. */
  readonly issuer: string
  readonly clientId: string
  /** The client secret; with `apple`, the private key that client secrets are signed with, as PEM. */
  readonly secret: Secret
  readonly tokenEndpointAuthMethod?: 'client_secret_basic' | 'client_secret_post'
  readonly apple?: { readonly teamId: string; readonly keyId: string }
  readonly scopes: readonly string[]
  readonly name: Readonly<Record<string, string>>
  readonly label?: Readonly<Record<string, string>>
  readonly enabled: boolean
  readonly allows: readonly FederatedUse[]
  /** Absent: everybody's. */
  readonly recipients?: readonly RecipientKey[]
  readonly channels?: readonly Channel[]
  /** Domains whose addresses are the provider's own to vouch for. */
  readonly authoritativeDomains: readonly string[]
  readonly allowedDomains?: readonly string[]
  readonly tenants?: readonly string[]
}

/** Whether customers may do this with a provider now, at pages of this recipient on this channel; the group's own pages offer every one. */
export function isOffered(provider: IdentityProvider, use: FederatedUse, at?: { recipient: Recipient; channel: Channel }): boolean {
  const { enabled, allows, recipients, channels } = provider
  if (!enabled || !allows.includes(use)) return false
  if (!at || at.recipient.kind === 'group') return true
  return (recipients?.includes(at.recipient.key) ?? true) && (channels?.includes(at.channel) ?? true)
}

/** What Atrium signs with. */
export const SIGNING_ALGS = ['ES256', 'RS256', 'EdDSA'] as const

/** What clients may sign with: assertions, request objects. Asymmetric ones only. `Ed25519` is the newer name of `EdDSA` with that curve (RFC 9864). */
export const CLIENT_SIGNING_ALGS = ['ES256', 'PS256', 'EdDSA', 'Ed25519', 'RS256'] as const

/** FAPI 2.0 Security Profile §5.4.1: what either side may sign with. */
export const FAPI_SIGNING_ALGS: readonly string[] = ['ES256', 'PS256', 'EdDSA', 'Ed25519']

export interface Keys {
  /** Signs the ID tokens of clients that register no `id_token_signed_response_alg`. */
  readonly defaultSigningAlg: (typeof SIGNING_ALGS)[number]
  /** How long a signing key signs, in seconds. */
  readonly rotateAfterS: number
  /** How long it is published before, in seconds. */
  readonly publishS: number
}

/** The attributes a client may ever receive, over all its purposes. */
export function registeredAttributes(client: Client): ReadonlySet<AttributeName> {
  return new Set(client.needs.flatMap((need) => need.attributes.map((a) => a.name)))
}

/** The purpose every group has: what a recipient needs to serve the customer at all. */
export const SERVICE = 'service' as PurposeName // a name like those the group file has

/** What a client declares it cannot work without: its required attributes under `service`. The first-visit page names exactly these. */
export function requiredAttributes(client: Client): readonly AttributeName[] {
  return client.needs.filter((n) => n.purpose === SERVICE).flatMap((n) => n.attributes.filter((a) => a.required).map((a) => a.name))
}

/** The journey of one client: its recipient's on its channel, else its recipient's, else the group's `default`. */
export function journeyFor(group: Group, client: Pick<Client, 'recipient' | 'channel'>): JourneyDefinition {
  const { journeys } = group
  const found = journeys[`${client.recipient}.${client.channel}`] ?? journeys[client.recipient] ?? journeys[DEFAULT_JOURNEY]
  if (!found) throw new Error('the group has no default journey')
  return found
}

export const DEFAULT_JOURNEY = 'default'
