import type { RequestListener } from 'node:http'
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import Provider, { interactionPolicy } from 'oidc-provider'
import { type DemoSites, startDemoSites } from '../../src/demo/index.ts'
import { listenOnLoopback } from '../../src/demo/loopback.ts'

export const ADA = {
  sub: 'ada',
  name: 'Ada Lovelace',
  given_name: 'Ada',
  email: 'ada@example.com',
  phone_number: '+4917112345678',
  address: { formatted: 'Analytical Lane 1\n10115 Berlin' },
  tier: 'Dawn',
  points: 420,
  member_number: 'AUR-1815',
  shoe_size: '39',
  clothing_size: 'M',
  fit: 'relaxed',
  styles: ['minimal', 'wool'],
}

export type Site = 'aurora' | 'borealis' | 'parcelly'

/** The three demo sites with a small, real provider that signs Ada in without asking. */
export interface World {
  readonly issuer: string
  readonly sites: DemoSites
  readonly logged: { fields: object; message: string }[]
  /** What the provider's sign-in page does next. */
  answer: 'sign_in' | 'decline'
  /** Prompts the provider's sign-in page was shown for. */
  readonly prompts: string[]
  readonly provider: Provider
  url(site: Site): string
  close(): Promise<void>
  /** The provider's access tokens run out early. */
  forgetAccessTokens(): Promise<void>
  /** The provider ends what the customer agreed to, refresh tokens included. */
  forgetGrants(): Promise<void>
  /** How often the token endpoint answered well. */
  tokenRequests(): number
  /** The provider's name for the session last signed in at a client. */
  lastSid(clientId: string): string
  logoutToken(claims: JWTPayload, header?: { typ?: string }): Promise<string>
}

interface Destroyable {
  destroy(): Promise<void>
}

export async function openWorld({ beforeIssuer }: { beforeIssuer?: (aurora: string) => Promise<void> } = {}): Promise<World> {
  const signingKey: JWK = {
    ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)),
    alg: 'ES256',
    kid: 'one',
  }
  const logged: World['logged'] = []
  const log = { info: note, warn: note }
  function note(fields: object, message: string) {
    logged.push({ fields, message })
  }
  let listener: RequestListener = (_req, res) => res.writeHead(503).end()
  const server = await listenOnLoopback(0, () => (req, res) => listener(req, res))
  const sites = await startDemoSites({ issuer: server.origin, log, ports: { aurora: 0, borealis: 0, parcelly: 0 } })
  const url = (name: string) => sites.urls.find((site) => site.name === name)!.url
  await beforeIssuer?.(url('aurora'))
  const provider = createProvider(server.origin, signingKey, url)
  const world: World = {
    issuer: server.origin,
    sites,
    logged,
    answer: 'sign_in',
    prompts: [],
    provider,
    url,
    ...watch(provider),
    close: async () => void (await Promise.all([sites.close(), server.close()])),
    async logoutToken(claims, header = {}) {
      const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
      return new SignJWT({ iss: server.origin, events, jti: crypto.randomUUID(), ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'logout+jwt', ...header })
        .setIssuedAt()
        .setExpirationTime(claims.exp ?? '2m')
        .sign(await importJWK(signingKey))
    },
  }
  provider.use(answerInteractions(world))
  listener = provider.callback()
  return world
}

function watch(provider: Provider): Pick<World, 'forgetAccessTokens' | 'forgetGrants' | 'tokenRequests' | 'lastSid'> {
  const [tokens, grants, sids] = [new Set<Destroyable>(), new Set<Destroyable>(), new Map<string, string>()]
  let answered = 0
  provider.on('access_token.saved', (token) => tokens.add(token))
  provider.on('grant.saved', (grant) => grants.add(grant))
  provider.on('grant.success', () => answered++)
  provider.on('authorization.success', (ctx) => sids.set(ctx.oidc.client!.clientId, ctx.oidc.session!.sidFor(ctx.oidc.client!.clientId)!))
  const destroy = async (all: Set<Destroyable>) => {
    await Promise.all([...all].map((one) => one.destroy()))
    all.clear()
  }
  return {
    forgetAccessTokens: () => destroy(tokens),
    forgetGrants: () => destroy(grants),
    tokenRequests: () => answered,
    lastSid: (clientId) => sids.get(clientId)!,
  }
}

function createProvider(issuer: string, signingKey: JWK, url: (name: string) => string): Provider {
  const policy = interactionPolicy.base()
  policy.add(new interactionPolicy.Prompt({ name: 'create', requestable: true }), 0)
  return new Provider(issuer, {
    jwks: { keys: [signingKey as never] },
    clients: ['aurora', 'borealis', 'parcelly'].map((name) => ({
      client_id: `${name}-web`,
      client_secret: `${name}-demo-secret`,
      redirect_uris: [`${url(name)}callback`],
      post_logout_redirect_uris: [url(name)],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic' as const,
      id_token_signed_response_alg: 'ES256' as const,
      backchannel_logout_uri: `${url(name)}backchannel-logout`,
      backchannel_logout_session_required: name !== 'parcelly',
    })),
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    claims: {
      profile: ['name', 'given_name'],
      email: ['email'],
      phone: ['phone_number'],
      address: ['address'],
      sizes: ['shoe_size', 'clothing_size', 'fit'],
      preferences: ['styles'],
      loyalty: ['tier', 'points', 'member_number'],
    },
    scopes: ['openid'],
    issueRefreshToken: async () => true,
    cookies: { keys: ['test'] },
    // oidc-provider itself would not talk to localhost.
    fetch: (input, init) => fetch(input, init),
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: async () => ({ ...ADA, sub }) }),
    renderError: (ctx, out) => {
      ctx.body = JSON.stringify(out)
    },
  })
}

function answerInteractions(world: World): Parameters<Provider['use']>[0] {
  return async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next()
    const { provider } = world
    const { params, prompt } = await provider.interactionDetails(ctx.req, ctx.res)
    world.prompts.push(prompt.name)
    const denied = { error: 'access_denied', error_description: 'the customer said no' }
    const grant = new provider.Grant({ accountId: ADA.sub, clientId: String(params.client_id) })
    grant.addOIDCScope(String(params.scope))
    const agreed = { create: {}, login: { accountId: ADA.sub }, consent: { grantId: await grant.save() } }
    ctx.respond = false
    await provider.interactionFinished(ctx.req, ctx.res, world.answer === 'decline' ? denied : agreed)
  }
}
