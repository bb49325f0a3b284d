import { z } from 'zod'
import { type KeptIdentifier, keptIdentifierSchema } from '../accounts/index.ts'
import { authenticatorKeySchema, type KeptAuthenticator, keptAuthenticatorSchema } from '../authenticators/index.ts'
import type { AccountId } from '../store/ids.ts'

/** How an account is found and proven, at one moment. */
export interface AccountState {
  readonly authenticators: readonly KeptAuthenticator[]
  readonly identifiers: readonly KeptIdentifier[]
}

const accountId = z.custom<AccountId>((id) => typeof id === 'string') // written from one

/** What a change added and took: all that undoing it takes. JSON-able by {@link undoDataSchema}. */
export const undoDataSchema = z.object({
  authenticators: z.object({ added: z.array(authenticatorKeySchema), removed: z.array(keptAuthenticatorSchema) }),
  identifiers: z.object({
    added: z.array(keptIdentifierSchema.pick({ kind: true, blind_index: true })),
    removed: z.array(keptIdentifierSchema),
  }),
  /** Two accounts that became one, and are to part. */
  merge: z.object({ survivor: accountId, absorbed: accountId }).optional(),
})
export type UndoData = z.infer<typeof undoDataSchema>

/** What lies between two states. Being used changes nothing about an authenticator, having another secret makes it another. */
export function difference(before: AccountState, after: AccountState): UndoData {
  return {
    authenticators: {
      added: missingIn(before.authenticators, after.authenticators, isSameAuthenticator).map(({ account_id, id }) => ({ account_id, id })),
      removed: missingIn(after.authenticators, before.authenticators, isSameAuthenticator),
    },
    identifiers: {
      added: missingIn(before.identifiers, after.identifiers, isSameIdentifier).map(({ kind, blind_index }) => ({ kind, blind_index })),
      removed: missingIn(after.identifiers, before.identifiers, isSameIdentifier),
    },
  }
}

/**
 * The state before a change that was not looked at before it: an authenticator that is there now was not unless it is older. Identifiers were: an
 * account that opens in this moment has one, and must not lose it.
 */
export const stateBefore = (after: AccountState, at: Date): AccountState => ({
  authenticators: after.authenticators.filter(({ created_at }) => created_at < at),
  identifiers: after.identifiers,
})

/** Whether there is nothing to take away or put back. */
export const isEmpty = ({ authenticators, identifiers, merge }: UndoData): boolean =>
  merge === undefined &&
  [authenticators.added, authenticators.removed, identifiers.added, identifiers.removed].every(({ length }) => length === 0)

const missingIn = <T>(there: readonly T[], of: readonly T[], same: (a: T, b: T) => boolean): T[] =>
  of.filter((one) => !there.some((other) => same(one, other)))

const isSameAuthenticator = (a: KeptAuthenticator, b: KeptAuthenticator): boolean =>
  a.account_id === b.account_id && a.id === b.id && a.kind === b.kind && isSame(a.secret_sealed, b.secret_sealed)

const isSameIdentifier = (a: KeptIdentifier, b: KeptIdentifier): boolean =>
  a.kind === b.kind && a.blind_index.equals(b.blind_index) && isSameTime(a.former_until, b.former_until)

const isSame = (a: Buffer | null, b: Buffer | null): boolean => (a === null || b === null ? a === b : a.equals(b))
const isSameTime = (a: Date | null, b: Date | null): boolean => a?.getTime() === b?.getTime()
