import { z } from 'zod'
import type { Account } from '../accounts/index.ts'
import { emailCodeSchema, federatedIdentitySchema } from '../authenticators/index.ts'
import type { Level } from '../group/group.ts'
import type { AccountId, AttributeName, ClientId } from '../store/ids.ts'

/** Everything a journey may know. `next()` sees this and nothing else. */
export interface Facts {
  readonly request: RequestFacts
  /** The group session of this browser, when it has one that the request accepts, with what proved it. */
  readonly session: SessionFacts | undefined
  readonly run: RunFacts
  /** What the client needs under `service` and the customer has not confirmed for its recipient yet; empty before there is an account. */
  readonly outstanding: readonly AttributeName[]
  /** The recipient has terms whose present version the customer has not accepted; false before there is an account. */
  readonly terms_due: boolean
  /** What of it the client cannot work without and the profile has no value of; empty before there is an account. */
  readonly missing: readonly AttributeName[]
  /** How the account can prove itself beside its password, strongest first; empty before there is an account. */
  readonly methods: readonly ProofMethod[]
  /** Whether the account may be offered a passkey: this browser can keep one, the account has none, and its owner did not decline one lately. */
  readonly mayOfferPasskey: boolean
  /** The phone's number took another's place lately: it is asked, and adds nothing to the password (MFA-18). */
  readonly smsUnsettled?: boolean
  /** Whether the account has a password; false before there is an account, so that nothing follows from an address. */
  readonly password: boolean
}

/** Ways to prove oneself that are no password, as the pages name them. */
export const PROOF_METHODS = ['passkey', 'totp', 'sms', 'recovery_code'] as const
export type ProofMethod = (typeof PROOF_METHODS)[number]

export interface SessionFacts {
  readonly account_id: AccountId
  readonly uid: string
  readonly evidence: readonly Evidence[]
}

export interface RequestFacts {
  readonly client_id: ClientId
  /** Whoever is asked to prove the customer must do it anew: nobody else's session answers for them. */
  readonly fresh: boolean
  /** A fresh proof is asked for: no session, `prompt=login`, `max_age` passed, another account wanted. */
  readonly sign_in: boolean
  /** The least level of assurance this sign-in must reach; absent when nobody asks for one. */
  readonly level: Level | undefined
  /** `prompt=create`. */
  readonly create: boolean
  /** `prompt=consent`, or an app anybody could have started (RFC 8252 §8.6): the customer is asked even when nothing is outstanding. */
  readonly ask: 'asked' | 'native_app' | undefined
  readonly login_hint: string | undefined
}

/** A `sms_code` opens a journey as an emailed code does; an `sms_otp` is the second factor that the customer turned on. */
const EVIDENCE = ['password', 'email_otp', 'sms_code', 'passkey', 'totp', 'sms_otp', 'recovery_code', 'federated'] as const
export const evidenceSchema = z.object({
  authenticator: z.enum(EVIDENCE),
  at: z.string(),
  /** Of a passkey: it may leave its device. */
  synced: z.boolean().optional(),
  /** Of a texted code: the number was a changed one. */
  unsettled: z.boolean().optional(),
})
/** One completed authenticator. `acr`, `amr` and `auth_time` are computed from these and from nothing else (MFA-22). */
export type Evidence = z.infer<typeof evidenceSchema>

/** Why signing in at a provider came to nothing, as the page tells it. */
export const FEDERATED_PROBLEMS = ['unavailable', 'cancelled', 'refused', 'not_allowed', 'unknown'] as const
export type FederatedProblem = (typeof FEDERATED_PROBLEMS)[number]

