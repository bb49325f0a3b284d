import { createHmac } from 'node:crypto'
import type { Context } from 'koa'
import type { Interaction, Interactions } from '../../journey/index.ts'
import type { CurrentSession, GroupSessions } from '../../oidc/index.ts'
import { type Clock, epochSeconds } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { sameSecret } from '../../ports/secret.ts'
import { ACCOUNT_CLIENT } from '../own-client.ts'
import { strongest } from '../security/fresh.ts'

/** Where the pages are on which a signed-in customer signs in to another account of theirs. */
export const SECOND_SIGN_IN_PATH = '/other-account'
/** Where such a sign-in comes back to. */
export const PREVIEW_PATH = '/account/merge/preview'

/** As long as a journey's run is kept. */
const LIFE_S = 3_600
const SALT_BYTES = 16

type Who = Pick<CurrentSession, 'uid' | 'account_id'>

/**
 * Journeys that prove a second account in a browser that is signed in, and leave its session alone: they run on the same steps and limits as every
 * sign-in, outside of the protocol engine, so nobody is signed in or out by them. What comes of one is the journey's own sealed row.
 *
 * Its name says when it began and for whom: a MAC over the browser's session and its account. In another browser, for another account and after an
 * hour it names nothing (MFA-46, SEC-27), and nothing is stored until somebody answers a page.
 */
export interface SecondSignIns extends Interactions {
  /** The name of a new one. */
  begin(customer: Who): string
  /** The one of that name, if it was begun in this session. */
  of(customer: Who, uid: string): Interaction | undefined
}

export interface SecondSignInDeps {
  readonly sessions: () => Pick<GroupSessions, 'current'>
  readonly key: Buffer
  readonly clock: Clock
  readonly random: Random
}

/** Second sign-ins that are bound to the session they were begun in. */
export function createSecondSignIns({ sessions, key, clock, random }: SecondSignInDeps): SecondSignIns {
  const macOf = (began: string, salt: string, { uid, account_id }: Who): string =>
    createHmac('sha256', key).update(`${began} ${salt} ${uid} ${account_id}`).digest('base64url')
  const isYoung = (began: string): boolean => {
    const ageS = epochSeconds(clock()) - Number.parseInt(began, 36)
    return ageS >= 0 && ageS < LIFE_S
  }
  const of = (customer: Who, uid: string): Interaction | undefined => {
    const [began = '', salt = '', proof = ''] = uid.split('.')
    if (!isYoung(began) || !sameSecret(Buffer.from(proof), Buffer.from(macOf(began, salt, customer)))) return undefined
    return secondSignIn(uid, customer)
  }
  return {
    of,
    begin(customer) {
      const [began, salt] = [epochSeconds(clock()).toString(36), random.bytes(SALT_BYTES).toString('base64url')]
      return `${began}.${salt}.${macOf(began, salt, customer)}`
    },
    async find(ctx) {
      const session = await sessions().current(ctx, ACCOUNT_CLIENT)
      return session && of(session, uidOf(ctx))
    },
    isOpen: async (uid) => isYoung(uid.split('.')[0] ?? ''),
    async finish(_ctx, { uid }, { kind }) {
      return kind === 'signed_in' ? `${PREVIEW_PATH}?${new URLSearchParams({ with: uid })}` : '/account/merge?status=not_proven'
    },
  }
}

const uidOf = (ctx: Context): string => ctx.path.split('/')[2] ?? ''

/**
 * A fresh proof of whatever account turns out to be meant, as strong as that one can give (MFA-27). The browser's session proves nothing in it; that there is
 * one makes it no routine sign-in, so no trusted device spares a step (MFA-20) and nothing is offered on the way (MFA-42).
 */
const secondSignIn = (uid: string, customer: Who): Interaction => ({
  uid,
  client_id: ACCOUNT_CLIENT,
  prompt: 'login',
  prompts: new Set(['login']),
  redirect_uri: undefined,
  login_hint: undefined,
  ui_locales: undefined,
  session: { account_id: customer.account_id, uid: customer.uid, evidence: [] },
  level: undefined,
  levelOf: strongest,
  fresh: true,
  step_up: false,
})
