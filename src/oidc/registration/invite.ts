import type { Registrations } from '../../group/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { Secret } from '../../ports/secret.ts'
import type { RecipientKey } from '../../store/ids.ts'
import { keyHash } from '../storage/token-text.ts'
import { INVITATION } from './models.ts'

interface Deps {
  readonly registrations: Registrations
  readonly issuer: string
  readonly clock: Clock
  readonly random: Random
}

/** Makes an initial access token (RFC 7591 §1.2) for one recipient: so many uses, so many seconds. Only its hash is kept. */
export async function inviteClient(
  { registrations, issuer, clock, random }: Deps,
  { recipient, channel, uses, lifeS }: { recipient: RecipientKey; channel: 'web' | 'app'; uses: number; lifeS: number },
): Promise<Secret> {
  const token = `inv_${random.bytes(32).toString('base64url')}`
  const expiresAt = new Date(clock().getTime() + lifeS * 1000)
  await registrations.invite({ tokenHash: keyHash(issuer, INVITATION, token), recipient, channel, uses, expiresAt })
  return new Secret(token)
}
