import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC, Client as OidcClient } from 'oidc-provider'
import { signedOutPage, signOutPage } from '../../views/index.ts'
import type { ClientId } from '../store/ids.ts'
import { formTarget } from '../web/security-headers.ts'
import type { OidcDeps } from './deps.ts'
import { insert } from './storage/statement.ts'
import { unitOfWork } from './storage/unit-of-work.ts'

/** RP-initiated logout asks, because a link on any page can lead here; then every brand is told from the queue (OIDC-23). */

export function logoutSource({ pages, group }: OidcDeps) {
  return async (ctx: KoaContextWithOIDC): Promise<void> => {
    const state = ctx.oidc.session?.state as { secret?: string; postLogoutRedirectUri?: string } | undefined // set by oidc-provider just before
    const client = ctx.oidc.client && group().clients.get(ctx.oidc.client.clientId as ClientId) // client ids come from the group
    const target = state?.postLogoutRedirectUri && formTarget(state.postLogoutRedirectUri)
    const page = {
      action: ctx.oidc.urlFor('end_session_confirm'),
      xsrf: { name: 'xsrf', value: state?.secret ?? '' },
      ...(client ? { clientName: client.name } : {}),
    }
    pages.send(ctx, (context) => signOutPage(context, page), { recipient: client?.recipient, formTargets: target ? [target] : [] })
  }
}

/** The page after a sign-out that has no address to go back to. */
export function postLogoutSuccessSource({ pages, group }: OidcDeps) {
  return async (ctx: KoaContextWithOIDC): Promise<void> => {
    const client = ctx.oidc.client && group().clients.get(ctx.oidc.client.clientId as ClientId) // client ids come from the group
    const back = client?.uri ? { back: { href: client.uri, name: client.name } } : {}
    pages.send(ctx, (context) => signedOutPage(context, back), { recipient: client?.recipient })
  }
}

type BackchannelLogout = (this: OidcClient, accountId: string, sid: string) => Promise<unknown>
interface WithBackchannelLogout {
  backchannelLogout: BackchannelLogout
}

/** oidc-provider's own delivery, before {@link queueBackchannelLogout} takes its place: it signs a fresh token and posts it. */
const deliveries = new WeakMap<Provider, BackchannelLogout>()

/**
 * Logout tokens leave through the outbox, retried for a day, and the customer's sign-out never waits for a brand (OIDC-23). The library calls the
 * client's `backchannelLogout` inline; here it enqueues, in the statement that ends the session.
 */
export function queueBackchannelLogout(provider: Provider, deps: OidcDeps): void {
  const prototype = provider.Client.prototype as unknown as WithBackchannelLogout // a documented method the published types leave out
  deliveries.set(provider, prototype.backchannelLogout)
  prototype.backchannelLogout = async function (accountId, sid) {
    await holdLogoutEvent(deps, { client_id: this.clientId, account_id: accountId, sid })
  }
}

/** Signs a logout token for this attempt and sends it. Throws when the brand did not take it. */
export async function deliverBackchannelLogout(provider: Provider, event: LogoutEvent): Promise<void> {
  const client = await provider.Client.find(event.client_id)
  if (!client?.backchannelLogoutUri) return // taken out of the group meanwhile: nobody is left to tell
  await deliveries.get(provider)?.call(client, event.account_id, event.sid)
}

export interface LogoutEvent {
  readonly client_id: string
  readonly account_id: string
  readonly sid: string
}

async function holdLogoutEvent({ events, issuer }: OidcDeps, event: LogoutEvent): Promise<void> {
  const row = await events.prepare({ kind: 'backchannel_logout', issuer, ...event })
  unitOfWork().write(
    `logout:${event.client_id}:${event.sid}`,
    insert('outbox', {
      id: ['uuid', row.id],
      kind: ['text', row.kind],
      payload_sealed: ['bytea', row.payload_sealed],
      created_at: ['timestamptz', row.created_at],
      due_at: ['timestamptz', row.due_at],
      account_id: ['uuid', row.account_id],
    }),
  )
}
