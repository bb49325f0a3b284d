import type { JourneyDefinition, StepName } from '../group/group.ts'
import { accountOf, type Facts } from './facts.ts'

export type Next = { readonly kind: 'step'; readonly name: StepName } | { readonly kind: 'done' }

interface Rule {
  appliesTo(facts: Facts): boolean
  satisfiedBy(facts: Facts): boolean
}

const unknown = (facts: Facts): boolean => accountOf(facts) === undefined
const signingUp = (facts: Facts): boolean => unknown(facts) && facts.run.mode === 'sign_up'
const signingIn = (facts: Facts): boolean => unknown(facts) && facts.run.mode === 'sign_in'

/** A client may ask for the question; an app gets it when nothing else showed the customer's hand in this run: no session answers for them. */
const mustAsk = ({ ask }: Facts['request'], run: Facts['run']): boolean =>
  ask === 'asked' || (ask === 'native_app' && run.evidence.length === 0)

const RULES: Readonly<Record<StepName, Rule>> = {
  identify: { appliesTo: unknown, satisfiedBy: ({ run }) => run.identifier !== undefined },
  verify_email: { appliesTo: signingUp, satisfiedBy: ({ run }) => run.email_verified },
  // An account is opened for a proven address only, whatever order the group file has.
  sign_up: { appliesTo: (facts) => signingUp(facts) && facts.run.email_verified, satisfiedBy: () => false },
  password: { appliesTo: signingIn, satisfiedBy: () => false },
  confirm: {
    appliesTo: (facts) => !unknown(facts),
    satisfiedBy: ({ request, run, outstanding }) => outstanding.length === 0 && (run.confirmed || !mustAsk(request, run)),
  },
}

/**
 * What this journey needs now. Pure: all it may know is in `facts`; the order of the steps is data of the group. The prompt check of the
 * protocol engine calls it too, so a silent sign-in is a journey with no step left.
 */
export function next(journey: JourneyDefinition, facts: Facts): Next {
  const name = journey.steps.find((step) => RULES[step].appliesTo(facts) && !RULES[step].satisfiedBy(facts))
  return name ? { kind: 'step', name } : { kind: 'done' }
}
