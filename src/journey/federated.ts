import { goOnPage, type ProviderButton, type ProviderProblem } from '../../views/index.ts'
import type { FederatedIdentity, FederatedRefusal } from '../authenticators/index.ts'
import { type FederatedUse, type IdentityProvider, isOffered, journeyFor } from '../group/group.ts'
import type { AccountId } from '../store/ids.ts'
import { localised } from '../web/i18n.ts'
import { accountOf, type FederatedProblem, isOpen, provenOwner, type RunFacts, startOver } from './facts.ts'
import type { StepDeps, StepInput, StepOutcome } from './step.ts'

/** Below a journey's address: where it goes on after a provider. */
export const RETURN_PATH = 'provider'

/** Providers whose button stands on this page, as the page shows them. */
export function providerButtons(input: StepInput): readonly ProviderButton[] {
  return offered(input).map((provider) => ({
    key: provider.key,
    name: nameOf(provider, input),
    ...(provider.label && { label: localised(provider.label, input.locale) }),
  }))
}

/** None where more is asked for than such a sign-in is worth, nor beside a provider that the customer has just come from. */
function offered({ group, facts, client, recipient }: StepInput): readonly IdentityProvider[] {
  const { level } = facts.request
  if (facts.run.federated || (level !== undefined && level !== 'email')) return []
  return group.policies.identityProviders.filter((provider) => isOffered(provider, 'sign_in', { recipient, channel: client.channel }))
}

const nameOf = ({ name }: Pick<IdentityProvider, 'name'>, { locale }: StepInput): string => localised(name, locale)

/** What went wrong at a provider, as the page tells it. */
export function providerProblem(input: StepInput): ProviderProblem | undefined {
  const problem = input.facts.run.federated_problem
  const provider = problem && input.group.policies.identityProviders.find(({ key }) => key === problem.provider)
  return problem && provider && { name: nameOf(provider, input), reason: problem.reason }
}

/** Somebody a provider vouches for and nobody of ours is known by. */
export interface BroughtAlong {
  readonly identity: FederatedIdentity
  readonly at: string
  /** Of the provider, in the page's language. */
  readonly name: string
  /** The address, where it is the provider's own to vouch for. */
  readonly theirAddress: string | undefined
}

/** What the customer brought along from a provider, while this may still be done with it (SEC-68). */
export function broughtAlong(input: StepInput, use: FederatedUse): BroughtAlong | undefined {
  const { group, recipient, client, facts } = input
  const brought = facts.run.federated
  const provider = brought && group.policies.identityProviders.find(({ key }) => key === brought.identity.provider)
  if (!provider || !isOffered(provider, use, { recipient, channel: client.channel })) return undefined
  const { email, email_is_theirs } = brought.identity
  return { ...brought, name: nameOf(provider, input), theirAddress: email_is_theirs ? email : undefined }
}

/** Sends the browser to a provider; undefined when the page has no button for it. */
export async function goToProvider(deps: StepDeps, input: StepInput, key: string): Promise<StepOutcome | undefined> {
  const provider = offered(input).find((each) => each.key === key)
  if (!provider) return undefined
  const begun = await deps.authenticators.federated.begin(provider, {
    place: placeOf(input),
    returnTo: `${input.target.action.split('?')[0]}/${RETURN_PATH}`,
    recipient: input.recipient.key,
    locale: input.locale,
    fresh: input.facts.request.fresh,
  })
  if (!begun.ok) return failed(input, key, begun.reason)
  const name = nameOf(provider, input)
  return {
    kind: 'page',
    page: (page) => goOnPage(page, { provider: name, href: begun.href }),
    run: { ...input.facts.run, federated_problem: undefined },
    async write(tx) {
      await begun.remember(tx)
      return { ok: true }
    },
  }
}

/** A request belongs to one journey. That this is the browser of that journey, the interaction's cookie tells. */
const placeOf = ({ uid }: StepInput): string => `journey ${uid}`

/** What a provider's answer means here: somebody we know, somebody to be known, or nobody. */
export async function returnFromProvider(deps: StepDeps, input: StepInput, state: string): Promise<StepOutcome | undefined> {
  if (accountOf(input.facts)) return undefined // settled in another tab meanwhile
  const providerOf = (key: string) => offered(input).find((provider) => provider.key === key)
  const answer = await deps.authenticators.federated.finish(deps.db, { state, place: placeOf(input), providerOf })
  if (!answer.ok) {
    if (answer.reason === 'spent' || !answer.provider) return undefined
    return failed(input, answer.provider, PROBLEMS[answer.reason])
  }
  const owner = await deps.authenticators.federated.find(deps.db, answer.identity)
  const proven = { identity: answer.identity, at: answer.at.toISOString() }
  return owner ? signedIn(deps, input, proven, owner) : broughtBy(input, proven)
}

const PROBLEMS: Readonly<Record<Exclude<FederatedRefusal, 'spent'>, FederatedProblem>> = {
  cancelled: 'cancelled',
  unavailable: 'unavailable',
  refused: 'refused',
  unusable: 'refused',
  not_fresh: 'refused',
  not_allowed: 'not_allowed',
}

type Brought = NonNullable<RunFacts['federated']>

/** The identity is an account's. What else the account wishes to be asked, `next()` asks as after a password. */
async function signedIn(
  deps: StepDeps,
  input: StepInput,
  { identity, at }: Brought,
  { accountId, id }: { readonly accountId: AccountId; readonly id: string },
): Promise<StepOutcome> {
  const account = await deps.accounts.find(deps.db, accountId)
  if (!isOpen(account)) return failed(input, identity.provider, 'refused')
  const evidence = [{ authenticator: 'federated' as const, at }]
  return {
    kind: 'accept',
    run: {
      ...provenOwner(startOver(input.facts.run, 'sign_in'), account),
      federated: undefined,
      federated_at: input.now.toISOString(),
      evidence,
    },
    write: async (tx) =>
      (await deps.authenticators.federated.recordUse(tx, accountId, id)) ? { ok: true } : { ok: false, reason: 'already_used' },
    // unlinked meanwhile
    onRefusal: () => failed(input, identity.provider, 'refused'),
  }
}

/**
 * Nobody we know. They open an account or sign in to theirs; whose address the provider names decides nothing, and whether we know that address is
 * not told (MFA-37, SEC-65).
 */
function broughtBy(input: StepInput, federated: Brought): StepOutcome {
  const facts = { ...input.facts, run: { ...startOver(input.facts.run, 'sign_up'), federated } }
  const canSignUp = broughtAlong({ ...input, facts }, 'sign_up') && journeyFor(input.group, input.client).steps.includes('sign_up')
  if (canSignUp) return { kind: 'accept', run: facts.run }
  if (broughtAlong({ ...input, facts }, 'link')) return { kind: 'accept', run: { ...facts.run, mode: 'sign_in' } }
  return failed(input, federated.identity.provider, 'unknown')
}

const failed = ({ facts }: StepInput, provider: string, reason: FederatedProblem): StepOutcome => ({
  kind: 'accept',
  run: { ...startOver(facts.run, 'sign_in'), federated: undefined, federated_problem: { provider, reason } },
})
