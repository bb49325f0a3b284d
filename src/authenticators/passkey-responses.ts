import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { z } from 'zod'
import type { Form } from '../web/form.ts'
import type { CeremonyAnswer } from './passkeys.ts'

/** What a browser sends of a ceremony, before any of it is believed. Everything is bounded: a credential id has at most 1,023 bytes (WebAuthn §7.1). */

const base64url = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/)
const credentialId = base64url(1_364)

const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const

const common = {
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional().catch(undefined),
  clientExtensionResults: z.unknown().transform(() => ({})),
}

/** Embedded ceremonies are refused, whether the browser says in which page or not (MFA-5). */
const clientDataJSON = base64url(4_096).refine((encoded) => {
  const data = clientData.safeParse(parsed(Buffer.from(encoded, 'base64url').toString()))
  return data.success && data.data.crossOrigin !== true && data.data.topOrigin === undefined
})
const clientData = z.object({ crossOrigin: z.boolean().optional(), topOrigin: z.string().optional() })

const attestation = z.object({
  ...common,
  response: z.object({
    clientDataJSON,
    attestationObject: base64url(16_384),
    transports: z
      .array(z.string())
      .max(20)
      .catch([])
      .transform((named) => TRANSPORTS.filter((transport) => named.includes(transport))),
  }),
})

const assertion = z.object({
  ...common,
  response: z.object({
    clientDataJSON,
    authenticatorData: base64url(4_096),
    signature: base64url(8_192),
    userHandle: base64url(128).optional().catch(undefined),
  }),
})

const MAX_ANSWER = 40_000

/** The browser's answer as a form brought it to the place it was asked in. */
export const readPasskeyAnswer = (form: Form, where: string): CeremonyAnswer => ({
  where,
  askedAt: form.text('passkey_asked_at', { max: 20 }),
  response: parsed(form.text('passkey', { max: MAX_ANSWER })),
})

/** Whether the form was sent by a passkey's answer rather than by its button. */
export const hasPasskeyAnswer = (form: Form): boolean => form.text('passkey', { max: MAX_ANSWER }) !== ''

/** The answer to a creation, or undefined when it has not the shape of one. */
export function parseAttestation(typed: unknown): RegistrationResponseJSON | undefined {
  const { success, data } = attestation.safeParse(typed)
  return success && data.id === data.rawId ? withoutUndefined(data) : undefined
}

/** The answer to a request, or undefined when it has not the shape of one. */
export function parseAssertion(typed: unknown): AuthenticationResponseJSON | undefined {
  const { success, data } = assertion.safeParse(typed)
  return success && data.id === data.rawId ? withoutUndefined(data) : undefined
}

/** `undefined` for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The library's types know absent members, not undefined ones. */
function withoutUndefined<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T
}
