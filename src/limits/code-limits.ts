import type { Db } from '../store/db.ts'
import type { ClientAddress } from '../web/client-address.ts'
import type { KeyOf } from './keys.ts'
import { CODE_FAILURES, CODE_MAILS, CODE_TEXTS, TEXTS_TO_COUNTRY_WINDOW_S, type WindowRule } from './rules.ts'
import { giveBack, takeOne } from './store.ts'

export type CodeMail =
  | { readonly kind: 'send' }
  /** This mailbox has had enough. The page says nothing of it: who asks need not be who gets the mail. */
  | { readonly kind: 'withhold' }
  /** Whoever asks has asked enough, and is told. */
  | { readonly kind: 'refuse'; readonly retryAfterS: number }

/** As of a mail; `tell`: whoever has the number should know that somebody asks for codes to it and uses none. */
export type CodeText = Exclude<CodeMail, { kind: 'withhold' }> | { readonly kind: 'withhold'; readonly tell: boolean }

export interface CodeTextAsked {
  /** E.164. */
  readonly to: string
  readonly country: string
  /** How many an hour go to that country from the whole group. */
  readonly mostToCountry: number
  readonly from: ClientAddress
}

export type CodeTry = { readonly ok: true; succeeded(tx: Db): Promise<void> } | { readonly ok: false; readonly retryAfterS: number }

export interface CodeLimits {
  /** Counts one mail with a code to a mailbox (normalised address), asked for from a place (SEC-64). */
  mail(db: Db, mail: { readonly to: string; readonly from: ClientAddress }, now: Date): Promise<CodeMail>
  /** Counts one text message with a code (SEC-64, MFA-21). */
  text(db: Db, text: CodeTextAsked, now: Date): Promise<CodeText>
  /** Counts a try of a mailbox's or number's codes before the code is looked at, in whatever journey (SEC-45). */
  begin(db: Db, mailbox: string, now: Date): Promise<CodeTry>
}

/** Limits on messages with a code and on tries of codes. */
export function createCodeLimits(keyOf: KeyOf): CodeLimits {
  const unused = (number: string): Buffer => keyOf('unused codes to number', number)
  /** How long a place has to wait, in seconds; undefined: it may ask. */
  async function waitOf(db: Db, what: 'mails' | 'texts', { address, network }: ClientAddress, now: Date): Promise<number | undefined> {
    const rules = what === 'mails' ? CODE_MAILS : CODE_TEXTS
    const places: { key: Buffer; rule: WindowRule }[] = [
      ...(address === undefined ? [] : [{ key: keyOf(`code ${what} from address`, address), rule: rules.address }]),
      { key: keyOf(`code ${what} from network`, network), rule: rules.network },
    ]
    for (const { key, rule } of places) {
      const take = await takeOne(db, key, rule, now)
      if (!take.ok) return take.retryAfterS
    }
    return undefined
  }
  return {
    async mail(db, { to, from }, now) {
      const retryAfterS = await waitOf(db, 'mails', from, now)
      if (retryAfterS !== undefined) return { kind: 'refuse', retryAfterS }
      const take = await takeOne(db, keyOf('code mails to mailbox', to), CODE_MAILS.mailbox, now)
      return { kind: take.ok ? 'send' : 'withhold' }
    },

    async text(db, { to, country, mostToCountry, from }, now) {
      const wait = await waitOf(db, 'texts', from, now)
      if (wait !== undefined) return { kind: 'refuse', retryAfterS: wait }
      if (!(await takeOne(db, unused(to), CODE_TEXTS.unused, now)).ok)
        return { kind: 'withhold', tell: (await takeOne(db, keyOf('told of unused codes', to), CODE_TEXTS.told, now)).ok }
      if (!(await takeOne(db, keyOf('code texts to number', to), CODE_TEXTS.number, now)).ok) return { kind: 'withhold', tell: false }
      // Last, so that what is not sent uses up nothing of a country's.
      const sent = { most: mostToCountry, windowS: TEXTS_TO_COUNTRY_WINDOW_S }
      const take = await takeOne(db, keyOf('code texts to country', country), sent, now)
      return take.ok ? { kind: 'send' } : { kind: 'refuse', retryAfterS: take.retryAfterS }
    },

    async begin(db, mailbox, now) {
      const key = keyOf('codes of mailbox', mailbox)
      const take = await takeOne(db, key, CODE_FAILURES, now)
      return take.ok ? { ok: true, succeeded: (tx) => giveBack(tx, { all: [key, unused(mailbox)] }) } : take
    },
  }
}
