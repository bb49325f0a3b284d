import { createHmac } from 'node:crypto'
import { isOwnOrAbsorbed } from '../accounts/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { sameSecret } from '../ports/secret.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { deleteOtherRecoveryCodes, deleteRecoveryCode, listRecoveryCodes, putRecoveryCode } from './recovery-code-store.ts'

/** Ten codes to keep on paper, each for one use when everything else is lost (MFA-19). */
export interface RecoveryCodes {
  /** Ten new codes, to be shown once; those before are void. Of two that race, the later one's count, all ten. */
  replace(tx: Db, accountId: AccountId): Promise<readonly string[]>
  /** How many are left. */
  left(db: Db, accountId: AccountId): Promise<number>
  /** Spends a code: one conditional write, so that of two uses at once one counts. False when it is none, or used. */
  spend(tx: Db, accountId: AccountId, typed: string): Promise<boolean>
  /** Makes every code that is left void: the paper is in wrong hands. */
  discard(tx: Db, accountId: AccountId): Promise<void>
}

export interface RecoveryCodeDeps {
  /** Keeps a stolen table from being searched for codes, short as they are. */
  readonly key: Buffer
  readonly clock: Clock
  readonly random: Random
}

const BYTES = 10
/** A code's row is its place on the paper: new codes overwrite in this order, so that two sets never mix. */
const PLACES = Array.from({ length: 10 }, (_, place) => `00000000-0000-8000-8000-00000000000${place}`)
/** Crockford's base32: no letter that could be another. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Recovery codes of which only HMACs are stored. */
export function createRecoveryCodes({ key, clock, random }: RecoveryCodeDeps): RecoveryCodes {
  const macOf = (accountId: AccountId, code: string): Buffer => createHmac('sha256', key).update(`${accountId}\0${code}`).digest()
  return {
    async replace(tx, accountId) {
      const codes = PLACES.map(() => encode(random.bytes(BYTES)))
      for (const [place, code] of codes.entries())
        await putRecoveryCode(tx, accountId, { id: PLACES[place] ?? '', mac: macOf(accountId, code), now: clock() })
      await deleteOtherRecoveryCodes(tx, accountId, PLACES)
      return codes.map(readable)
    },

    left: async (db, accountId) => (await listRecoveryCodes(db, accountId)).length,

    async spend(tx, accountId, typed) {
      const code = normalised(typed)
      const stored = await listRecoveryCodes(tx, accountId)
      const found = stored.find(({ madeFor, mac }) => sameSecret(mac, macOf(madeFor, code)))
      return found !== undefined && deleteRecoveryCode(tx, found)
    },

    async discard(tx, accountId) {
      await tx.deleteFrom('authenticators').where(isOwnOrAbsorbed('account_id', accountId)).where('kind', '=', 'recovery_code').execute()
    },
  }
}

/** 80 bits as sixteen characters of five bits. */
function encode(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('')
}

/** `a1b2-c3d4-e5f6-g7h8`, in groups that can be copied by hand. */
const readable = (code: string): string => (code.match(/.{4}/g) ?? []).join('-')

/** What somebody reads from paper: case and dashes do not count, and letters that are not in the alphabet stand for the digit they look like. */
const normalised = (typed: string): string =>
  typed
    .slice(0, 100)
    .toLowerCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replaceAll('o', '0')
    .replace(/[il]/g, '1')
