import { errors } from 'oidc-provider'
import { z } from 'zod'
import { Secret } from '../../ports/secret.ts'
import type { ClientId } from '../../store/ids.ts'
import { clientMetadata } from '../client-metadata.ts'
import type { OidcDeps } from '../deps.ts'
import type { Payload } from '../storage/grants.ts'
import { keyHash } from '../storage/token-text.ts'
import { unitOfWork } from '../storage/unit-of-work.ts'
import { POLICY } from './policy.ts'
import { invitationOf, managedBy, registeringEntry } from './request.ts'

const withSecret = z.object({ client_secret: z.string().optional() })

/**
 * The storage behind oidc-provider's registration endpoints: clients, initial access tokens and registration access tokens. The library saves the
 * token last, so that is where client, token and, at creation, one use of the invitation are written, in one transaction.
 */
export function registrationModels(deps: OidcDeps) {
  const { registrations, issuer } = deps

  /** Keeps client and token, or throws the protocol's refusal, and nothing is kept. */
  async function keep(tokenHash: Buffer): Promise<void> {
    const entry = registeringEntry()
    const secret = unitOfWork().recall<Secret>('registering-secret')
    if (!entry) throw new TypeError('a registration access token without a client')
    const managed = managedBy()
    if (managed) {
      if (!(await registrations.update(managed.tokenHash, { entry, secret, tokenHash }))) throw tokenRefused()
    } else {
      const outcome = await registrations.create(invitationOf().tokenHash, { entry, secret, tokenHash })
      if (outcome === 'spent') throw tokenRefused()
      if (outcome === 'too_many') throw new errors.InvalidRequest('this recipient has as many registered clients as it may have', 403)
    }
    await deps.refreshGroup()
  }

  return {
    Client: {
      async find(id: string): Promise<Payload | undefined> {
        const client = deps.group().clients.get(id as ClientId) // looked up, whatever it is
        if (!client?.registeredAt) return undefined // clients of the group file were given to the engine when it was built
        const issued = { client_id_issued_at: Math.floor(client.registeredAt.getTime() / 1000) }
        return { ...clientMetadata(client, deps.group()), ...issued, ...(client.secret && { client_secret_expires_at: 0 }) }
      },
      upsert(_id: string, metadata: Payload): void {
        const { client_secret } = withSecret.parse(metadata)
        if (client_secret !== undefined) unitOfWork().remember('registering-secret', new Secret(client_secret))
      },
      async destroy(id: string): Promise<void> {
        const managed = managedBy()
        if (!managed || !(await registrations.remove(id as ClientId, managed.tokenHash))) throw tokenRefused()
        await deps.refreshGroup()
      },
    },

    InitialAccessToken: {
      async find(id: string): Promise<Payload | undefined> {
        const tokenHash = keyHash(issuer, INVITATION, id)
        const invitation = await registrations.findInvitation(tokenHash)
        if (!invitation) return undefined
        unitOfWork().remember('invitation', { ...invitation, tokenHash })
        const exp = Math.floor(invitation.expires_at.getTime() / 1000)
        return { jti: id, kind: INVITATION, exp, policies: [POLICY] }
      },
    },

    RegistrationAccessToken: {
      async find(id: string): Promise<Payload | undefined> {
        const tokenHash = keyHash(issuer, 'RegistrationAccessToken', id)
        const clientId = await registrations.findByToken(tokenHash)
        if (!clientId) return undefined
        // registered a moment ago at another process
        if (!deps.group().clients.has(clientId)) await deps.refreshGroup()
        unitOfWork().remember('managed', { clientId, tokenHash })
        return { jti: id, kind: 'RegistrationAccessToken', clientId, policies: [POLICY] }
      },
      upsert: (id: string) => keep(keyHash(issuer, 'RegistrationAccessToken', id)),
      destroy(): void {}, // it goes with its client, or when another takes its place
    },
  }
}

/** The kind under which invitations are hashed. */
export const INVITATION = 'InitialAccessToken'

const tokenRefused = () => new errors.InvalidToken('the token was used up or exchanged for another')
