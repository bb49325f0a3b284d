import type { LegacyHash, LegacyHashRefusal } from '../authenticators/index.ts'
import type { Shape } from './row-scanner.ts'

/** What is wrong with a row, or with a part of it. */
export type Reason =
  | LegacyHashRefusal
  | 'malformed'
  /** No email, proven phone number or member number: nobody could sign in. */
  | 'no_identifier'
  | 'identifier_taken'
  /** The group has no such attribute. */
  | 'unknown_attribute'
  | 'other_rp_id'
  /** The file does not say whose passkeys these are. */
  | 'rp_id_unknown'
  | 'passkey_taken'
  | 'totp_unsupported'
  /** Nothing here keeps it. */
  | 'not_kept'

/** The reason and the part it is about, in our own words (`email`, `password`, `passkeys[0]`), never a value. */
export interface Remark {
  readonly field: string
  readonly reason: Reason
}

/** One account as a format reads it: nothing is checked or normalised yet. */
export interface RawAccount {
  /** What the other system calls it; absent: its email stands for it. */
  readonly id?: string | undefined
  readonly email?: string | undefined
  readonly emailVerified?: boolean | undefined
  readonly phoneNumber?: string | undefined
  readonly phoneVerified?: boolean | undefined
  readonly memberNumber?: string | undefined
  readonly locale?: string | undefined
  /** It may not sign in. */
  readonly blocked?: boolean | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  readonly password?: LegacyHash | LegacyHashRefusal | undefined
  readonly totp?: RawTotp | 'totp_unsupported' | undefined
  readonly passkeys?: readonly RawPasskey[] | undefined
  /** Parts that the format names and nobody takes. */
  readonly leftOut?: readonly Remark[] | undefined
}

export interface RawTotp {
  readonly secret: Buffer
  readonly algorithm: string
  readonly digits: number
  readonly periodS: number
}

/** Bytes are base64 or base64url. */
export interface RawPasskey {
  readonly credentialId: string
  readonly publicKey: string
  readonly userHandle: string
  readonly rpId: string | undefined
  readonly counter?: number | undefined
  readonly aaguid?: string | undefined
  readonly transports?: readonly string[] | undefined
  readonly backupEligible?: boolean | undefined
  readonly name?: string | undefined
}

/** How the files of one system are read. */
export interface Format {
  shapeOf(first: string): Shape
  /** A reader of rows, which may need what stands around them. Throws {@link ImportFileRefused}'s kin when that says the rows cannot be read. */
  reader(frame: unknown, options: FormatOptions): (row: unknown) => RawAccount | Remark
}

export interface FormatOptions {
  /** The text of the file with Firebase's hash parameters. */
  readonly hashConfig?: string | undefined
  /** The RP ID that the passkeys in the file were made for, where it does not say so. */
  readonly passkeyRpId?: string | undefined
  /** Attribute, `locale` or `member_number` → where it stands in a row. */
  readonly mapping: Mapping
}

export type Mapping = Readonly<Record<string, readonly string[]>>

export const isRemark = (read: RawAccount | Remark): read is Remark => 'reason' in read
