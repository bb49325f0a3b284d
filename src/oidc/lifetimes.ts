import type { Client as OidcClient, RefreshToken, Session } from 'oidc-provider'
import type { Channel, Group } from '../group/group.ts'
import { epochSeconds } from '../ports/clock.ts'
import type { ClientId } from '../store/ids.ts'
import { SESSION_ABSOLUTE_S } from './token-ids.ts'

/** How long things live, in seconds (OIDC-25). */
const DAY_S = 86_400
export const ACCESS_TOKEN_S = 600
export const CODE_S = 60
export const INTERACTION_S = 3_600
const SESSION_IDLE_S = 14 * DAY_S

/** Refresh tokens: an idle life from one rotation to the next and an absolute one from the sign-in, per channel. */
const REFRESH_S: Readonly<Record<Channel, { readonly idle_s: number; readonly absolute_s: number }>> = {
  web: { idle_s: 14 * DAY_S, absolute_s: 90 * DAY_S },
  app: { idle_s: 90 * DAY_S, absolute_s: 365 * DAY_S },
  kiosk: { idle_s: DAY_S, absolute_s: DAY_S },
  contact_centre: { idle_s: 3_600, absolute_s: 28_800 },
  service: { idle_s: DAY_S, absolute_s: 30 * DAY_S },
}

/** A session's idle life, cut where its absolute one ends, which no use extends (SEC-34). */
export function sessionLife(session: Session, now: Date): number {
  const age = session.iat === undefined ? 0 : epochSeconds(now) - session.iat
  return Math.max(1, Math.min(SESSION_IDLE_S, SESSION_ABSOLUTE_S - age))
}

/** A grant outlives every token under it (OIDC-7): a session's last day, or a refresh token's absolute life. */
export const grantLife = (offline: boolean): number => (offline ? REFRESH_S.app.absolute_s : SESSION_ABSOLUTE_S) + DAY_S

/** How long a refresh token lives, in seconds: its channel's idle life, within the absolute one. */
export function refreshTokenLife(group: Group, token: RefreshToken, client: OidcClient): number {
  const known = group.clients.get(client.clientId as ClientId) // client ids come from the group
  const life = REFRESH_S[known?.channel ?? 'web']
  if (known?.profile === 'fapi2') return life.absolute_s // it is not rotated, so no use could renew an idle life
  return Math.max(1, Math.min(life.idle_s, life.absolute_s - token.totalLifetime()))
}
