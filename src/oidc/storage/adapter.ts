import type { Adapter, AdapterPayload } from 'oidc-provider'
import { createAccessTokens } from './access-tokens.ts'
import { createArtifacts } from './artifacts.ts'
import { createCodes } from './codes.ts'
import type { StorageDeps } from './deps.ts'
import { createGrants, type Payload } from './grants.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { createSessions } from './sessions.ts'

/** What a table module offers; what it leaves out, its kind does not have. */
interface Model {
  find?(id: string): Promise<Payload | undefined>
  findByUid?(uid: string): Promise<Payload | undefined>
  findByUserCode?(userCode: string): Promise<Payload | undefined>
  upsert?(id: string, payload: Payload): void | Promise<void>
  consume?(id: string): void
  destroy?(id: string): void | Promise<void>
}

/**
 * oidc-provider's adapter: one typed table per kind. Nothing here writes; every change is held in the request's unit of work and leaves as one
 * statement (docs/decisions/0002-storage.md).
 *
 * @param registration clients that registered themselves, and the tokens they do it with; the group file's are given to the provider
 * @param keepGrant true while a request revokes a single access token, which leaves its family alone
 */
export function createAdapterFactory(
  deps: StorageDeps,
  keepGrant: () => boolean,
  registration: Readonly<Record<string, Model>>,
): (name: string) => Adapter {
  const grants = createGrants(deps)
  const models: Readonly<Record<string, Model>> = {
    ...registration,
    Session: createSessions(deps),
    Grant: {
      find: grants.find,
      destroy: grants.revoke,
      upsert: (id, payload) => grants.write(id, payload, { withSession: false }),
    },
    AuthorizationCode: createCodes(deps, grants),
    RefreshToken: createRefreshTokens(deps, grants),
    AccessToken: createAccessTokens(deps, grants, 'AccessToken'),
    ClientCredentials: createAccessTokens(deps, grants, 'ClientCredentials'),
  }

  return (name) => {
    const model: Model = models[name] ?? createArtifacts(deps, name)
    const missing = (what: string) => () => Promise.reject(new TypeError(`${name} has no ${what}`))
    const asPayload = (found: Promise<Payload | undefined>) => found as Promise<AdapterPayload | undefined> // built from typed columns above
    return {
      find: async (id) => (model.find ? asPayload(model.find(id)) : undefined),
      findByUid: async (uid) => (model.findByUid ? asPayload(model.findByUid(uid)) : missing('uid')()),
      findByUserCode: async (code) => (model.findByUserCode ? asPayload(model.findByUserCode(code)) : missing('user code')()),
      upsert: async (id, payload) => model.upsert?.(id, payload as Payload),
      consume: async (id) => model.consume?.(id),
      destroy: async (id) => model.destroy?.(id),
      revokeByGrantId: async (grantId) => {
        if (!keepGrant()) await grants.revoke(grantId)
      },
    }
  }
}
