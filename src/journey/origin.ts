import type { Context } from 'koa'
import { DEVICE_LIFE_S, type Limits, type Origin } from '../limits/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
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
