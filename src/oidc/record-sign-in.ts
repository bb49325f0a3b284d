import type { KoaContextWithOIDC } from 'oidc-provider'
import { z } from 'zod'
import { evidenceSchema, originOf } from '../journey/index.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import type { OidcDeps } from './deps.ts'
import { signedIn } from './storage/sessions.ts'
import { internalKey } from './storage/token-text.ts'
import type { UnitOfWork } from './storage/unit-of-work.ts'

const loginSchema = z.object({
  accountId: z.string().transform((id) => id as AccountId), // handed in by the journey
  acr: z.string(),
  amr: z.array(z.string()),
  evidence: z.array(evidenceSchema).min(1),
})

/** Holds a row in the trail of sign-ins, where this request ends a journey that proved who it is. It is written with the session. */
export async function recordSignIn(deps: OidcDeps, ctx: KoaContextWithOIDC, work: UnitOfWork): Promise<void> {
  const { result, client, session } = ctx.oidc
  if (!result?.login || !client || ctx.status >= 400) return
  const { accountId, acr, amr, evidence } = loginSchema.parse(result.login)
  const { address: from, device } = originOf(deps, ctx)
  // A proof on top of a session is in a browser that has been known since that began.
  const first = signedIn(work) ? evidence[0] : evidence.at(-1)
  const at = deps.clock()
  const fragment = await deps.activity.recording(deps.store.db, {
    ...{ accountId, acr, amr, at, address: from.address ?? from.network, begun: first ? new Date(first.at) : at },
    client_id: client.clientId as ClientId, // client ids come from the group
    deviceHash: device && deps.limits.devices.hashOf(accountId, device),
    userAgent: work.userAgent,
    session: session?.uid === undefined ? undefined : internalKey('u', session.uid),
  })
  work.write(
    'sign-in',
    (onlyIfSpent) => (value) => (onlyIfSpent ? `${fragment(value)} where exists (select 1 from spent)` : fragment(value)),
  )
}
