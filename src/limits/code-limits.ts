import type { Db } from '../store/db.ts'
import type { ClientAddress } from '../web/client-address.ts'
import type { KeyOf } from './keys.ts'
import { CODE_FAILURES, CODE_MAILS } from './rules.ts'
import { giveBack, takeOne } from './store.ts'

export type CodeMail =
  | { readonly kind: 'send' }
  /** This mailbox has had enough. The page says nothing of it: who asks need not be who gets the mail. */
  | { readonly kind: 'withhold' }
  /** Whoever asks has asked enough, and is told. */
  | { readonly kind: 'refuse'; readonly retryAfterS: number }

export type CodeTry = { readonly ok: true; succeeded(tx: Db): Promise<void> } | { readonly ok: false; readonly retryAfterS: number }

export interface CodeLimits {
  /** Counts one mail with a code to a mailbox (normalised address), asked for from a place (SEC-64). */
  mail(db: Db, mail: { readonly to: string; readonly from: ClientAddress }, now: Date): Promise<CodeMail>
  /** Counts a try of a mailbox's codes before the code is looked at, in whatever journey (SEC-45). */
  begin(db: Db, mailbox: string, now: Date): Promise<CodeTry>
}

/** Limits on mails with a code and on tries of codes. */
export function createCodeLimits(keyOf: KeyOf): CodeLimits {
  return {
    async mail(db, { to, from }, now) {
      const places = [
        ...(from.address === undefined ? [] : [{ key: keyOf('code mails from address', from.address), rule: CODE_MAILS.address }]),
        { key: keyOf('code mails from network', from.network), rule: CODE_MAILS.network },
      ]
      for (const { key, rule } of places) {
        const take = await takeOne(db, key, rule, now)
        if (!take.ok) return { kind: 'refuse', retryAfterS: take.retryAfterS }
      }
      const take = await takeOne(db, keyOf('code mails to mailbox', to), CODE_MAILS.mailbox, now)
      return { kind: take.ok ? 'send' : 'withhold' }
    },

    async begin(db, mailbox, now) {
      const key = keyOf('codes of mailbox', mailbox)
      const take = await takeOne(db, key, CODE_FAILURES, now)
      return take.ok ? { ok: true, succeeded: (tx) => giveBack(tx, { all: [key] }) } : take
    },
  }
}