/** What this run has found out so far; a sealed row of `journey_runs`. */
export const runFactsSchema = z.object({
  /** For whom: tells the way back once the protocol engine has forgotten the interaction. */
  client_id: z.string().transform((id) => id as ClientId), // written below from a ClientId
  /** `email_code`: a sign-in by a code to the mailbox or phone in place of the password. */
  mode: z.enum(['sign_in', 'sign_up', 'recover', 'email_code']),
  /** Who the customer said they are, normalised: an email address, a phone number (`+…`) or a member number. */
  identifier: z.string().optional(),
  /** The same digits as a member number, where they may be one. */
  member_number: z.string().optional(),
  code: emailCodeSchema.optional(),
  /** A code for the second factor was texted. */
  texted: z.boolean().default(false),
  /** A code to the identifier was typed in. */
  email_verified: z.boolean().default(false),
  account_id: z
    .string()
    .transform((id) => id as AccountId) // written below from an AccountId
    .optional(),
  /** What the account of a sign-up will be called: a passkey is made for it before it is opened. */
  new_account_id: z
    .string()
    .transform((id) => id as AccountId) // written below from an AccountId
    .optional(),
  /** An imported account whose password was right and whose address is still to be proven: until then it is nobody's sign-in. */
  proving_account_id: z
    .string()
    .transform((id) => id as AccountId) // written below from an AccountId
    .optional(),
  /** RFC 3339: the account is being closed and will be erased then. */
  closes_at: z.iso.datetime().optional(),
  evidence: z.array(evidenceSchema).max(10).default([]),
  /** How the customer wants to prove themselves, or that they want to choose. */
  method: z.enum([...PROOF_METHODS, 'other_ways']).optional(),
  /** The browser can keep a passkey, as the script of the page with the password told. */
  can_keep_passkey: z.boolean().default(false),
  /** A passkey was offered, and the customer has answered. */
  passkey_offered: z.boolean().default(false),
  /** The browser showed a ticket of a device that its owner trusts. No proof: it spares the question that the owner asked for, and nothing else. */
  trusted_device: z.boolean().default(false),
  /**
   * Who the customer is at a provider at which nobody of ours is known by that. It becomes theirs with the account they open, or with a word of theirs
   * after they signed in (MFA-37).
   */
  federated: z.object({ identity: federatedIdentitySchema, at: z.string() }).optional(),
  /** When a provider's answer signed the customer in here: its evidence has the provider's time, which is earlier. */
  federated_at: z.string().optional(),
  /** Why a provider did not sign in anybody. */
  federated_problem: z.object({ provider: z.string(), reason: z.enum(FEDERATED_PROBLEMS) }).optional(),
  /** A recovery has ended with a new password. */
  recovered: z.boolean().default(false),
  confirmed: z.boolean().default(false),
  /** The customer said that the session's account is not the one they want here. */
  other_account: z.boolean().default(false),
})
export type RunFacts = z.infer<typeof runFactsSchema>

/** The facts of a journey on which nothing has happened yet. */
export const freshRun = (request: RequestFacts): RunFacts => ({
  client_id: request.client_id,
  mode: request.create ? 'sign_up' : 'sign_in',
  email_verified: false,
  texted: false,
  evidence: [],
  can_keep_passkey: false,
  passkey_offered: false,
  trusted_device: false,
  recovered: false,
  confirmed: false,
  other_account: false,
})

/** Back to the question who it is: what was proven was proven for another address. When codes were sent stays, so that asking anew sends no more. */
export const startOver = (run: RunFacts, mode: RunFacts['mode']): RunFacts => ({
  ...run,
  mode,
  identifier: undefined,
  member_number: undefined,
  email_verified: false,
  account_id: undefined,
  new_account_id: undefined,
  proving_account_id: undefined,
  closes_at: undefined,
  evidence: [],
  method: undefined,
  can_keep_passkey: false,
  passkey_offered: false,
  trusted_device: false,
  federated_at: undefined,
  federated_problem: undefined,
  texted: false,
  recovered: false,
  confirmed: false,
})

/**
 * Whether somebody may sign in to the account: also to one that is being closed, because that is how its owner keeps it. The step `keep_account`
 * then asks, and nobody gets past it.
 */
export const isOpen = (account: Account | undefined): account is Account => account?.status === 'active' || account?.status === 'closing'

/** The run of somebody who showed that an open account is theirs. */
export const provenOwner = (run: RunFacts, account: Account): RunFacts => ({
  ...run,
  account_id: account.id,
  closes_at: account.status === 'closing' ? account.closes_at?.toISOString() : undefined,
})

/** Everything that proves who the customer is: in this run, and in the session when no fresh proof is asked for. */
export function evidenceOf({ request, session, run }: Pick<Facts, 'request' | 'session' | 'run'>): readonly Evidence[] {
  const own = request.sign_in || run.other_account ? [] : (session?.evidence ?? [])
  return [...own, ...run.evidence]
}

/** The account this journey is about, once it is proven: by this run, or by the session when no fresh proof is asked for. */
export function accountOf({ request, session, run }: Pick<Facts, 'request' | 'session' | 'run'>): AccountId | undefined {
  return run.account_id ?? (request.sign_in || run.other_account ? undefined : session?.account_id)
}
