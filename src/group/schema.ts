import { z } from 'zod'
import { clientSchema } from './client-schema.ts'
import { ATTRIBUTE_TYPES, FONTS, MARKS, RECIPIENT_KINDS, SENSITIVITIES, SIGNING_ALGS, STEP_NAMES } from './group.ts'
import { identityProviderSchema } from './identity-provider-schema.ts'
import {
  attributeGroupName,
  attributeName,
  certificateAuthority,
  distinct,
  localised,
  localisedUri,
  name,
  recipientKey,
  scopeName,
  uri,
  words,
} from './words.ts'

/** The shape of the group file, one schema for each thing that is stored by itself. What one thing says about another is checked elsewhere. */

const look = z.strictObject({
  color: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, { error: 'must be a colour like "#b4235a", in quotes' })
    .describe('One colour. Atrium corrects its contrast for both colour schemes.'),
  radius_px: z.int().min(0).max(32).describe('Corners of buttons and fields, in CSS pixels.'),
  font: z.enum(FONTS).describe('A family of fonts the customer’s device has.'),
  mark: z.enum(MARKS).describe('A mark from the built-in set.'),
  tagline: localised(120).optional().describe('A short line under the name.'),
})

const terms = z.strictObject({
  version: z
    .string()
    .regex(/^[\w.-]{1,50}$/, { error: 'must be letters, digits, dots, hyphens and underscores, 50 at most; quote a date or a number' })
    .describe('Names this version. Whoever accepted another one is asked again, once, at the next sign-in.'),
  uri: localisedUri.describe('Where they can be read.'),
  title: localised(120).optional().describe('What they are called.'),
})

const api = z.strictObject({
  resource: uri('endpoint').describe('RFC 8707. The audience of the access tokens.'),
  scopes: distinct(scopeName).min(1).describe('The scopes of this API.'),
})

export const recipientSchema = z.strictObject({
  key: recipientKey.describe('Names the recipient everywhere.'),
  kind: z.enum(RECIPIENT_KINDS).describe('A house of the group, a party outside it, the group itself, or who runs Atrium.'),
  name: words(100).describe('What customers read.'),
  subject_sector: recipientKey
    .optional()
    .describe(
      'Whose subjects its clients see, its own key unless told. Can’t change once subjects exist: set it to the old key when you rename a brand.',
    ),
  uri: uri('page').optional().describe('Home page, shown as the way back.'),
  privacy_uri: uri('page').optional().describe('Privacy notice.'),
  terms: terms
    .optional()
    .describe('What customers accept when they sign up or come here first. Which version, when and in which language is recorded.'),
  look: look.optional().describe('How the pages and mails look. Without it they are neutral.'),
  apis: z.array(api).max(20).optional().describe('APIs of the recipient’s own that clients may ask tokens for.'),
  certificate_authorities: distinct(certificateAuthority, 10)
    .optional()
    .describe('Certificates (PEM) of the authorities that vouch for this recipient’s clients with `tls_client_auth`.'),
})

export const attributeSchema = z.strictObject({
  name: attributeName.describe('Name of the attribute and of its claim.'),
  type: z.enum(ATTRIBUTE_TYPES).describe('What a value is; `address` is the object of OIDC core §5.1.1.'),
  sensitivity: z.enum(SENSITIVITIES).describe('How much care its release deserves.'),
  purposes: distinct(name).min(1).describe('The purposes it may serve. No client gets it for another.'),
  label: localised(80).describe('What customers read.'),
})

export const attributeGroupSchema = z.strictObject({
  group: attributeGroupName.describe('Name of the attribute group; also a scope, and a UMA resource of each customer.'),
  label: localised(80).describe('What customers read.'),
  customer_edits: z.boolean().optional().describe('Whether customers change these attributes themselves. `false` unless told.'),
  attributes: z.array(attributeSchema).min(1).max(100).describe('The attributes, in the order they are shown.'),
})

