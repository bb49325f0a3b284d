/**
 * Owns the facts about customers: accounts, what finds them (identifiers), what recipients know them by (subjects), their profile.
 *
 * Does not own what proves who they are (authenticators), what may leave the profile (sharing), nor which attributes exist (group).
 */
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { type ChangeEmailResult, changeEmail, FORMER_S, formerEmailsOf } from './change-email.ts'
import { type ChangeProfileResult, changeOwnProfile } from './change-own-profile.ts'
import { beginClosing, closeForGood, keepOpen, listAccountIds, listDueToClose, listOwnAccounts } from './close-account.ts'
import { type FollowedKind, followIdentifiers } from './follow-identifiers.ts'
import { createGuests, type Guests } from './guests/index.ts'
import { type KeptIdentifier, keepIdentifiers, restoreIdentifiers } from './kept-identifiers.ts'
import { type AttachMemberNumberResult, attachMemberNumber, detachMemberNumber } from './member-numbers.ts'
import { createMerges, joinedEmailsOf, type Merges } from './merges.ts'
import { normaliseEmail } from './normalise-email.ts'
import { normaliseMemberNumber } from './normalise-member-number.ts'
import { NO_COUNTRY, normalisePhone } from './normalise-phone.ts'
import { createNotices, type Notices } from './notices.ts'
import { type NewAccount, type OpenAccountResult, openAccount } from './open-account.ts'
import { type OwnPhone, phoneOf } from './own-phone.ts'
import type { AttributeWrite } from './patched-profile.ts'
import { EMAIL, type Profile, textOf } from './profile.ts'
import { proveEmail } from './prove-identifier.ts'
import { readOwnProfile } from './read-profile.ts'
import { type SetPhoneResult, setPhone } from './set-phone.ts'
import {
  type AccountRow,
  deleteFormerIdentifiers,
  findAccountRow,
  findHolder,
  findIdentified,
  type IdentifiedRow,
  lockAccount,
} from './store.ts'
import { Subjects } from './subjects.ts'
import type { IdentifierKind } from './tables.ts'
import { type AcceptedTerms, createAcceptedTerms } from './terms.ts'
import { candidates, kindOf, type TypedIdentifier } from './typed-identifier.ts'
import { type WriteAttributesResult, writeAttributes } from './write-attributes.ts'

export type { ChangeEmailResult } from './change-email.ts'
export type { ChangeProfileResult } from './change-own-profile.ts'
export type { FollowedKind } from './follow-identifiers.ts'
export type { Guests, NewGuest } from './guests/index.ts'
export {
  type ImportedAccount,
  type ImportedIdentifier,
  keepImportedAccounts,
  type SealedAccount,
  sealImportedAccount,
  takenIdentifiers,
} from './imported.ts'
export { type KeptIdentifier, keptIdentifierSchema } from './kept-identifiers.ts'
export { mailOwner } from './mail-owner.ts'
export type { AttachMemberNumberResult } from './member-numbers.ts'
export type { MergeState } from './merge-store.ts'
export { type ProfileConflict, profileConflicts } from './merged-profile.ts'
export { isOwnOrAbsorbed, survivorOf } from './merged-rows.ts'
export type { Merges, OpenMerge } from './merges.ts'
export { normaliseEmail } from './normalise-email.ts'
export { normaliseMemberNumber } from './normalise-member-number.ts'
export { normalisePhone } from './normalise-phone.ts'
export type { Notice, Notices } from './notices.ts'
export type { NewAccount, OpenAccountResult } from './open-account.ts'
export { type OwnPhone, SETTLES_S } from './own-phone.ts'
export type { AttributeWrite } from './patched-profile.ts'
export {
  EMAIL,
  EMAIL_VERIFIED,
  isPhoneVerified,
  PHONE_NUMBER,
  PHONE_NUMBER_VERIFIED,
  type Profile,
  type ProfileValue,
  type Source,
  textOf,
} from './profile.ts'
export { readProfileForRelease, type StoredProfile } from './read-profile.ts'
export type { SetPhoneResult } from './set-phone.ts'
export { type SmsDestination, smsDestination } from './sms-destination.ts'
export type { AccountStatus, GuestKind, IdentifierKind } from './tables.ts'
export type { AcceptedTerms } from './terms.ts'
export { kindOf, parseIdentifier, type TypedIdentifier } from './typed-identifier.ts'
export type { WriteAttributesResult } from './write-attributes.ts'

