import type { Secret } from '../ports/secret.ts'
import type { AttributeName, ClientId, PurposeName, RecipientKey } from '../store/ids.ts'
import { authMethodOf } from './auth-method.ts'
import { metadataShape } from './client-schema.ts'
import type { Attribute, BrandLook, Client, Group, JourneyDefinition, Keys, Policies, Recipient } from './group.ts'
import type { AttributeGroupEntry, ClientEntry, GroupDocument, RecipientEntry } from './schema.ts'
import { toIdentityProvider } from './to-identity-provider.ts'

/** How pages look for a recipient that says nothing about it. */
export const NEUTRAL_LOOK: BrandLook = { color: '#45526b', radiusPx: 8, font: 'sans', mark: 'arch' }

const DEFAULT_STEPS: JourneyDefinition = { steps: ['identify', 'sign_up', 'verify_email', 'password', 'confirm'] }
const DEFAULT_COUNTRY = 'DE'
const DEFAULT_MIN_LENGTH = 10
const DEFAULT_TEXTS_PER_HOUR = 500
const DAY_S = 86_400
const DEFAULT_GRACE_S = 30 * DAY_S

/**
 * The running form of a document: names branded, what was left out filled in, lists as maps.
 *
 * @param secrets of the clients that have one, by client id
 * @param providerSecrets those of the identity providers, by key
 */
export function toGroup(
  document: GroupDocument,
  version: number,
  secrets: ReadonlyMap<string, Secret>,
  providerSecrets: ReadonlyMap<string, Secret> = new Map(),
): Group {
  const attributes = document.attributes.flatMap(toAttributes)
  const fromFile = document.clients.map((entry) => toClient(entry, secrets.get(entry.client_id)))
  return {
    version,
    name: document.group.name,
    country: document.group.country ?? DEFAULT_COUNTRY,
    recipients: new Map(document.recipients.map(toRecipient).map((recipient) => [recipient.key, recipient])),
    clients: new Map(fromFile.map((client) => [client.id, client])),
    attributes: new Map(attributes.map((attribute) => [attribute.name, attribute])),
    attributeGroups: new Map(
      document.attributes.map(({ group, attributes }) => [group, attributes.map(({ name }) => name as AttributeName)]),
    ),
    attributeGroupDetails: new Map(
      document.attributes.map(({ group, label, customer_edits }) => [
        group,
        { name: group, label, customerEdits: customer_edits ?? false },
      ]),
    ),
    purposes: new Map(document.purposes.map((purpose) => [purpose.name as PurposeName, { ...purpose, name: purpose.name as PurposeName }])),
    journeys: { default: DEFAULT_STEPS, ...document.journeys },
    policies: toPolicies(document, providerSecrets),
    keys: toKeys(document.keys),
  }
}

const toPolicies = ({ group, policies }: GroupDocument, providerSecrets: ReadonlyMap<string, Secret>): Policies => ({
  password: { minLength: policies?.password?.min_length ?? DEFAULT_MIN_LENGTH },
  deletion: { graceS: policies?.deletion?.grace_s ?? DEFAULT_GRACE_S },
  sms: {
    countries: policies?.sms?.countries ?? [group.country ?? DEFAULT_COUNTRY],
    mostPerHour: policies?.sms?.most_per_hour ?? DEFAULT_TEXTS_PER_HOUR,
  },
  identityProviders: (policies?.identity_providers ?? []).flatMap(
    (entry) => toIdentityProvider(entry, providerSecrets.get(entry.key)) ?? [],
  ),
})

// The casts below brand names: this is the one place where a name of the file, checked by its schema, becomes the id it is.

function toRecipient(entry: RecipientEntry): Recipient {
  const { key, kind, name, subject_sector, uri, privacy_uri, terms, look, apis, certificate_authorities } = entry
  return {
    key: key as RecipientKey,
    kind,
    name,
    subjectSector: subject_sector ?? key,
    ...(uri !== undefined && { uri }),
    ...(privacy_uri !== undefined && { privacyUri: privacy_uri }),
    ...(terms && { terms: { version: terms.version, uri: terms.uri, ...(terms.title && { title: terms.title }) } }),
    look: look
      ? { color: look.color, radiusPx: look.radius_px, font: look.font, mark: look.mark, ...(look.tagline && { tagline: look.tagline }) }
      : NEUTRAL_LOOK,
    apis: apis ?? [],
    ...(certificate_authorities && { certificateAuthorities: certificate_authorities }),
  }
}

const toKeys = ({ default_signing_alg, rotate_after_s, publish_s }: NonNullable<GroupDocument['keys']> = {}): Keys => ({
  defaultSigningAlg: default_signing_alg ?? 'ES256',
  rotateAfterS: rotate_after_s ?? 90 * DAY_S,
  publishS: publish_s ?? DAY_S,
})

/** The running form of one client. */
export function toClient(entry: ClientEntry, secret: Secret | undefined): Client {
  return {
    id: entry.client_id as ClientId,
    name: entry.client_name,
    recipient: entry.recipient as RecipientKey,
    channel: entry.channel,
    ...(secret && { secret }),
    redirectUris: entry.redirect_uris ?? [],
    postLogoutRedirectUris: entry.post_logout_redirect_uris ?? [],
    claimsRedirectUris: entry.claims_redirect_uris ?? [],
    ...(entry.backchannel_logout_uri !== undefined && { backchannelLogoutUri: entry.backchannel_logout_uri }),
    grantTypes: entry.grant_types,
    tokenEndpointAuthMethod: authMethodOf(entry),
    ...(entry.profile !== undefined && { profile: entry.profile }),
    ...(entry.default_acr_values && { defaultAcrValues: entry.default_acr_values }),
    ...(entry.minimum_acr !== undefined && { minimumAcr: entry.minimum_acr }),
    scopes: entry.scope.split(' '),
    needs: (entry.needs ?? []).map(toNeed),
    writes: entry.writes ?? [],
    ...(entry.client_uri !== undefined && { uri: entry.client_uri }),
    metadata: toMetadata(entry),
  }
}

function toNeed({
  purpose,
  attributes,
  required = [],
  reasons,
  max_duration_s,
}: NonNullable<ClientEntry['needs']>[number]): Client['needs'][number] {
  return {
    purpose: purpose as PurposeName,
    attributes: attributes.map((name) => ({ name: name as AttributeName, required: required.includes(name) })),
    ...(max_duration_s !== undefined && { maxDurationS: max_duration_s }),
    ...(reasons && { reasons: new Map(Object.entries(reasons).map(([name, words]) => [name as AttributeName, words])) }),
  }
}

function toMetadata(entry: ClientEntry): Readonly<Record<string, unknown>> {
  const given = Object.entries(entry).filter(([key, value]) => Object.hasOwn(metadataShape, key) && value !== undefined)
  // CIBA core §4 asks every client that uses it for a mode; ours only poll
  const ciba = entry.grant_types.includes('urn:openid:params:grant-type:ciba') ? { backchannel_token_delivery_mode: 'poll' } : {}
  return { ...Object.fromEntries(given), ...ciba }
}

const toAttributes = ({ group, attributes }: AttributeGroupEntry): Attribute[] =>
  attributes.map(({ name, type, sensitivity, purposes, label }) => ({
    name: name as AttributeName,
    group,
    type,
    sensitivity,
    purposes: purposes.map((purpose) => purpose as PurposeName),
    label,
  }))
