import { createHash, randomBytes } from 'node:crypto'
import { type Answer, type Call, type Caller, jsonOf } from './caller.ts'
import { BRAND_API, CLIENT } from './group-with-api.ts'

/** What a case needs: a server to call, and the cookies of a browser that is signed in there. */
export interface Worker {
  readonly call: Caller
  readonly cookie: string
}

/** One request, or one flow, that can be repeated for ever. */
export type Work = () => Promise<void>

/** One line of the table and what it is held against (`../shared` numbers: PERF-1 … PERF-6 for CPU, PERF-8 for statements). */
export interface TokenCase {
  readonly what: string
  readonly asked?: { readonly rule: string; readonly ratio: number; readonly statements?: number }
  prepare(worker: Worker): Promise<Work>
}

const AUTHORIZATION = { authorization: `Basic ${btoa(`${CLIENT.client_id}:${CLIENT.client_secret}`)}` }
const SCOPE = 'openid profile email'

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

const asClient = (form: Readonly<Record<string, string>>): Call => ({ form, headers: AUTHORIZATION })

export const requestTokens = (call: Caller, form: Readonly<Record<string, string>>): Promise<Answer> => call('/token', asClient(form))

/** An opaque access token of whoever is signed in. */
export async function accessToken(worker: Worker): Promise<string> {
  return (await codeFlow(worker, { resource: false })).access_token
}

const tokens = async (call: Caller, form: Readonly<Record<string, string>>): Promise<Tokens> => jsonOf(await requestTokens(call, form))

export interface AuthorizationRequest {
  readonly verifier: string
  readonly params: Readonly<Record<string, string>>
}

/** An authorization request with PKCE, state and nonce; with `resource` for a JWT of the brand's API. */
export function makeRequest({ resource }: { readonly resource: boolean }): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url')
  return {
    verifier,
    params: {
      client_id: CLIENT.client_id,
      redirect_uri: CLIENT.redirect_uri,
      response_type: 'code',
      scope: resource ? `${SCOPE} ${BRAND_API.scope}` : SCOPE,
      ...(resource ? { resource: BRAND_API.resource } : {}),
      state: randomBytes(12).toString('base64url'),
      nonce: randomBytes(12).toString('base64url'),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    },
  }
}

export const authorizeUrl = ({ params }: AuthorizationRequest): string => `/authorize?${new URLSearchParams(params)}`

/** The form that redeems a fresh code of a browser that is signed in. */
export async function redemption(
  { call, cookie }: Worker,
  options: { readonly resource: boolean },
): Promise<Readonly<Record<string, string>>> {
  const request = makeRequest(options)
  const { status, location = '' } = await call(authorizeUrl(request), { headers: { cookie } })
  const code = URL.parse(location)?.searchParams.get('code')
  if (!code) throw new Error(`no code: ${status} ${location}`)
  return {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CLIENT.redirect_uri,
    code_verifier: request.verifier,
    ...(options.resource ? { resource: BRAND_API.resource } : {}),
  }
}

export const codeFlow = async (worker: Worker, options: { readonly resource: boolean }): Promise<Tokens> =>
  tokens(worker.call, await redemption(worker, options))

const refreshWith = (extra: Readonly<Record<string, string>>, options: { readonly resource: boolean }) => async (worker: Worker) => {
  let { refresh_token } = await codeFlow(worker, options)
  return async () => {
    const next = await tokens(worker.call, { grant_type: 'refresh_token', refresh_token, ...extra })
    refresh_token = next.refresh_token
  }
}

export const refresh = refreshWith({ resource: BRAND_API.resource, scope: BRAND_API.scope }, { resource: true })

/** The contract's six first, with JWT access tokens wherever tokens are issued for a brand's API; then the same with opaque ones. */
export const TOKEN_CASES: Readonly<Record<string, TokenCase>> = {
  client_credentials: {
    what: "a service's JWT for the brand's API",
    asked: { rule: 'PERF-1', ratio: 1.0, statements: 0 },
    prepare: async ({ call }) => {
      const form = { grant_type: 'client_credentials', resource: BRAND_API.resource, scope: BRAND_API.scope }
      return async () => void (await tokens(call, form))
    },
  },
  refresh: {
    what: 'a rotation, with a JWT access token',
    asked: { rule: 'PERF-2', ratio: 1.6, statements: 2 },
    prepare: refresh,
  },
  code_flow: {
    what: 'authorization request of a signed-in browser, and redemption with PKCE; JWT access token',
    asked: { rule: 'PERF-3', ratio: 1.8, statements: 6 },
    prepare: async (worker) => async () => void (await codeFlow(worker, { resource: true })),
  },
  userinfo: {
    what: 'name and email by an opaque access token',
    asked: { rule: 'PERF-4', ratio: 2.0, statements: 1 },
    prepare: async (worker) => {
      const { access_token } = await codeFlow(worker, { resource: false })
      const headers = { authorization: `Bearer ${access_token}` }
      return async () => void jsonOf(await worker.call('/userinfo', { headers }))
    },
  },
  introspection: {
    what: 'an opaque access token, by its client, without a hint',
    asked: { rule: 'PERF-5', ratio: 1.5 },
    prepare: async (worker) => {
      const { access_token } = await codeFlow(worker, { resource: false })
      return async () => {
        const { active } = jsonOf<{ active: boolean }>(await worker.call('/introspect', asClient({ token: access_token })))
        if (!active) throw new Error('a live token was said to be dead')
      }
    },
  },
  discovery: {
    what: 'the metadata document',
    asked: { rule: 'PERF-6', ratio: 0.3, statements: 0 },
    prepare: async ({ call }) => {
      return async () => void jsonOf(await call('/.well-known/openid-configuration'))
    },
  },
  jwks: {
    what: 'the key set',
    asked: { rule: 'PERF-6', ratio: 0.3, statements: 0 },
    prepare: async ({ call }) => {
      return async () => void jsonOf(await call('/jwks'))
    },
  },
  refresh_opaque: { what: 'a rotation, with an opaque access token', prepare: refreshWith({}, { resource: false }) },
  code_flow_opaque: {
    what: 'the same as code_flow with an opaque access token',
    prepare: async (worker) => async () => void (await codeFlow(worker, { resource: false })),
  },
}
