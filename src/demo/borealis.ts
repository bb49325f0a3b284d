import { borealisLook } from './looks/borealis.ts'
import type { Shop } from './shop.ts'

/** Borealis, the outdoor shop: one sign-in with Aurora, another view of the customer. */
export const borealis = {
  name: 'borealis',
  port: 3002,
  clientId: 'borealis-web',
  clientSecret: 'borealis-demo-secret',
  scope: 'openid profile email phone address sizes preferences',
  look: borealisLook,
} as const satisfies Shop