/** Accounts, their identifiers, profiles, subjects and notices. */
export interface Accounts {
  /**
   * Who a proven identifier leads to: of an absorbed account, to its survivor. Exact match on the blind index of the normalised value; a malformed value finds nobody, and neither does one
   * that came with an import and was never proven: whoever has that mailbox need not be who opened the account.
   */
  findByIdentifier(db: Db, kind: IdentifierKind, typed: string): Promise<IdentifiedAccount | undefined>
  /**
   * Who a typed identifier belongs to, whichever kind it is; asks the same whether anybody has it. An unproven email address finds its account too:
   * for a sign-in with something else that proves it, a password, and the mailbox after it.
   */
  findTyped(db: Db, typed: TypedIdentifier): Promise<(IdentifiedAccount & { readonly proven: boolean }) | undefined>
  /** The owner proves the address an account was imported with. False: it is somebody else's by now. */
  proveEmail(tx: Db, accountId: AccountId, email: string): Promise<boolean>
  /** The id of an account that is still to be opened. */
  newAccountId(): AccountId
  /** Opens an account with a verified email or phone number, inside the caller's transaction. Of two with the same one wins. */
  openAccount(db: Db, input: NewAccount): Promise<OpenAccountResult>
  find(db: Db, accountId: AccountId): Promise<Account | undefined>
  /** The customer's own view of the profile, for `/account` and for journeys of that customer. Never for a recipient: that is sharing's `release`. */
  readOwnProfile(db: Db, accountId: AccountId): Promise<{ readonly profile: Profile; readonly version: number }>
  /** The address the customer is written to. */
  emailOf(db: Db, accountId: AccountId): Promise<string | undefined>
  /** Addresses that were replaced so lately that it can be undone. */
  formerEmailsOf(db: Db, accountId: AccountId): Promise<readonly string[]>
  /** Addresses that lead here because their accounts became part of this one, as long as they can part again. */
  joinedEmailsOf(db: Db, accountId: AccountId): Promise<readonly string[]>
  /** The number the customer has proven. `changedAt`: when it took the place of another. */
  phoneOf(db: Db, accountId: AccountId): Promise<OwnPhone | undefined>
  /** A number the owner has proven in place of any other, or none. The account is locked; a refusal rolls back. */
  setPhone(tx: Db, accountId: AccountId, number: string | undefined): Promise<SetPhoneResult>
  /** Whom a member number finds, from now on. For brands that write it and for imports. */
  attachMemberNumber(tx: Db, accountId: AccountId, typed: string): Promise<AttachMemberNumberResult>
  /** False: the account was not found by it. */
  detachMemberNumber(tx: Db, accountId: AccountId, typed: string): Promise<boolean>
  /** `changes`: attribute → value, null removes; what follows an identifier (`email`, `email_verified`, `phone_number_verified`) is ignored. */
  changeOwnProfile(
    db: Db,
    accountId: AccountId,
    changes: Readonly<Record<string, unknown>>,
    expectedVersion: number,
  ): Promise<ChangeProfileResult>
  /** Stored random pairwise subject (128 bits, base64url), made on first use. */
  subjectFor(db: Db, accountId: AccountId, sector: string): Promise<string>
  findBySubject(db: Db, sector: string, sub: string): Promise<AccountId | undefined>
  /** Waits until nobody else changes how the account is found or proven; nobody else can then until the transaction ends. */
  lock(tx: Db, accountId: AccountId): Promise<void>
  /** Everything that finds the account, as it is stored: to be compared with what there is after a change. */
  keepIdentifiers(tx: Db, accountId: AccountId): Promise<readonly KeptIdentifier[]>
  /** Takes away what a change added, puts back what it took. */
  restoreIdentifiers: typeof restoreIdentifiers
  /** Two accounts of one person that become one. */
  readonly merges: Merges
  /** Makes the profile say what finds the account, after its identifiers changed. The account is locked. */
  followIdentifiers(tx: Db, accountId: AccountId, kinds: readonly FollowedKind[]): Promise<void>
  /** What a recipient says about a customer or a guest: `id` is what a subject of its sector led to. */
  writeAttributes(db: Db, id: AccountId, write: AttributeWrite): Promise<WriteAttributesResult>
  readonly guests: Guests
  /** The end of accounts: asked for, undone, come. */
  readonly closing: Closing
  /** Another proven address in place of the one there is, in a transaction that is rolled back when it is refused. The account is locked. */
  changeEmail(tx: Db, accountId: AccountId, email: string): Promise<ChangeEmailResult>
  /** Who has a proven address or number, or had it until lately. */
  findHolder(db: Db, typed: string): Promise<AddressHolder | undefined>
  /** Forgets what these accounts were found by lately and cannot be again. */
  forgetFormer(db: Db, accountIds: readonly AccountId[]): Promise<void>
  readonly terms: AcceptedTerms
  /** What Atrium did to protect accounts, for their owners to see. */
  readonly notices: Notices
}

/** How accounts end. Each of these is one conditional update or one query. */
export interface Closing {
  /** From now on nobody can use it, and at `closesAt` it is erased. False: it was not active. */
  begin(tx: Db, accountId: AccountId, when: { readonly closesAt: Date; readonly now: Date }): Promise<boolean>
  /** Its owner wants to keep it. False: there was nothing to undo, or it is too late. */
  undo(tx: Db, accountId: AccountId, now: Date): Promise<boolean>
  /** Takes one whose time has come, also again when its erasure was broken off. False: it is not due. */
  finish(db: Db, accountId: AccountId, now: Date): Promise<boolean>
  /** Those whose time has come, at most `limit`. */
  due(db: Db, now: Date, limit: number): Promise<readonly AccountId[]>
  /** The account and those it absorbed, which are the same person's: those first. */
  own(db: Db, accountId: AccountId): Promise<readonly AccountId[]>
  /** Ids of all accounts in their order, page by page. */
  ids(db: Db, page: { readonly after: AccountId | undefined; readonly limit: number }): Promise<readonly AccountId[]>
}

