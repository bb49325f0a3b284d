import { sessionEndedMail } from '../../views/index.ts'
import { mailOwner } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { DEFAULT_LOCALE, parseLocale, translator } from '../web/i18n.ts'
import type { OidcDeps } from './deps.ts'
import type { Key } from './storage/token-text.ts'

/**
 * Ends a family of tokens because a code or refresh token of it was used twice, and tells the customer: a notice at `/account/sessions` and a
 * mail, in the transaction that ends it (OIDC-8, SEC-14, RFC 9700 §4.14). A family that has ended before is left alone, so there is one mail.
 */
export function endCopiedFamily(deps: OidcDeps): (grant: Key) => Promise<void> {
  return async ({ routing, bucket, hash }) => {
    const now = deps.clock()
    await deps.store.db.transaction().execute(async (tx) => {
      const ended = await tx
        .updateTable('oidc_grants')
        .set({ revoked_at: now })
        .where('routing', '=', routing)
        .where('bucket', '=', bucket)
        .where('grant_hash', '=', hash)
        .where('revoked_at', 'is', null)
        .returning(['account_id', 'client_id'])
        .executeTakeFirst()
      if (!ended) return
      await deps.accounts.notices.add(tx, ended.account_id, { kind: 'copied_key', client_id: ended.client_id, at: now })
      await tellOwner(deps, tx, ended)
    })
    deps.events.wake()
  }
}

async function tellOwner(deps: OidcDeps, tx: Db, ended: { account_id: AccountId; client_id: ClientId }): Promise<void> {
  const group = deps.group()
  const client = group.clients.get(ended.client_id)
  const recipient = client && group.recipients.get(client.recipient)
  const account = await deps.accounts.find(tx, ended.account_id)
  if (!recipient || !account) return
  const locale = parseLocale(account.locale ?? '') ?? DEFAULT_LOCALE
  const context = { t: translator(locale), locale, groupName: group.name, brand: recipient }
  const mail = sessionEndedMail(context, { devicesHref: `${deps.issuer}/account/sessions` })
  await mailOwner(deps, tx, account.id, { from_name: recipient.name, mail })
}
