import type { Context } from 'koa'
import { TRUST_LIFE_S } from '../authenticators/index.ts'
import { DEVICE_LIFE_S, type Limits, type Origin } from '../limits/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { sha256 } from '../vault/index.ts'
import type { ClientAddressOf } from '../web/client-address.ts'
import type { CookieJar } from '../web/cookies.ts'

export interface OriginDeps {
  readonly limits: Limits
  readonly addressOf: ClientAddressOf
  readonly cookies: CookieJar
}

const deviceCookie = (cookies: CookieJar): string => cookies.host('atrium_device')

/** Where a request comes from: its address, and its browser where it has signed in before. */
export function originOf({ limits, addressOf, cookies }: OriginDeps, { req }: Context): Origin {
  return { address: addressOf(req), device: limits.devices.parse(cookies.read(req, deviceCookie(cookies))) }
}

/** What a browser says of itself and shows for an account. */
export interface Browser {
  readonly userAgent: string
  /** What it was given when the account's owner trusted it. */
  ticketOf(accountId: AccountId): string | undefined
}

/** One cookie for each account that is signed in to here; its name is a hash, and tells nobody which. */
const ticketCookie = (cookies: CookieJar, accountId: AccountId): string =>
  cookies.host(`atrium_trust_${sha256(`ticket ${accountId}`).subarray(0, 9).toString('base64url')}`)

export const browserOf = ({ cookies }: OriginDeps, { req }: Context): Browser => ({
  userAgent: (req.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT),
  ticketOf: (accountId) => cookies.read(req, ticketCookie(cookies, accountId)),
})

/** Gives the browser what it shows the next time. */
export const keepTicket = ({ cookies }: OriginDeps, { res }: Context, accountId: AccountId, ticket: string): void =>
  cookies.write(res, ticketCookie(cookies, accountId), ticket, { maxAgeS: TRUST_LIFE_S })

const MAX_USER_AGENT = 500

/** Remembers the browser for an account that was just proven in it. The cookie is set by what this returns, once the transaction is through. */
export async function rememberDevice(
  { limits, cookies }: OriginDeps,
  tx: Db,
  { accountId, origin, now }: { accountId: AccountId; origin: Origin; now: Date },
): Promise<(ctx: Context) => void> {
  const device = origin.device ?? limits.devices.create()
  await limits.devices.remember(tx, accountId, device, now)
  return (ctx) => cookies.write(ctx.res, deviceCookie(cookies), limits.devices.cookieOf(device), { maxAgeS: DEVICE_LIFE_S })
}