/** Whose an address is. */
export interface AddressHolder {
  readonly accountId: AccountId
  /** It was replaced, finds nobody, and is kept until the change can no longer be undone. */
  readonly former: boolean
  /** It replaced another one, and until then less is believed of its mailbox or phone (MFA-18, MFA-32). */
  readonly youngUntil: Date | undefined
}

/** An account without anything of its customer. */
export type Account = AccountRow

/** `holder` is the account that has the identifier, and whose password goes with it first. */
export type IdentifiedAccount = Account & Pick<IdentifiedRow, 'holder'>

const NORMALISED: Readonly<Record<IdentifierKind, (typed: string) => string | undefined>> = {
  email: normaliseEmail,
  phone: (typed) => normalisePhone(typed, NO_COUNTRY),
  member_number: normaliseMemberNumber,
}

/** Accounts whose every value is sealed under a key of their own. */
export function createAccounts(deps: { readonly vault: Vault; readonly clock: Clock; readonly random: Random }): Accounts {
  const subjects = new Subjects(deps)
  const identified = (db: Db, { kind, value }: { kind: IdentifierKind; value: string }): Promise<IdentifiedRow | undefined> =>
    findIdentified(db, kind, deps.vault.blindIndex(kind, value))
  const accountOf = ({ verified_at: _, ...account }: IdentifiedRow): IdentifiedAccount => account
  return {
    async findByIdentifier(db, kind, typed) {
      const value = NORMALISED[kind](typed)
      const found = value === undefined ? undefined : await identified(db, { kind, value })
      return found?.verified_at ? accountOf(found) : undefined
    },
    async findTyped(db, typed) {
      const asked = candidates(typed).map(async (candidate) => ({ ...candidate, found: await identified(db, candidate) }))
      // Who has a phone for now is whoever it was last given to: a number that was never proven finds nobody.
      const match = (await Promise.all(asked)).find(({ kind, found }) => found && (kind === 'email' || found.verified_at !== null))
      return match?.found && { ...accountOf(match.found), proven: match.found.verified_at !== null }
    },
    proveEmail: (tx, accountId, email) => proveEmail(deps, tx, accountId, email),
    newAccountId: () => deps.random.uuid() as AccountId, // where account ids come from
    openAccount: (db, input) => openAccount(deps, db, input),
    find: (db, accountId) => findAccountRow(db, accountId),
    readOwnProfile: (db, accountId) => readOwnProfile(deps, db, accountId),
    emailOf: async (db, accountId) => textOf((await readOwnProfile(deps, db, accountId)).profile, EMAIL),
    setPhone: (tx, accountId, number) => setPhone(deps, tx, accountId, number),
    attachMemberNumber: (tx, accountId, typed) => attachMemberNumber(deps, tx, accountId, typed),
    detachMemberNumber: (tx, accountId, typed) => detachMemberNumber(deps, tx, accountId, typed),
    formerEmailsOf: (db, accountId) => formerEmailsOf(deps, db, accountId),
    joinedEmailsOf: (db, accountId) => joinedEmailsOf(deps, db, accountId),
    phoneOf: (db, accountId) => phoneOf(deps, db, accountId),
    changeOwnProfile: (db, accountId, changes, expectedVersion) => changeOwnProfile(deps, db, accountId, changes, expectedVersion),
    subjectFor: (db, accountId, sector) => subjects.subjectFor(db, accountId, sector),
    findBySubject: (db, sector, sub) => subjects.findBySubject(db, sector, sub),
    lock: lockAccount,
    keepIdentifiers,
    restoreIdentifiers,
    merges: createMerges(deps),
    followIdentifiers: (tx, accountId, kinds) => followIdentifiers(deps, tx, accountId, kinds),
    writeAttributes: (db, id, write) => writeAttributes(deps, db, id, write),
    guests: createGuests(deps),
    closing: { begin: beginClosing, undo: keepOpen, finish: closeForGood, due: listDueToClose, ids: listAccountIds, own: listOwnAccounts },
    changeEmail: (tx, accountId, email) => changeEmail(deps, tx, accountId, email),
    async findHolder(db, typed) {
      const kind = kindOf(typed)
      const value = NORMALISED[kind](typed)
      const now = deps.clock()
      const found = value === undefined ? undefined : await findHolder(db, kind, deps.vault.blindIndex(kind, value), now)
      const youngUntil = found?.changed_at ? new Date(found.changed_at.getTime() + FORMER_S * 1000) : undefined
      const isYoung = youngUntil !== undefined && youngUntil > now
      return found && { accountId: found.account_id, former: found.former_until !== null, youngUntil: isYoung ? youngUntil : undefined }
    },
    forgetFormer: (db, accountIds) => deleteFormerIdentifiers(db, accountIds, deps.clock()),
    terms: createAcceptedTerms(),
    notices: createNotices(deps),
  }
}
