import { isIP } from 'node:net'
import { z } from 'zod'
import { certificateAuthorityProblem } from './certificate-authority.ts'
import { parseDistinguishedName } from './distinguished-name.ts'
import { PROTOCOL_CLAIMS, RESERVED_SCOPES } from './scopes.ts'
import { type UriUse, uriProblem } from './uri-rules.ts'

/** The kinds of text the group file is made of. Each refuses in words that can stand after the name of the place. */

/** Control characters, line separators and halves of surrogate pairs: PostgreSQL refuses some of them, terminals obey others. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u

/** Words for people. Runs of white space are one space, so that YAML's folded blocks read as one line. */
export const words = (maxLength: number) =>
  z
    .string()
    .transform((typed) => typed.replace(/\s+/g, ' ').trim())
    .refine((typed) => typed !== '', { error: 'must not be empty' })
    .refine((typed) => !UNPRINTABLE.test(typed), { error: 'must have no control characters' })
    .refine((typed) => typed.length <= maxLength, { error: `must have at most ${maxLength} characters` })

const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/
const NO_LANGUAGE = 'must be a language tag (en, de, it, ru, …)'

/** One text per language; English is what everybody falls back to. */
export const localised = (maxLength: number) =>
  z
    .record(z.string().regex(LANGUAGE, { error: NO_LANGUAGE }), words(maxLength))
    .refine((texts) => Object.hasOwn(texts, 'en'), { error: 'must have the text in en, which other languages fall back to' })

/** Keys of recipients: they stand in URLs, sectors and `data-recipient`. */
export const recipientKey = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, { error: 'must be lower-case letters, digits and hyphens, 63 at most, beginning with a letter' })
  .refine((key) => key !== 'atrium' && key !== 'customer', { error: 'is a name Atrium keeps for itself' })

/** `atrium-account` and its like are made by Atrium; `atrium-admin` is the one name an operator gives a client of their own. */
export const clientId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, { error: 'must be letters, digits, dots, hyphens and underscores, 128 at most' })
  .refine((id) => !id.toLowerCase().startsWith('atrium-') || id === 'atrium-admin', {
    error: 'must not begin with atrium-: Atrium makes those clients itself (atrium-admin excepted)',
  })

/** Names of attributes, attribute groups and purposes. No colon: a UMA scope is `{attribute}:{purpose}`. */
export const name = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, {
  error: 'must be lower-case letters, digits and underscores, 63 at most, beginning with a letter',
})

/** A name of an attribute, which is a claim too. */
export const attributeName = name.refine((claim) => !PROTOCOL_CLAIMS.includes(claim), { error: 'is a claim of the protocols' })

/** The name of an attribute group is a scope too. */
export const attributeGroupName = name.refine((scope) => !RESERVED_SCOPES.includes(scope), {
  error: 'is a scope that already means something',
})

/** A scope of a brand's own API. */
export const scopeName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, { error: 'must be a scope (RFC 6749 §3.3)' })
  .refine((scope) => !RESERVED_SCOPES.includes(scope), { error: 'is a scope that already means something' })

/** What can be compared and followed as it stands, see `uri-rules.ts`. */
export const uri = (use: UriUse) =>
  z
    .string()
    .max(2000)
    .superRefine((typed, ctx) => {
      const problem = uriProblem(typed, use)
      if (problem) ctx.addIssue({ code: 'custom', message: problem })
    })

/** The address of one page in each language. */
export const localisedUri = z
  .record(z.string().regex(LANGUAGE, { error: NO_LANGUAGE }), uri('page'))
  .refine((addresses) => Object.hasOwn(addresses, 'en'), { error: 'must have the address in en, which other languages fall back to' })

/** The subject of a certificate as RFC 4514 writes it. */
export const subjectName = z
  .string()
  .max(1000)
  .refine((typed) => parseDistinguishedName(typed) !== undefined, {
    error: 'must be a distinguished name (RFC 4514), as CN=shop,O=Aurora,C=DE',
  })

/** Names of a certificate's subjectAltName: compared, never followed. */
export const certificateNames = {
  dns: z
    .string()
    .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, { error: 'must be a DNS name, without a wildcard' })
    .max(253),
  uri: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/, { error: 'must be a URI' })
    .max(500),
  ip: z.string().refine((typed) => isIP(typed) !== 0, { error: 'must be an IP address' }),
  email: z
    .string()
    .regex(/^[\x21-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+$/, { error: 'must be an email address' })
    .max(254),
}

/** The certificate of an authority, as PEM. */
export const certificateAuthority = z
  .string()
  .max(10_000)
  .superRefine((typed, ctx) => {
    const problem = certificateAuthorityProblem(typed)
    if (problem) ctx.addIssue({ code: 'custom', message: problem })
  })

/** A list in which nothing stands twice. */
export const distinct = <Item extends z.ZodType>(item: Item, max = 100) =>
  z
    .array(item)
    .max(max)
    .superRefine((items, ctx) => {
      for (const [index, value] of items.entries())
        if (items.indexOf(value) < index) ctx.addIssue({ code: 'custom', path: [index], message: 'stands in the list twice' })
    })
