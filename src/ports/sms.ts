import type { GuardedFetch } from './guarded-fetch.ts'
import type { Secret } from './secret.ts'

/** A text message, rendered and addressed to one phone. */
export interface TextMessage {
  /** E.164 (`+4915112345678`). */
  readonly to: string
  readonly text: string
}

export interface Sms {
  /** Resolves once the message is in other hands; throws when it is not. */
  send(message: TextMessage, signal?: AbortSignal): Promise<void>
}

/** How a provider wants to be asked. All of it may hold its secrets: an account in the address, a key in a header. */
export interface SmsProvider {
  readonly url: Secret
  readonly method: 'POST' | 'PUT'
  readonly headers: readonly { readonly name: string; readonly value: Secret }[]
  /** With the {@link SMS_PLACEHOLDERS}: JSON when it begins with a brace, else a form. */
  readonly body: Secret
  /** What `{from}` stands for. */
  readonly from: string
}

/** What a body may name: the number, the number without its plus, the words, the sender. */
export const SMS_PLACEHOLDERS = ['{to}', '{to_digits}', '{text}', '{from}'] as const

/** A provider that did not take a message. Its code names the status only: answers of providers quote numbers. */
class SmsRefused extends Error {
  readonly code: string

  constructor(status: number) {
    super('the SMS provider did not take a message')
    this.name = 'SmsRefused'
    this.code = `sms_status_${status}`
  }
}

/** Sends by one HTTP request a message, to whatever provider has an API of that kind. */
export function httpSms(fetch: GuardedFetch, { url, method, headers, body, from }: SmsProvider): Sms {
  const template = body.reveal()
  const isJson = template.trimStart().startsWith('{')
  const quoted = isJson ? inJson : encodeURIComponent
  const sent = [
    ['content-type', isJson ? 'application/json' : 'application/x-www-form-urlencoded'] as const,
    ...headers.map(({ name, value }) => [name.toLowerCase(), value.reveal()] as const),
  ]
  return {
    async send({ to, text }, signal) {
      const values: Readonly<Record<string, string>> = { to, to_digits: to.slice(1), text, from }
      // In one pass: words that look like a placeholder stay words.
      const filled = template.replace(/\{(to|to_digits|text|from)\}/g, (_, name: string) => quoted(values[name] ?? ''))
      const answer = await fetch(url.reveal(), {
        method,
        headers: Object.fromEntries(sent), // the operator's content type comes after ours
        body: filled,
        ...(signal && { signal }),
      })
      if (!answer.ok) throw new SmsRefused(answer.status)
    },
  }
}

/** The inside of a JSON string: the template has the quotes. */
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
