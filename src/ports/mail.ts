import { connect } from 'node:net'

/** A mail, rendered and addressed to one person. */
export interface Mail {
  /** One address, nothing else: no name, no list. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The brand whose name the customer sees as the sender. */
  readonly from_name: string
}

export interface Mailer {
  /** Resolves once the mail is in other hands; throws when it is not. */
  send(mail: Mail): Promise<void>
}

export interface SmtpMailer extends Mailer {
  close(): void
}

// Nothing here may outlast the lease of whoever sends: a mail would then go out twice.
const TIMEOUTS_MS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 10_000 }

/**
 * Sends over SMTP. Loads nodemailer with the first mail: it is 23 MB that a server at rest does without.
 *
 * @param url `smtp://` (STARTTLS where the server offers it; `?requireTLS=true` insists) or `smtps://`, with credentials where needed
 * @param from the sender's address, bare or as `Name <address>`; the brand's name takes the place of the name
 */
export function smtpMailer(url: string, from: string): SmtpMailer {
  let opened: ReturnType<typeof openTransport> | undefined
  const sender = from.match(/<([^<>]+)>\s*$/)?.[1] ?? from.trim()
  return {
    async send(mail) {
      const to = singleAddress(mail.to)
      opened ??= openTransport(url)
      const transport = await opened
      await transport.sendMail({
        // As an object and in the envelope, so that no part of an address is read as a list of addresses.
        from: { name: headerText(mail.from_name), address: sender },
        to: { name: '', address: to },
        envelope: { from: sender, to: [to] },
        subject: headerText(mail.subject),
        text: mail.text,
        html: mail.html,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      })
    },
    close: () => void opened?.then((transport) => transport.close()),
  }
}

async function openTransport(url: string) {
  const { createTransport } = await import('nodemailer')
  return createTransport({ url, pool: true, maxConnections: 4, disableFileAccess: true, disableUrlAccess: true, ...TIMEOUTS_MS })
}

const PROBE_MS = 5_000
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 }

/** Whether something takes connections where `SMTP_URL` points. Sends nothing. */
export async function probeSmtp(url: string): Promise<{ readonly at: string; readonly problem?: string }> {
  const { hostname, port, protocol } = new URL(url)
  const at = { host: hostname, port: Number(port || DEFAULT_PORTS[protocol]) }
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const socket = connect({ ...at, timeout: PROBE_MS })
  socket.once('connect', () => resolve(undefined))
  socket.once('timeout', () => resolve('does not answer'))
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(`cannot be reached (${error.code})`))
  const problem = await promise.finally(() => socket.destroy())
  return { at: `${at.host}:${at.port}`, ...(problem !== undefined && { problem }) }
}

/** Keeps what it is given: for tests. */
export function mailSink(): Mailer & { readonly mails: readonly Mail[] } {
  const mails: Mail[] = []
  return {
    mails,
    async send(mail) {
      mails.push(mail)
    },
  }
}

/** One line without control characters, and without the ones that turn the reading direction (SEC-62). */
const headerText = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()

function singleAddress(to: string): string {
  if (!/^[^\s\p{Cc}@,;:<>()"\\[\]]+@[^\s\p{Cc}@,;:<>()"\\[\]]+$/u.test(to)) throw new TypeError('a mail goes to exactly one address')
  return to
}
