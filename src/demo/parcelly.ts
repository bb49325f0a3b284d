import { parcellyLook } from './looks/parcelly.ts'
import type { Shop } from './shop.ts'

/** Parcelly, the delivery partner: it asks for the least. Asking for an attribute later is a route and a card of its own. */
export const parcelly = {
  name: 'parcelly',
  port: 3003,
  clientId: 'parcelly-web',
  clientSecret: 'parcelly-demo-secret',
  scope: 'openid profile address phone',
  look: parcellyLook,
} as const satisfies Shop
