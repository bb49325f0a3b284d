import type Provider from 'oidc-provider'
import type { OidcDeps } from '../deps.ts'
import { POLICY, registrationPolicy } from './policy.ts'

export { inviteClient } from './invite.ts'
export { registrationModels } from './models.ts'

/** RFC 7591 and RFC 7592 as the engine has them, with our storage and our rules behind. */
export const registrationFeatures = (deps: OidcDeps) => ({
  registration: {
    enabled: true,
    initialAccessToken: true,
    policies: { [POLICY]: registrationPolicy(deps) },
    issueRegistrationAccessToken: true,
    // never one that was there before (SEC-86), and none that begins with a hyphen
    idFactory: () => `reg-${deps.random.bytes(12).toString('hex')}`,
    secretFactory: () => deps.random.bytes(32).toString('base64url'),
  },
  registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
})

/** Without a token these endpoints say what they need (RFC 6750 §3); the engine would call it a malformed request. */
export function askForToken(provider: Provider, path: string, issuer: string): void {
  provider.use(async (ctx, next) => {
    const isOurs = ctx.path === path || ctx.path.startsWith(`${path}/`)
    if (!isOurs || ctx.get('authorization') !== '') return next()
    ctx.status = 401
    ctx.set('WWW-Authenticate', `Bearer realm="${issuer}"`)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { error: 'invalid_token', error_description: 'no access token provided' }
  })
}
