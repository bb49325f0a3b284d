import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { deleteTotp, listTotp, putTotp, spendTimeStep } from './totp-store.ts'

/** A secret that counts for nothing until a code of it was typed in (MFA-15). */
export interface TotpOffer {
  /** 160 bits in base32, as an authenticator app takes it. */
  readonly secret: string
  /** `otpauth://totp/…`, for a QR code. */
  readonly uri: string
}

/** Whether a code is right, and how to spend it. */
export type TotpCheck =
  /** `spend` in the transaction that uses the proof; false when the code was used meanwhile. */
  { readonly ok: true; readonly id: string; spend(tx: Db): Promise<boolean> } | { readonly ok: false; readonly reason: 'wrong_code' }

/** Codes of an authenticator app: RFC 6238 with SHA-1, six digits and 30 seconds, which every app knows. One secret an account. */
export interface Totp {
  /** @param names of the group and of the account, as the app shows them */
  offer(names: { readonly issuer: string; readonly account: string }): Promise<TotpOffer>
  /** Gives the account this secret instead of the one it had, if the code is of it. The code is spent. */
  enrol(db: Db, accountId: AccountId, secret: string, typed: string): Promise<{ readonly ok: boolean }>
  /** False when there was none. */
  remove(tx: Db, accountId: AccountId): Promise<boolean>
  /** One step back is accepted for a slow hand, none forward (MFA-12); what is no code at all is a wrong one (MFA-14). */
  check(db: Db, accountId: AccountId, typed: string): Promise<TotpCheck>
}

export interface TotpDeps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
}

/** Loaded with the first app: nothing at start needs it. */
const library = () => import('otplib')

const STEP_S = 30
const SECRET_BYTES = 20
const SEALED_FIELD = 'authenticators.secret_sealed'
const WRONG = { ok: false, reason: 'wrong_code' } as const

/** Authenticator apps whose secrets are sealed. */
export function createTotp({ vault, clock, random }: TotpDeps): Totp {
  return {
    async offer({ issuer, account }) {
      const { generateSecret, generateURI } = await library()
      const secret = generateSecret({ length: SECRET_BYTES })
      return { secret, uri: generateURI({ issuer: withoutColon(issuer), label: withoutColon(account), secret, period: STEP_S }) }
    },

    async enrol(db, accountId, secret, typed) {
      const step = await stepOf(secret, typed, clock())
      if (step === undefined) return { ok: false }
      const sealed = await vault.seal(db, accountId, SEALED_FIELD, secret)
      await deleteTotp(db, accountId) // an account that it absorbed may have one
      await putTotp(db, accountId, { id: random.uuid(), sealed, lastStep: step, now: clock() })
      return { ok: true }
    },

    remove: deleteTotp,

    async check(db, accountId, typed) {
      const now = clock()
      for (const { account_id: owner, id, secret_sealed, last_step } of await listTotp(db, accountId)) {
        const step = await stepOf(await vault.open(db, owner, SEALED_FIELD, secret_sealed), typed, now)
        if (step !== undefined && step > last_step) return { ok: true, id, spend: (tx) => spendTimeStep(tx, owner, { id, step, now }) }
      }
      return WRONG
    },
  }
}

/** The time step that a code is of; undefined when it is of none that counts now. The library throws on what is not six digits. */
async function stepOf(secret: string, typed: string, now: Date): Promise<number | undefined> {
  const token = typed.replace(/[\s\p{Pd}]/gu, '')
  if (!/^[0-9]{6}$/.test(token)) return undefined
  const { verifySync } = await library()
  const result = verifySync({ secret, token, epoch: Math.floor(now.getTime() / 1000), epochTolerance: [STEP_S, 0], period: STEP_S })
  return result.valid && 'timeStep' in result ? result.timeStep : undefined
}

/** A colon divides issuer and account in the address, so neither may have one. */
const withoutColon = (name: string): string => name.replace(/[\s:]+/g, ' ').trim()
