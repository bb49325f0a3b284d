import type { Db } from '../store/db.ts'
import type { ClientAddress } from '../web/client-address.ts'
import type { KeyOf } from './keys.ts'
import { CODE_FAILURES, CODE_MAILS, CODE_TEXTS, TEXTS_TO_COUNTRY_WINDOW_S, UNUSED_CODES, type WindowRule } from './rules.ts'
import { giveBack, takeOne } from './store.ts'

export type CodeMail =
  | { readonly kind: 'send' }
  /**
   * This mailbox or number has had enough. The page says nothing of it: who asks need not be who gets the code. `tell`: its owner should know that
   * somebody asks for codes and uses none.
   */
  | { readonly kind: 'withhold'; readonly tell: boolean }
  /** Whoever asks has asked enough, and is told. */
  | { readonly kind: 'refuse'; readonly retryAfterS: number }

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
  /**
   * Counts one mail with a code to a mailbox (normalised address), asked for from a place (SEC-64).
   *
   * @param mail `opens`: an account, if there is one: then unused ones count too (MFA-21)
   */
  mail(db: Db, mail: { readonly to: string; readonly from: ClientAddress; readonly opens?: boolean }, now: Date): Promise<CodeMail>
  /** Counts one text message with a code (SEC-64, MFA-21). */
  text(db: Db, text: CodeTextAsked, now: Date): Promise<CodeMail>
  /** Counts a try of a mailbox's or number's codes before the code is looked at, in whatever journey (SEC-45). */
  begin(db: Db, mailbox: string, now: Date): Promise<CodeTry>
}

/** Limits on messages with a code and on tries of codes. */
export function createCodeLimits(keyOf: KeyOf): CodeLimits {
  const unused = (to: string): Buffer => keyOf('unused codes to', to)
  /** Undefined: there are not too many yet. */
  async function tooManyUnused(db: Db, to: string, now: Date): Promise<CodeMail | undefined> {
    if ((await takeOne(db, unused(to), UNUSED_CODES.sent, now)).ok) return undefined
    return { kind: 'withhold', tell: (await takeOne(db, keyOf('told of unused codes', to), UNUSED_CODES.told, now)).ok }
  }
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
    async mail(db, { to, from, opens = false }, now) {
      const retryAfterS = await waitOf(db, 'mails', from, now)
      if (retryAfterS !== undefined) return { kind: 'refuse', retryAfterS }
      const withheld = opens ? await tooManyUnused(db, to, now) : undefined
      if (withheld) return withheld
      const take = await takeOne(db, keyOf('code mails to mailbox', to), CODE_MAILS.mailbox, now)
      return take.ok ? { kind: 'send' } : { kind: 'withhold', tell: false }
    },

    async text(db, { to, country, mostToCountry, from }, now) {
      const wait = await waitOf(db, 'texts', from, now)
      if (wait !== undefined) return { kind: 'refuse', retryAfterS: wait }
      const withheld = await tooManyUnused(db, to, now)
      if (withheld) return withheld
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
