import type { JourneyDefinition, StepName } from '../group/group.ts'
import { levelOf, reaches } from './assurance.ts'
import { accountOf, type Evidence, evidenceOf, type Facts, type ProofMethod } from './facts.ts'
import type { JourneyStep } from './step.ts'

export type Next = { readonly kind: 'step'; readonly name: JourneyStep } | { readonly kind: 'done' }

interface Rule {
  appliesTo(facts: Facts): boolean
  satisfiedBy(facts: Facts): boolean
}

const unknown = (facts: Facts): boolean => accountOf(facts) === undefined
const signingUp = (facts: Facts): boolean => unknown(facts) && facts.run.mode === 'sign_up'
const provingAddress = (facts: Facts): boolean =>
  unknown(facts) && (facts.run.mode !== 'sign_in' || facts.run.proving_account_id !== undefined)
const signingIn = (facts: Facts): boolean => unknown(facts) && facts.run.mode === 'sign_in'

/** A client may ask for the question; an app gets it when nothing else showed the customer's hand in this run: no session answers for them. */
const mustAsk = ({ ask }: Facts['request'], run: Facts['run']): boolean =>
  ask === 'asked' || (ask === 'native_app' && run.evidence.length === 0)

/** The mailbox alone opened the account, by a recovery or in place of the password: then its best proof is due, so that no way leads down to it (MFA-31, MFA-40). */
const byMailbox = ({ mode }: Facts['run']): boolean => mode === 'recover' || mode === 'email_code'

const BESIDE: readonly Evidence['authenticator'][] = ['passkey', 'totp', 'sms_otp', 'recovery_code']

/**
 * A sign-in with the password in a browser where nobody is signed in: the customer's routine. A recovery is none, nor a code by mail, nor a fresh
 * proof that a signed-in customer is asked for, which stands before something that matters (MFA-20).
 */
const isRoutine = ({ run, session }: Facts): boolean =>
  run.mode === 'sign_in' && session === undefined && run.evidence.some(({ authenticator }) => authenticator === 'password')

/** Whoever set up an app or a phone wants to be asked for it after the password, and whoever comes by the mailbox gives the best proof the account has. */
const wishesSecond = (facts: Facts): boolean => {
  const { run, methods } = facts
  if (run.trusted_device && isRoutine(facts)) return false
  return hasWish(run, methods)
}

const hasWish = (run: Facts['run'], methods: readonly ProofMethod[]): boolean =>
  run.account_id !== undefined &&
  !run.evidence.some(({ authenticator }) => BESIDE.includes(authenticator)) &&
  (methods.includes('totp') || methods.includes('sms') || (byMailbox(run) && methods.length > 0))

/**
 * Of the account's methods those that reach what is asked for. None: the client is told so, and nobody is asked in vain. But the proof that the
 * customer wishes for is never left out because a client asks for a better one that there is not.
 */
export function usefulMethods(facts: Facts): readonly ProofMethod[] {
  const methods = availableMethods(facts)
  const reaching = methods.filter((method) =>
    reachesLevel(facts, [...evidenceOf(facts), ...virtualPassword(facts), proofOf(facts, method)]),
  )
  return reaching.length === 0 && wishesSecond(facts) ? methods : reaching
}

/**
 * A phone is no proof beside itself: not after a code to it opened the journey. And while a changed number settles, what the account has besides is
 * asked in its place.
 */
const availableMethods = ({ run, methods, smsUnsettled }: Facts): readonly ProofMethod[] =>
  run.evidence.some(({ authenticator }) => authenticator === 'sms_code') || (smsUnsettled && methods.length > 1)
    ? methods.filter((method) => method !== 'sms')
    : methods

const proofOf = ({ smsUnsettled = false }: Facts, method: ProofMethod): Evidence =>
  method === 'sms' ? { ...proofBy('sms_otp'), unsettled: smsUnsettled } : proofBy(method)
const proofBy = (authenticator: Evidence['authenticator']): Evidence => ({ authenticator, at: '' })
const reachesLevel = ({ request }: Facts, evidence: readonly Evidence[]): boolean =>
  request.level === undefined || reaches(levelOf(evidence), request.level)

/**
 * A password that is still to come: a recovery ends with a new one, and after a code by mail it can be asked for where the account has one. What is
 * proven before it counts as beside it, else it would be asked for again and again.
 */
const virtualPassword = ({ run, password }: Facts): readonly Evidence[] =>
  (run.mode === 'recover' && !run.recovered) || (run.mode === 'email_code' && password) ? [proofBy('password')] : []

/** The session is good enough as it is: the engine would have asked for more. What proved it was not read then. */
const isAccepted = ({ request, session, run }: Facts): boolean =>
  !request.sign_in && !run.other_account && run.account_id === undefined && session?.evidence.length === 0

const fallsShort = (facts: Facts): boolean => !isAccepted(facts) && !reachesLevel(facts, [...evidenceOf(facts), ...virtualPassword(facts)])

/** Whether one more proof is due before anything else may happen to the account. */
const needsSecond = (facts: Facts): boolean =>
  !unknown(facts) && (wishesSecond(facts) || (fallsShort(facts) && usefulMethods(facts).length > 0))

/** Whether a code by mail proved less than the client wants, and the account's password adds what is missing. */
const needsPassword = (facts: Facts): boolean =>
  facts.run.account_id !== undefined &&
  facts.run.mode === 'email_code' &&
  facts.password &&
  !needsSecond(facts) &&
  !reachesLevel(facts, evidenceOf(facts)) &&
  !fallsShort(facts)

