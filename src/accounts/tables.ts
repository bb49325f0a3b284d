import type { ColumnType, Generated } from 'kysely'
import type { AccountId, ClientId, RecipientKey } from '../store/ids.ts'

/** `closing`: its owner wants it deleted and may still undo that; `closed`: it is being erased. Only an active account can be used. */
const ACCOUNT_STATUSES = ['active', 'locked', 'closing', 'closed', 'merged'] as const
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number]

export interface AccountsTable {
  readonly id: AccountId
  readonly status: AccountStatus
  readonly locale: string | null
  readonly jurisdiction: string | null
  /** JSON of the profile, sealed with the account's key. */
  readonly profile_sealed: Buffer
  /** Counts the changes of the profile. */
  readonly version: Generated<number>
  readonly sharing_version: Generated<number>
  /** The account that absorbed this one: then the status is `merged`. */
  readonly merged_into: AccountId | null
  readonly created_at: Date
  readonly updated_at: Date
  /** Of one that is being closed: when it is erased. */
  readonly closes_at: Date | null
}

export const IDENTIFIER_KINDS = ['email', 'phone', 'member_number'] as const
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number]

export interface IdentifiersTable {
  readonly kind: IdentifierKind
  readonly blind_index: Buffer
  readonly account_id: AccountId
  readonly value_sealed: Buffer
  readonly verified_at: Date | null
  readonly created_at: Date
  /** Until when an address that was replaced stays out of everybody's reach; it finds nobody. Null: it is in force. */
  readonly former_until: ColumnType<Date | null, Date | null | undefined, Date | null>
  /** When it took the place of another; null: it came with the account. */
  readonly changed_at: ColumnType<Date | null, Date | null | undefined, Date | null>
}

export interface SubjectsTable {
  readonly account_id: AccountId
  readonly sector: string
  readonly sub: string
  readonly created_at: Date
}

export interface SubjectIndexTable {
  /** SHA-256 of the subject. */
  readonly sub_hash: Buffer
  readonly account_id: AccountId
  readonly sector: string
}

/** One account that another absorbed. */
export interface AccountMergesTable {
  /** The account that survived. */
  readonly account_id: AccountId
  readonly absorbed_id: AccountId
  readonly merged_at: Date
  /** Since when the absorbed account's rows are the survivor's own; null: they are read along. */
  readonly ended_at: Date | null
  /** What the merge changed of the survivor, sealed with its key, as long as it can be undone. */
  readonly undo_sealed: Buffer | null
  /** Sectors in which both had a subject: whoever knows the absorbed account's is to be told which one is issued now. */
  readonly known_twice: readonly string[]
}

const NOTICE_KINDS = ['copied_key'] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

export interface AccountNoticesTable {
  readonly account_id: AccountId
  readonly id: string
  readonly kind: NoticeKind
  readonly client_id: ClientId
  readonly at: Date
}

const GUEST_KINDS = ['email', 'phone', 'external_id'] as const
export type GuestKind = (typeof GUEST_KINDS)[number]

export interface GuestsTable {
  /** Like an account's, and never one. */
  readonly guest_id: AccountId
  /** JSON of the profile, sealed with the guest's key. */
  readonly profile_sealed: Buffer
  readonly version: Generated<number>
  readonly created_at: Date
  readonly updated_at: Date
}

export interface GuestIndexTable {
  readonly kind: GuestKind
  /** Of an address the same as in `identifiers`. */
  readonly blind_index: Buffer
  readonly sector: string
  readonly guest_id: AccountId
  /** The subject that the recipient was given, and is given again. */
  readonly sub: string
  /** Whose guest it turned out to be; null while nobody has come. */
  readonly account_id: AccountId | null
  readonly created_at: Date
}

export interface AcceptedTermsTable {
  readonly account_id: AccountId
  readonly recipient: RecipientKey
  readonly version: string
  /** In which language they were shown. */
  readonly locale: string
  readonly accepted_at: Date
}
