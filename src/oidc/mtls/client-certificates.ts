import type { IncomingMessage } from 'node:http'
import type { KoaContextWithOIDC, TLSClientAuthProperty } from 'oidc-provider'
import type { Group } from '../../group/group.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ClientId, RecipientKey } from '../../store/ids.ts'
import { carriesName } from './carries-name.ts'
import { type Certificate, isCurrent, parseCertificate } from './certificate.ts'
import { type Presented, presentedCertificate } from './presented-certificate.ts'
import { verifyChain } from './verify-chain.ts'

/**
 * Mutual TLS (RFC 8705) as the protocol engine asks for it. TLS ends at a proxy; what the client showed there comes as a header (RFC 9440), and
 * counts only from a proxy in `TRUST_PROXY`. Anybody else's header is not read (SEC-19).
 */
export function clientCertificates(deps: {
  readonly group: Group
  readonly clock: Clock
  readonly isProxy: (req: IncomingMessage) => boolean
}) {
  const { group, clock, isProxy } = deps
  const seen = new WeakMap<IncomingMessage, { readonly presented: Presented | undefined }>()
  const authorities = new Map<RecipientKey, readonly Certificate[]>(
    [...group.recipients.values()].map(({ key, certificateAuthorities = [] }) => [
      key,
      certificateAuthorities.map((pem) => parseCertificate(pem)).filter((authority) => authority !== undefined),
    ]),
  )

  function presented({ req }: KoaContextWithOIDC): Presented | undefined {
    const known = seen.get(req) ?? { presented: isProxy(req) ? presentedCertificate(req) : undefined }
    seen.set(req, known)
    return known.presented && isCurrent(known.presented.certificate, clock()) ? known.presented : undefined
  }

  return {
    getCertificate: (ctx: KoaContextWithOIDC) => presented(ctx)?.certificate.x509,
    /** Vouched for by an authority of the client's own recipient: nobody else's can make a certificate for it. */
    certificateAuthorized(ctx: KoaContextWithOIDC): boolean {
      const client = ctx.oidc.client && group.clients.get(ctx.oidc.client.clientId as ClientId) // client ids come from the group
      const shown = presented(ctx)
      return client !== undefined && shown !== undefined && verifyChain(shown, authorities.get(client.recipient) ?? [], clock())
    },
    certificateSubjectMatches(ctx: KoaContextWithOIDC, property: TLSClientAuthProperty, expected: string): boolean {
      const shown = presented(ctx)
      return shown !== undefined && carriesName(shown.certificate, property, expected)
    },
  }
}