const needsProof = (facts: Facts): boolean => needsSecond(facts) || needsPassword(facts)

/** Whether the second factor is asked for because the customer wants it, and nobody else: then a browser may be trusted with it. */
export const mayTrustDevice = (facts: Facts): boolean => isRoutine(facts) && !fallsShort(facts)

/**
 * Whether a passkey is offered: after a password sign-in that proved the best the account has, so that nobody adds something stronger with less
 * (MFA-45); never inside a step-up, a recovery or a fresh proof (MFA-9, MFA-42), nor after a code on paper, which is for losses (MFA-35).
 */
const offersPasskey = (facts: Facts): boolean => {
  const { run, request, methods, mayOfferPasskey } = facts
  const isStepUp = request.level !== undefined && reaches(request.level, 'mfa')
  if (!mayOfferPasskey || !isRoutine(facts) || isStepUp || run.account_id === undefined) return false
  const best = levelOf([
    proofBy('password'),
    ...methods.filter((method) => method !== 'recovery_code').map((method) => proofOf(facts, method)),
  ])
  return reaches(levelOf(run.evidence), best) && !run.evidence.some(({ authenticator }) => authenticator === 'recovery_code')
}

const RULES: Readonly<Record<JourneyStep, Rule>> = {
  identify: { appliesTo: unknown, satisfiedBy: ({ run }) => run.identifier !== undefined },
  // A recovery goes on with the account that the mailbox opened, and with nothing else.
  verify_email: { appliesTo: provingAddress, satisfiedBy: ({ run }) => run.email_verified && run.mode === 'sign_up' },
  // An account is opened for a proven address only, whatever order the group file has.
  sign_up: { appliesTo: (facts) => signingUp(facts) && facts.run.email_verified, satisfiedBy: () => false },
  // The address of an imported account is proven after its password, and before anything else.
  password: {
    appliesTo: (facts) => signingIn(facts) || needsPassword(facts),
    satisfiedBy: ({ run }) => run.proving_account_id !== undefined,
  },
  second_factor: {
    appliesTo: needsSecond,
    satisfiedBy: () => false,
  },
  // Nothing else happens to an account that is being closed before its owner has said that it stays.
  keep_account: {
    appliesTo: (facts) => facts.run.closes_at !== undefined && !unknown(facts) && !needsProof(facts),
    satisfiedBy: () => false,
  },
  new_password: {
    appliesTo: (facts) => facts.run.mode === 'recover' && facts.run.account_id !== undefined && !needsProof(facts),
    satisfiedBy: ({ run }) => run.recovered,
  },
  offer_passkey: {
    appliesTo: (facts) => !needsProof(facts) && offersPasskey(facts),
    satisfiedBy: ({ run }) => run.passkey_offered,
  },
  terms: { appliesTo: (facts) => !unknown(facts) && !needsProof(facts), satisfiedBy: ({ terms_due }) => !terms_due },
  complete_profile: { appliesTo: (facts) => !unknown(facts) && !needsProof(facts), satisfiedBy: ({ missing }) => missing.length === 0 },
  // After every proof that is due, and only for who proved themselves in this run: a session's word is not enough to add a way in.
  link_provider: {
    appliesTo: (facts) => facts.run.federated !== undefined && facts.run.account_id !== undefined && !needsProof(facts),
    satisfiedBy: () => false,
  },
  confirm: {
    appliesTo: (facts) => !unknown(facts) && !needsProof(facts),
    satisfiedBy: ({ request, run, outstanding }) => outstanding.length === 0 && (run.confirmed || !mustAsk(request, run)),
  },
}

/** Steps that come where a group file says nothing of them: before the last agreement, or at the end. They come only where there is something to ask. */
const UNASKED = ['terms', 'complete_profile'] as const satisfies readonly StepName[]

function withUnasked(steps: readonly StepName[]): readonly StepName[] {
  const unnamed = UNASKED.filter((step) => !steps.includes(step))
  const at = steps.includes('confirm') ? steps.indexOf('confirm') : steps.length
  return [...steps.slice(0, at), ...unnamed, ...steps.slice(at)]
}

const isDue = (step: JourneyStep, facts: Facts): boolean => RULES[step].appliesTo(facts) && !RULES[step].satisfiedBy(facts)

/**
 * What this journey needs now. Pure: all it may know is in `facts`; the order of the steps is data of the group. The prompt check of the
 * protocol engine calls it too, so a silent sign-in is a journey with no step left.
 */
export function next(journey: JourneyDefinition, facts: Facts): Next {
  // It comes first, and no group file orders it.
  if (isDue('keep_account', facts)) return { kind: 'step', name: 'keep_account' }
  const name = withUnasked(journey.steps).find((step) => isDue(step, facts))
  // Nobody gets past a proof that is due because a group file left its step out.
  if (!name && needsProof(facts)) return { kind: 'step', name: needsSecond(facts) ? 'second_factor' : 'password' }
  // Nor does a password alone open an account whose address nobody has proven.
  if (!name && isDue('verify_email', facts)) return { kind: 'step', name: 'verify_email' }
  // Nor does a code by mail alone sign anybody in where it left out the end of a recovery.
  if (!name && isDue('new_password', facts)) return { kind: 'step', name: 'new_password' }
  // A provider that was brought along asks by itself whether it is to be linked: no group file need name it.
  if (!name && isDue('link_provider', facts)) return { kind: 'step', name: 'link_provider' }
  return name ? { kind: 'step', name } : { kind: 'done' }
}
