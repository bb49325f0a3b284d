import type { Recipient } from '../group/group.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { JourneyStep, StepOutcome } from './step.ts'

interface Where {
  readonly recipient: Pick<Recipient, 'key'>
  readonly step: JourneyStep
}

/** Counts what came of a form: an account that was opened, or why the journey did not go on. */
export function countOutcome(metrics: Metrics, { recipient, step }: Where, outcome: StepOutcome): void {
  if (outcome.kind === 'accept') {
    if (step === 'sign_up') metrics.count('atrium_registration_total', [recipient.key])
    return
  }
  const status = outcome.kind === 'page' ? (outcome.status ?? 200) : undefined
  if (status === 200) return
  metrics.count('atrium_signin_total', [recipient.key, step, status === undefined ? 'denied' : status === 429 ? 'throttled' : 'refused'])
}

/** Counts a journey that ended with proof of who it is, by the methods that proved it (RFC 8176). */
export function countSignIn(metrics: Metrics, { key }: Pick<Recipient, 'key'>, { amr }: { readonly amr: readonly string[] }): void {
  metrics.count('atrium_signin_total', [key, amr.join('+'), 'signed_in'])
}
