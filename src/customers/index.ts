/**
 * The door of the first of Atrium's own APIs: `/customers/…`, for the servers of brands and partners, and for what they do for a customer.
 *
 * Owns the guard, the reading of bodies and the answers. Has no rules of its own: who a token is for is the protocol engine's knowledge, guests and
 * profiles are accounts', consents sharing's.
 */
import type Router from '@koa/router'
import { listConsents } from './consents.ts'
import type { CustomersDeps } from './deps.ts'
import { guarded, RESOURCE_PATH } from './guard.ts'

/** The API under `/customers`. */
export function createCustomers(deps: CustomersDeps): { mount(router: Router): void } {
  return {
    mount(router) {
      router.get(`${RESOURCE_PATH}/:sub/consents`, guarded(deps, 'consents:read', listConsents))
    },
  }
}
