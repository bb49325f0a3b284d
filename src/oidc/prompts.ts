import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { AccountId, ClientId } from '../store/ids.ts'
import { demandedLevel } from './demanded-level.ts'
import type { OidcDeps } from './deps.ts'

const { Check, Prompt, base } = interactionPolicy

/**
 * When an authorization request meets a page: oidc-provider's own checks for a fresh proof, then the journey's `next()` in place of its checks of
 * consent, which know nothing of recipients and purposes. `prompt=none` runs through the same (OIDC-22).
 */
export function promptPolicy(deps: OidcDeps): InstanceType<typeof Prompt>[] {
  const policy = base()
  const clientOf = ({ oidc }: KoaContextWithOIDC) => oidc.client && deps.group().clients.get(oidc.client.clientId as ClientId) // client ids come from the group
  const login = policy.get('login')
  for (const reason of ['essential_acr', 'essential_acrs']) login?.checks.remove(reason)
  login?.checks.add(demandedLevel(clientOf))
  login?.checks.add(
    // A client that is registered for no scope of ours may ask for none; the engine reads an empty registration as "any" (OIDC-12).
    new Check('unregistered_scope', 'a scope the client does not have', 'invalid_scope', (ctx) => {
      const outside = [...ctx.oidc.requestParamOIDCScopes].filter((scope) => !clientOf(ctx)?.scopes.includes(scope))
      if (outside.length > 0) throw new errors.InvalidScope('requested scope is not allowed', outside.join(' '))
      return Check.NO_NEED_TO_PROMPT
    }),
    0,
  )
  login?.checks.add(
    new Check('account_unusable', 'the account of this session cannot be used', 'login_required', (ctx) => {
      const { session, account } = ctx.oidc
      return session?.accountId !== undefined && account === undefined
    }),
  )
  const consent = policy.get('consent')
  for (const reason of ['op_scopes_missing', 'op_claims_missing', 'rs_scopes_missing', 'rar_prompt']) consent?.checks.remove(reason)
  consent?.checks.add(
    new Check('journey', 'the customer has not been asked yet', 'consent_required', async (ctx) => {
      const { session } = ctx.oidc
      const groupClient = clientOf(ctx)
      if (!session?.accountId || !groupClient) return Check.NO_NEED_TO_PROMPT
      return (await deps.hasStepLeft(session.accountId as AccountId, groupClient)) ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT
    }),
  )
  policy.add(new Prompt({ name: 'create', requestable: true }), 0)
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 1)
  return policy
}