export const purposeSchema = z.strictObject({
  name: name.describe('Name of the purpose.'),
  label: localised(80).describe('What customers read.'),
  description: localised(400).describe('One or two sentences: what is done, and what is not.'),
})

export const journeySchema = z.strictObject({
  steps: distinct(z.enum(STEP_NAMES)).min(1).describe('The steps in order. A step that has nothing to ask is passed over.'),
})

const country = z.string().regex(/^[A-Z]{2}$/, { error: 'must be a country code of two capital letters (DE)' })

const policySchemas = {
  password: z.strictObject({
    min_length: z
      .int()
      .min(8)
      .max(64)
      .describe('Least number of characters of a new password; NIST SP 800-63B-4 asks 15 where nothing else is asked.'),
  }),
  sms: z.strictObject({
    countries: distinct(country, 250)
      .min(1)
      .optional()
      .describe('Countries text messages are sent to, each a price list of its own. The group’s country unless told.'),
    most_per_hour: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        'How many text messages an hour go to one country at most, whoever asks for them: the end of what a flood can cost. 500 unless told.',
      ),
  }),
  deletion: z.strictObject({
    grace_s: z
      .int()
      .min(86_400)
      .max(90 * 86_400)
      .describe('How long customers may undo the deletion of their account by signing in again, in seconds.'),
  }),
}

const groupSchema = z.strictObject({
  name: words(100).describe('The group’s own name.'),
  country: country.optional().describe('Region of phone numbers typed without a country code. `DE` unless told.'),
})

const keysSchema = z.strictObject({
  default_signing_alg: z
    .enum(SIGNING_ALGS)
    .optional()
    .describe('Signs the ID tokens of clients that register no algorithm. `ES256` unless told.'),
  rotate_after_s: z
    .int()
    .min(7 * 86_400)
    .max(366 * 86_400)
    .optional()
    .describe('How long a signing key signs, in seconds. 90 days unless told.'),
  publish_s: z
    .int()
    .min(3_600)
    .max(7 * 86_400)
    .optional()
    .describe(
      'How long a signing key is published before it signs, in seconds: longer than any client keeps the key set. A day unless told.',
    ),
})

export const documentSchema = z.strictObject({
  group: groupSchema.describe('The group itself.'),
  recipients: z.array(recipientSchema).max(1000).describe('Brands, partners, the group’s own services, the operator.'),
  clients: z.array(clientSchema).max(5000).describe('OAuth clients, each of one recipient on one channel.'),
  attributes: z.array(attributeGroupSchema).max(100).describe('What is known about customers, in attribute groups.'),
  purposes: z.array(purposeSchema).max(100).describe('Why it is read, in the order customers see.'),
  journeys: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*(\.[a-z_]+)?$/, { error: 'must be default, RECIPIENT or RECIPIENT.CHANNEL' }), journeySchema)
    .optional()
    .describe('The steps of a sign-in: `default`, and others for one `RECIPIENT` or `RECIPIENT.CHANNEL`.'),
  policies: z
    .strictObject({
      password: policySchemas.password.optional().describe('Rules for new passwords.'),
      sms: policySchemas.sms.optional().describe('Where text messages go, and how many.'),
      identity_providers: z
        .array(identityProviderSchema)
        .max(50)
        .optional()
        .describe('Where customers may sign in besides here, in the order of their buttons.'),
      deletion: policySchemas.deletion
        .optional()
        .describe('What happens when customers delete their account. 30 days to undo it unless told.'),
    })
    .optional()
    .describe('Rules that hold in the whole group.'),
  keys: keysSchema.optional().describe('Signing keys.'),
})

/** A group file in its own words (snake_case), its shape checked and nothing filled in. */
export type GroupDocument = z.output<typeof documentSchema>
export type RecipientEntry = GroupDocument['recipients'][number]
export type ClientEntry = GroupDocument['clients'][number]
export type AttributeGroupEntry = GroupDocument['attributes'][number]
export type AttributeEntry = AttributeGroupEntry['attributes'][number]
export type PurposeEntry = GroupDocument['purposes'][number]
