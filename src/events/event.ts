import { z } from 'zod'
import type { Mail } from '../ports/mail.ts'
import type { TextMessage } from '../ports/sms.ts'

const mailSchema: z.ZodType<Mail> = z
  .object({ to: z.string(), subject: z.string(), text: z.string(), html: z.string(), from_name: z.string() })
  .readonly()

const mailEventSchema = z
  .object({
    kind: z.literal('mail'),
    mail: mailSchema,
    /** RFC 3339. Later than this it is not sent any more: a code that has expired helps nobody. */
    useful_until: z.iso.datetime().exactOptional(),
    /** Whose mail it is, where it goes to the owner of an account. */
    account_id: z.string().exactOptional(),
  })
  .readonly()

const textSchema: z.ZodType<TextMessage> = z.object({ to: z.string(), text: z.string() }).readonly()

const smsEventSchema = z
  .object({
    kind: z.literal('sms'),
    sms: textSchema,
    /** As of a mail. */
    useful_until: z.iso.datetime().exactOptional(),
    account_id: z.string().exactOptional(),
  })
  .readonly()

const backchannelLogoutSchema = z
  .object({ kind: z.literal('backchannel_logout'), issuer: z.string(), client_id: z.string(), account_id: z.string(), sid: z.string() })
  .readonly()

/** Somebody wants everything that is stored about them, in this language. */
const exportSchema = z.object({ kind: z.literal('export'), account_id: z.string(), locale: z.string() }).readonly()

/** What is to be done after a transaction has committed, and until it has worked. */
export const eventSchema = z.discriminatedUnion('kind', [mailEventSchema, smsEventSchema, backchannelLogoutSchema, exportSchema])
export type Event = z.infer<typeof eventSchema>
export type EventKind = Event['kind']

/**
 * Delivers one event. Throwing has it tried again later, so an event can arrive more than once.
 *
 * @param attempt 1 for the first
 * @param signal aborted when the attempt has taken too long; its outcome is not waited for after that
 */
export type EventHandler<K extends EventKind> = (event: Extract<Event, { kind: K }>, attempt: number, signal: AbortSignal) => Promise<void>

/** Kinds without a handler stay where they are, for a process that has one. */
export type EventHandlers = { readonly [K in EventKind]?: EventHandler<K> }
