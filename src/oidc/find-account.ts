import type { Account, FindAccount } from 'oidc-provider'
import type { StoredProfile } from '../accounts/index.ts'
import type { AccountId, AttributeName, ClientId, RecipientKey } from '../store/ids.ts'
import { scopeClaims } from './client-metadata.ts'
import type { OidcDeps } from './deps.ts'
import { storedProfileKey } from './storage/access-tokens.ts'
import { unitOfWork } from './storage/unit-of-work.ts'

/**
 * The account behind a session or token, as long as it may be used; its claims come through the release gate.
 *
 * ID tokens carry `sub` and protocol claims only (OIDC-9): whatever is asked for there, nothing of the profile is handed over.
 */
export function findAccount(deps: OidcDeps): FindAccount {
  const byScope = scopeClaims(deps.group()) // of the group this engine was built for
  return async (ctx, sub) => {
    const accountId = sub as AccountId // oidc-provider hands back what was stored
    const joined = unitOfWork().recall<string | null>(`account-status:${sub}`)
    const status = joined === undefined ? (await deps.accounts.find(deps.store.db, accountId))?.status : joined
    if (status !== 'active') return undefined
    const isHouse = (key: RecipientKey): boolean => deps.group().recipients.get(key)?.kind !== 'partner'
    const account: Account = {
      accountId: sub,
      async claims(use, scope, claims) {
        const client = ctx.oidc.client && deps.group().clients.get(ctx.oidc.client.clientId as ClientId) // client ids come from the group
        if (use !== 'userinfo' || !client) return { sub }
        const requested = [...scope.split(' ').flatMap((name) => byScope[name] ?? []), ...Object.keys(claims)] as AttributeName[] // unknown names release nothing
        const now = deps.clock()
        const released = await deps.sharing.release(deps.store.db, {
          accountId,
          recipient: client.recipient,
          client,
          requested,
          outlet: 'userinfo',
          basis: isHouse(client.recipient) ? 'registration' : 'confirmation',
          now,
          stored: unitOfWork().recall<StoredProfile>(storedProfileKey(accountId)),
        })
        return { ...released, sub }
      },
    }
    return account
  }
}
