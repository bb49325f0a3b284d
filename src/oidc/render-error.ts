import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { type ErrorKind, type ErrorModel, errorPage } from '../../views/index.ts'
import type { Client } from '../group/group.ts'
import type { ClientId } from '../store/ids.ts'
import type { OidcDeps } from './deps.ts'

/** Endpoints that browsers are sent to: their errors are pages. Programs call all others and get JSON whatever they accept (OIDC-18). */
export const FOR_BROWSERS = /^\/(?:authorize|sign-out)(?:\/|$)/

/** Words of the protocol that mean something to a customer; everything else is "this link is wrong", with the reason for developers. */
const KINDS: Readonly<Record<string, ErrorKind>> = { access_denied: 'denied', server_error: 'fault' }

/** The error page of the protocol's endpoints, for browsers: plain words, and behind a disclosure what a developer needs (OIDC-19). */
export function renderError({ pages, group }: Pick<OidcDeps, 'pages' | 'group'>): NonNullable<Configuration['renderError']> {
  return (ctx, out, error) => {
    if (!FOR_BROWSERS.test(ctx.path)) {
      ctx.body = out
      return
    }
    const status = ctx.status
    const client = ctx.oidc?.client && group().clients.get(ctx.oidc.client.clientId as ClientId) // client ids come from the group
    pages.send(ctx, (page) => errorPage(page, model(ctx, out, error, client)), { status, recipient: client?.recipient })
  }
}

function model(
  ctx: KoaContextWithOIDC,
  out: { error: string; error_description?: string | undefined },
  error: Error,
  client: Client | undefined,
): ErrorModel {
  const expired = error.name === 'SessionNotFound' || out.error_description?.includes('could not find logout details')
  const kind = expired ? 'expired' : (KINDS[out.error] ?? 'wrong_link')
  const received = out.error === 'invalid_redirect_uri' ? parameter(ctx, 'redirect_uri') : undefined
  return {
    kind,
    ...(client?.uri ? { back: { href: client.uri, name: client.name } } : {}),
    details: {
      code: out.error,
      ...(out.error_description ? { description: out.error_description } : {}),
      ...(received ? { received } : {}),
      ...(received && client ? { registered: client.redirectUris } : {}),
    },
  }
}

/** A parameter as it came, cut: it is shown to whoever sent it. */
function parameter(ctx: KoaContextWithOIDC, name: string): string | undefined {
  const value: unknown = ctx.query[name]
  return typeof value === 'string' ? value.slice(0, 300) : undefined
}
