import type { JourneyDefinition, Level, StepName } from '../group/group.ts'
import { levelOf, reaches } from './assurance.ts'
import { accountOf, evidenceOf, type Facts, type ProofMethod } from './facts.ts'

export type Next = { readonly kind: 'step'; readonly name: StepName } | { readonly kind: 'done' }

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

/** Whoever set up an app wants to be asked for it after the password, and whoever recovers an account gives the best proof it has (MFA-31). */
const wishesSecond = ({ run, methods }: Facts): boolean =>
  run.account_id !== undefined &&
  !run.evidence.some(({ authenticator }) => authenticator === 'passkey' || authenticator === 'totp' || authenticator === 'recovery_code') &&
  (methods.includes('totp') || (run.mode === 'recover' && methods.length > 0))

/**
 * Of the account's methods those that reach what is asked for. None: the client is told so, and nobody is asked in vain. But the proof that the
 * customer wishes for is never left out because a client asks for a better one that there is not.
 */
export function usefulMethods(facts: Facts): readonly ProofMethod[] {
  const reaching = facts.request.level === 'phr' ? facts.methods.filter((method) => method === 'passkey') : facts.methods
  return reaching.length === 0 && wishesSecond(facts) ? facts.methods : reaching
}

/** A recovery ends with a new password: what is proven before it counts as beside it, else it would be asked for again and again. */
const levelAhead = (facts: Facts): Level => {
  const password = facts.run.mode === 'recover' && !facts.run.recovered ? [{ authenticator: 'password' as const, at: '' }] : []
  return levelOf([...evidenceOf(facts), ...password])
}

const fallsShort = (facts: Facts): boolean =>
  facts.request.level !== undefined && reaches(facts.request.level, 'mfa') && !reaches(levelAhead(facts), facts.request.level)

/** Whether one more proof is due before anything else may happen to the account. */
const needsProof = (facts: Facts): boolean =>
  !unknown(facts) && (wishesSecond(facts) || (fallsShort(facts) && usefulMethods(facts).length > 0))

const RULES: Readonly<Record<StepName, Rule>> = {
  identify: { appliesTo: unknown, satisfiedBy: ({ run }) => run.identifier !== undefined },
  // A recovery goes on with the account that the mailbox opened, and with nothing else.
  verify_email: { appliesTo: provingAddress, satisfiedBy: ({ run }) => run.email_verified && run.mode === 'sign_up' },
  // An account is opened for a proven address only, whatever order the group file has.
  sign_up: { appliesTo: (facts) => signingUp(facts) && facts.run.email_verified, satisfiedBy: () => false },
  // The address of an imported account is proven after its password, and before anything else.
  password: { appliesTo: signingIn, satisfiedBy: ({ run }) => run.proving_account_id !== undefined },
  second_factor: {
    appliesTo: needsProof,
    satisfiedBy: () => false,
  },
  new_password: {
    appliesTo: (facts) => facts.run.mode === 'recover' && facts.run.account_id !== undefined && !needsProof(facts),
    satisfiedBy: ({ run }) => run.recovered,
  },
  confirm: {
    appliesTo: (facts) => !unknown(facts) && !needsProof(facts),
    satisfiedBy: ({ request, run, outstanding }) => outstanding.length === 0 && (run.confirmed || !mustAsk(request, run)),
  },
}

const isDue = (step: StepName, facts: Facts): boolean => RULES[step].appliesTo(facts) && !RULES[step].satisfiedBy(facts)

/**
 * What this journey needs now. Pure: all it may know is in `facts`; the order of the steps is data of the group. The prompt check of the
 * protocol engine calls it too, so a silent sign-in is a journey with no step left.
 */
export function next(journey: JourneyDefinition, facts: Facts): Next {
  const name = journey.steps.find((step) => isDue(step, facts))
  // Nobody gets past a proof that is due because a group file left its step out.
  if (!name && needsProof(facts)) return { kind: 'step', name: 'second_factor' }
  // Nor does a password alone open an account whose address nobody has proven.
  if (!name && isDue('verify_email', facts)) return { kind: 'step', name: 'verify_email' }
  // Nor does a code by mail alone sign anybody in where it left out the end of a recovery.
  if (!name && isDue('new_password', facts)) return { kind: 'step', name: 'new_password' }
  return name ? { kind: 'step', name } : { kind: 'done' }
}
