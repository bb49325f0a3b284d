import type { KoaContextWithOIDC } from 'oidc-provider'
import { errors } from 'oidc-provider'
import { type Registering, registrationEntry, runningClient } from '../../group/index.ts'
import { Secret } from '../../ports/secret.ts'
import type { RecipientKey } from '../../store/ids.ts'
import { clientMetadata } from '../client-metadata.ts'
import type { OidcDeps } from '../deps.ts'
import { oddParameters } from '../stricter.ts'
import { invitationOf, managedBy, rememberEntry } from './request.ts'

/** The one policy every invitation and every registration access token carries: creation and change pass it alike. */
export const POLICY = 'atrium'

/** What the engine has decided by itself, which the client did not send. */
const DECIDED = ['client_secret', 'client_secret_expires_at', 'client_id_issued_at'] as const

/**
 * Turns what a client says about itself into what it will be, in place: recipient, channel and sector come from the invitation, everything else
 * passes the rules of the group file (SEC-85).
 *
 * @throws InvalidClientMetadata, InvalidRedirectUri (RFC 7591 §3.2.2)
 */
export const registrationPolicy =
  (deps: OidcDeps) =>
  (ctx: KoaContextWithOIDC, properties: Record<string, unknown>): void => {
    const odd = oddParameters(ctx)
    if (odd) throw odd
    const registering = registeringOf(deps, String(properties.client_id))
    if (![undefined, sectorOf(registering)].includes(properties.sector_identifier_uri as string | undefined))
      throw new errors.InvalidClientMetadata('sector_identifier_uri is the recipient’s')
    const checked = registrationEntry(properties, registering)
    if ('problem' in checked) throw refused(checked.problem)
    rememberEntry(checked.entry)
    const decided = Object.fromEntries(DECIDED.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]))
    const { client_secret, client_secret_expires_at: _, ...always } = decided
    const secret = typeof client_secret === 'string' && needsSecret(checked.entry) ? new Secret(client_secret) : undefined
    for (const name of Object.keys(properties)) delete properties[name]
    Object.assign(
      properties,
      always,
      secret && { client_secret_expires_at: 0 },
      clientMetadata(runningClient(checked.entry, secret), deps.group()),
    )
  }

const needsSecret = ({ token_endpoint_auth_method: method }: { token_endpoint_auth_method?: string | undefined }): boolean =>
  method === undefined || method.startsWith('client_secret_')

function registeringOf({ group }: OidcDeps, id: string): Registering {
  const { recipients, clients } = group()
  const managed = managedBy()
  const before = managed && clients.get(managed.clientId)
  const invitation = before ? { recipient: before.recipient, channel: before.channel } : invitationOf()
  const recipient = recipients.get(invitation.recipient as RecipientKey) // of a row, or of a client of the group
  const { channel } = invitation
  if (!recipient || (channel !== 'web' && channel !== 'app')) throw new errors.InvalidToken('the recipient of this token is no more')
  return { id, recipient, channel, ...(before && { before }) }
}

const sectorOf = ({ recipient }: Registering): string => `https://${recipient.key}.sector.invalid/`

function refused({ member, message }: { readonly member: string; readonly message: string }) {
  if (member !== 'redirect_uris') return new errors.InvalidClientMetadata(message)
  return Object.assign(new errors.InvalidRedirectUri(), { error_description: message }) // its own words are those of an authorization request
}
