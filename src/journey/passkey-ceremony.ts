import type { PasskeyAsk } from '../../views/index.ts'
import type { AccountId } from '../store/ids.ts'
import type { StepDeps, StepInput } from './step.ts'

/** What the page asks the browser for: any passkey, or one of an account. */
export async function askForPasskey({ authenticators, db }: StepDeps, { ceremony }: StepInput, accountId?: AccountId): Promise<PasskeyAsk> {
  return authenticators.passkeys.request(db, ceremony, accountId)
}

/** For the page that answers a refused passkey: the run is saved with it, so what it asks belongs to the journey as it is then. */
export const afterRefusal = (input: StepInput): StepInput => ({ ...input, ceremony: input.nextCeremony })
