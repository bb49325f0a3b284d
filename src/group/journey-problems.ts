import { didYouMean } from './did-you-mean.ts'
import { CHANNELS, DEFAULT_JOURNEY } from './group.ts'
import type { Path, Problem } from './place.ts'
import type { ReadablePart } from './readable-part.ts'
import { journeySchema } from './schema.ts'

/** Journeys that nobody would take, and those that could not end. */
export function journeyProblems({ journeys, recipients }: ReadablePart): Problem[] {
  const names = Object.keys(journeys)
  if (names.length === 0) return []
  const keys = recipients.flatMap(({ value }) => value.key ?? [])
  const missing = names.includes(DEFAULT_JOURNEY) ? [] : [{ path: ['journeys', DEFAULT_JOURNEY], message: 'is missing' }]
  return [...missing, ...names.flatMap((name) => [...nameProblems(name, keys), ...stepProblems(journeys[name], ['journeys', name])])]
}

function nameProblems(name: string, recipients: readonly string[]): Problem[] {
  if (name === DEFAULT_JOURNEY) return []
  const [recipient = '', channel] = name.split('.')
  const path = ['journeys', name]
  if (!recipients.includes(recipient))
    return [{ path, message: `unknown recipient ${recipient}${didYouMean(recipient, [DEFAULT_JOURNEY, ...recipients])}`, atKey: true }]
  if (channel === undefined || CHANNELS.some((known) => known === channel)) return []
  return [{ path, message: `unknown channel ${channel}${didYouMean(channel, CHANNELS)}`, atKey: true }]
}

function stepProblems(journey: unknown, path: Path): Problem[] {
  const read = journeySchema.safeParse(journey)
  if (!read.success) return []
  const { steps } = read.data
  const problems = [
    steps[0] !== 'identify' && 'must begin with identify: no other step knows who is there',
    steps.includes('confirm') && steps.at(-1) !== 'confirm' && 'must end with confirm: what a customer agrees to comes last',
    !steps.some((step) => step === 'password' || step === 'verify_email') &&
      'must have password or verify_email: nothing else proves who is there',
    steps.includes('sign_up') &&
      steps.indexOf('verify_email') < steps.indexOf('sign_up') &&
      'must have verify_email after sign_up: no account is opened for an address that was not proved',
  ]
  return problems.flatMap((message) => (message ? [{ path: [...path, 'steps'], message }] : []))
}
