import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'
import type { Mailer } from '../ports/mail.ts'
import type { Random } from '../ports/random.ts'
import type { Sms, TextMessage } from '../ports/sms.ts'
import type { Db } from '../store/db.ts'
import type { Vault } from '../vault/index.ts'
import { deleteOldDevMails, insertDevMail, listDevMails } from './store.ts'

const KEPT = 1_000
const SEALED_FIELD = 'dev_mailbox.mail_sealed'

const keptMailSchema = z
  .object({
    to: z.string(),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
    links: z.array(z.string()).readonly(),
    /** Of a text message; a mail has none. */
    channel: z.literal('sms').exactOptional(),
  })
  .readonly()

/** A message as `/dev/mailbox.json` shows it. */
export type MailboxEntry = z.infer<typeof keptMailSchema> & { readonly id: string /** RFC 3339. */; readonly at: string }

export interface DevMailbox extends Mailer {
  /** For text messages. */
  readonly sms: Sms
  /** Newest first, at most 1,000; with `to` only those to this address or number. */
  list(filter?: { readonly to?: string }): Promise<readonly MailboxEntry[]>
}

/** Keeps messages in the database instead of sending them: outside production, where no SMTP server is set. */
export function createDevMailbox(deps: { db: Db; vault: Vault; clock: Clock; random: Random }): DevMailbox {
  const { db, vault, clock, random } = deps
  const keep = async (message: z.infer<typeof keptMailSchema>): Promise<void> => {
    const mail_sealed = await vault.sealSystem(SEALED_FIELD, JSON.stringify(message))
    await insertDevMail(db, { id: random.uuid(), mail_sealed, at: clock() })
    await deleteOldDevMails(db, KEPT)
  }
  return {
    send: ({ to, subject, text, html }) => keep({ to, subject, text, html, links: linksOf({ text, html }) }),
    sms: {
      send: ({ to, text }: TextMessage) => keep({ to, subject: '', text, html: '', links: linksOf({ text, html: '' }), channel: 'sms' }),
    },
    async list({ to } = {}) {
      const rows = await listDevMails(db)
      const entries = await Promise.all(
        rows.slice(0, KEPT).map(async ({ id, mail_sealed, at }) => {
          const mail = keptMailSchema.parse(JSON.parse(await vault.openSystem(SEALED_FIELD, mail_sealed)))
          return { id, ...mail, at: at.toISOString() }
        }),
      )
      return to === undefined ? entries : entries.filter((entry) => isTo(entry, to))
    },
  }
}

/** Of a number the digits count: a plus in an address becomes a space where it was not encoded. */
function isTo({ to, channel }: MailboxEntry, wanted: string): boolean {
  if (channel === 'sms') return to.replace(/\D/g, '') === wanted.replace(/\D/g, '')
  return to.toLowerCase() === wanted.trim().toLowerCase()
}

/** The addresses a mail links to, each once, in the order of its HTML and then its text. */
function linksOf({ text, html }: { text: string; html: string }): readonly string[] {
  const inHtml = Array.from(html.matchAll(/\bhref\s*=\s*"([^"]*)"/gi), ([, href = '']) => unescapeHtml(href))
  const inText = Array.from(text.matchAll(/https?:\/\/[^\s<>"']+/g), ([url]) => url.replace(/[.,;:!?)\]]+$/, ''))
  return [...new Set([...inHtml, ...inText])]
}

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&#x27;': "'" }

const unescapeHtml = (text: string): string => text.replace(/&(?:amp|lt|gt|quot|#39|#x27);/g, (entity) => ENTITIES[entity] ?? entity)
