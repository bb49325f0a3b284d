import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { z } from 'zod'

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) })

/**
 * Leaves keys out of the published key set that verify nothing but ID tokens which come back as a hint, long after they expired (OIDC-27). The
 * engine publishes every key it can verify with.
 */
export function publishOnly(provider: Provider, kids: ReadonlySet<string>): void {
  provider.use(async (ctx, next) => {
    await next()
    if ((ctx as Partial<KoaContextWithOIDC>).oidc?.route !== 'jwks') return // `oidc` is there when one of the engine's routes matched
    const { type } = ctx
    ctx.body = { keys: keySet.parse(ctx.body).keys.filter(({ kid }) => kids.has(kid)) }
    ctx.type = type
  })
}
