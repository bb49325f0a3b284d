/**
 * The door of the first of Atrium's own APIs: `/customers/…`, for the servers of brands and partners, and for what they do for a customer.
 *
 * Owns the guard, the reading of bodies and the answers. Has no rules of its own: who a token is for is the protocol engine's knowledge, guests and
 * profiles are accounts', consents sharing's.
 */
import type Router from '@koa/router'
import { listConsents } from './consents.ts'
import { createGuest } from './create-guest.ts'
import type { CustomersDeps } from './deps.ts'
import { guarded, RESOURCE_PATH } from './guard.ts'
import { patchAttributes } from './patch-attributes.ts'

/** The API under `/customers`. */
export function createCustomers(deps: CustomersDeps): { mount(router: Router): void } {
  return {
    mount(router) {
      router.post(RESOURCE_PATH, guarded(deps, 'customers:create', createGuest))
      router.patch(`${RESOURCE_PATH}/:sub/attributes/:group`, guarded(deps, 'attributes:write', patchAttributes))
      router.get(`${RESOURCE_PATH}/:sub/consents`, guarded(deps, 'consents:read', listConsents))
    },
  }
}
