import { smsDestination } from '../accounts/index.ts'
import type { Enrolled } from '../authenticators/index.ts'
import type { Client, Group, Recipient } from '../group/group.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { FRESH_S } from './assurance.ts'
import { accountOf, type Facts, PROOF_METHODS, type ProofMethod, type RequestFacts, type RunFacts, startOver } from './facts.ts'
import type { Interaction } from './interaction.ts'
import { leftToAgree, NOTHING_LEFT } from './left-to-agree.ts'
import type { Run } from './runs.ts'
import type { StepDeps } from './step.ts'

/** What a journey is at, before anything was asked of the database about its customer. */
export interface Known {
  readonly interaction: Interaction
  readonly client: Client
  readonly recipient: Recipient
  readonly run: Run
  readonly now: Date
}

type FactsDeps = StepDeps & { readonly group: () => Group }

/** Everything a journey may know: the request, the session, the run, and what is true of the account now. */
export async function factsOf(deps: FactsDeps, { interaction, client, recipient, run, now }: Known): Promise<Facts> {
  const { authenticators, changes, db } = deps
  const found = { request: requestFacts(interaction, client), session: interaction.session, run: run.facts }
  const foundId = accountOf(found)
  const enrolled = foundId && (await authenticators.enrolled(db, foundId))
  const level = (enrolled && interaction.levelOf?.(enrolled)) ?? interaction.level
  const asked = { ...found, request: { ...found.request, level } }
  const isVoid = foundId && enrolled && (isOutdated(run.facts, enrolled) || (await isVoided(changes, db, foundId, run.facts)))
  const known = isVoid ? { ...asked, run: startOver(run.facts, 'sign_in') } : asked
  const accountId = accountOf(known)
  const left = accountId ? await leftToAgree(deps, accountId, { client, recipient }) : NOTHING_LEFT
  const sms = accountId && enrolled?.smsSince ? await canText(deps, accountId) : false
  const methods = accountId && enrolled ? methodsOf(enrolled, { sms }) : []
  const smsUnsettled = enrolled?.smsSettled === false
  const mayOfferPasskey = accountId && enrolled ? await mayOffer(deps, accountId, known.run, enrolled, now) : false
  return { ...known, ...left, methods, smsUnsettled, password: (accountId && enrolled?.password) ?? false, mayOfferPasskey }
}

/** Asked of the database only where a passkey could be kept and is not there: of most sign-ins it is not asked. */
async function mayOffer(
  { authenticators, changes, db }: StepDeps,
  accountId: AccountId,
  run: RunFacts,
  { passkeys }: Enrolled,
  now: Date,
): Promise<boolean> {
  const couldUse = run.can_keep_passkey && !run.passkey_offered && passkeys === 0
  const isFresh = run.evidence.some(({ at }) => Date.parse(at) >= now.getTime() - FRESH_S * 1000)
  if (!couldUse || !isFresh || !(await authenticators.passkeyOffers.mayAsk(db, accountId, now))) return false
  return (await changes.hold(db, accountId, 'changes', now)) === undefined // what is on hold could not be added (MFA-35)
}

/** Whether the run was begun with a password that was changed or taken away since: whoever knew the old one is no further than at the beginning (SEC-33). */
function isOutdated({ evidence }: RunFacts, { passwordSince }: Enrolled): boolean {
  return evidence.some(
    ({ authenticator, at }) => authenticator === 'password' && (!passwordSince || Date.parse(at) < passwordSince.getTime()),
  )
}

/**
 * Whether the owner took away since what was proven here, or said that it was not them (SEC-33, MFA-44): whoever waits with a proof of an address, a
 * passkey or a provider that is not the account's any more is no further than at the beginning.
 */
async function isVoided(
  changes: StepDeps['changes'],
  db: Db,
  accountId: AccountId,
  { evidence, federated_at }: RunFacts,
): Promise<boolean> {
  if (evidence.length === 0) return false
  const seen = evidence.map(({ authenticator, at }) => (authenticator === 'federated' ? (federated_at ?? at) : at))
  return changes.wasVoidedSince(db, accountId, new Date(Math.min(...seen.map((at) => Date.parse(at)))))
}

/** Whether a code gets to the account's phone: there is a number, and messages are sent to its country still. */
async function canText({ accounts, db, group, smsOffered }: FactsDeps, accountId: AccountId): Promise<boolean> {
  const phone = smsOffered ? await accounts.phoneOf(db, accountId) : undefined
  return phone !== undefined && smsDestination(phone.number, group().policies.sms.countries).ok
}

function methodsOf({ passkeys, totpSince, recoveryCodes }: Enrolled, { sms }: { sms: boolean }): readonly ProofMethod[] {
  const has = { passkey: passkeys > 0, totp: totpSince !== undefined, sms, recovery_code: recoveryCodes > 0 }
  return PROOF_METHODS.filter((method) => has[method])
}

/** What was asked for, as the journey sees it. */
export function requestFacts(interaction: Interaction, client: Client): RequestFacts {
  const asked = interaction.prompts.has('consent') ? 'asked' : undefined
  return {
    client_id: interaction.client_id,
    sign_in: (interaction.prompt !== 'consent' && !interaction.step_up) || interaction.session === undefined,
    level: interaction.level,
    create: interaction.prompts.has('create'),
    fresh: interaction.fresh,
    ask: asked ?? (client.channel === 'app' ? 'native_app' : undefined),
    login_hint: interaction.login_hint,
  }
}
