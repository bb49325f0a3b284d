import {
  EMAIL,
  EMAIL_VERIFIED,
  PHONE_NUMBER,
  PHONE_NUMBER_VERIFIED,
  type Profile,
  readProfileForRelease,
  type StoredProfile,
} from '../accounts/index.ts'
import { type Client, registeredAttributes } from '../group/group.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, AttributeName, RecipientKey } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { listLiveGrants } from './store.ts'

const OUTLETS = ['id_token', 'userinfo', 'attribute_api'] as const
export type Outlet = (typeof OUTLETS)[number]

export type Basis = 'registration' | 'confirmation'

export interface ReleaseRequest {
  readonly accountId: AccountId
  readonly recipient: RecipientKey
  readonly client: Client
  readonly requested: readonly AttributeName[]
  readonly outlet: Outlet
  /** What stands behind a release beside the registration: nothing for a house of the group today, the customer's own agreement for everybody else. */
  readonly basis: Basis
  readonly now: Date
  /** The profile as stored, where it was read together with what proves the request; else it is read here. */
  readonly stored?: StoredProfile | undefined
}

export type Released = Readonly<Record<string, unknown>>

/**
 * The one gate through which attributes leave (design decision 2). What leaves is requested, registered for this client and present, and for a
 * recipient outside the group confirmed by the customer.
 *
 * `email_verified` and `phone_number_verified` come with their attribute and only so. An email leaves only when its owner has proven it;
 * an account that is not active releases nothing. Nothing is read when nothing may leave.
 *
 * @returns attribute → value, named as the claims of OIDC core §5.1; `address` is the object of §5.1.1
 */
export async function release(deps: { readonly vault: Vault }, db: Db, request: ReleaseRequest): Promise<Released> {
  if (request.client.recipient !== request.recipient) throw new Error(`client ${request.client.id} does not act for ${request.recipient}`)
  const registered = registeredAttributes(request.client)
  const confirmed = request.basis === 'confirmation' ? new Set(await listLiveGrants(db, request.accountId, request)) : undefined
  const allowed = request.requested.filter((name) => registered.has(name) && (confirmed?.has(name) ?? true))
  if (allowed.length === 0) return {}
  const profile = await readProfileForRelease(deps, db, request.accountId, request.stored)
  return profile ? released(profile, allowed) : {}
}

/** Pure: the values of a profile that these attributes stand for. */
export function released(profile: Profile, allowed: readonly AttributeName[]): Released {
  return Object.fromEntries(new Set(allowed).values().flatMap((name) => claimsOf(profile, name)))
}

function claimsOf(profile: Profile, name: AttributeName): readonly (readonly [AttributeName, unknown])[] {
  const value = profile[name]?.value
  if (value === undefined) return []
  const verified = (flag: AttributeName): boolean => profile[flag]?.value === true
  switch (name) {
    case EMAIL:
      return verified(EMAIL_VERIFIED) ? [[EMAIL, value] as const, [EMAIL_VERIFIED, true] as const] : []
    case PHONE_NUMBER:
      return [[PHONE_NUMBER, value] as const, [PHONE_NUMBER_VERIFIED, verified(PHONE_NUMBER_VERIFIED)] as const]
    case EMAIL_VERIFIED:
    case PHONE_NUMBER_VERIFIED:
      return []
    default:
      return [[name, value] as const]
  }
}
