import { auroraLook } from './looks/aurora.ts'
import type { Shop } from './shop.ts'

/** Aurora, the fashion shop: a sister brand that also runs the group's loyalty programme. */
export const aurora = {
  name: 'aurora',
  port: 3001,
  clientId: 'aurora-web',
  clientSecret: 'aurora-demo-secret',
  scope: 'openid profile email phone address sizes preferences loyalty',
  look: auroraLook,
} as const satisfies Shop
