import type { ClientEntry } from '../../group/index.ts'
import type { ClientId } from '../../store/ids.ts'
import { unitOfWork } from '../storage/unit-of-work.ts'

/** What a request at the registration endpoints has shown so far. */

export interface ShownInvitation {
  readonly tokenHash: Buffer
  readonly recipient: string
  readonly channel: 'web' | 'app'
}

/** The invitation this request came with; only asked where the engine has checked that there is one. */
export function invitationOf(): ShownInvitation {
  const invitation = unitOfWork().recall<ShownInvitation>('invitation')
  if (!invitation) throw new TypeError('a registration without an invitation')
  return invitation
}

/** The client whose registration access token this request came with. */
export const managedBy = (): { readonly clientId: ClientId; readonly tokenHash: Buffer } | undefined =>
  unitOfWork().recall<{ clientId: ClientId; tokenHash: Buffer }>('managed')

/** The entry that the request under way registers or changes, once the policy has made it. */
export const registeringEntry = (): ClientEntry | undefined => unitOfWork().recall<ClientEntry>('registering')
/** Keeps that entry until the token that completes the registration is saved. */
export const rememberEntry = (entry: ClientEntry): void => unitOfWork().remember('registering', entry)
