import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { Interaction, InteractionResult, Interactions } from '../journey/index.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import type { OidcDeps } from './deps.ts'
import { unitOfWork } from './storage/unit-of-work.ts'

/** Hands oidc-provider's interactions to the journey, and its results back. */
export function createInteractions(deps: Pick<OidcDeps, 'store'>, provider: () => Provider): Interactions {
  return {
    async find(ctx) {
      const details = await provider()
        .interactionDetails(ctx.req, ctx.res)
        .catch((error: unknown) => {
          if (error instanceof errors.SessionNotFound) return undefined
          throw error
        })
      // The cookie is bound to this path and signed; the address alone opens nothing.
      if (!details || details.uid !== pathUid(ctx)) return undefined
      const { params, prompt, session } = details
      return {
        uid: details.uid,
        client_id: String(params.client_id) as ClientId, // the engine verified it
        prompt: prompt.name,
        prompts: new Set(text(params.prompt)?.split(' ')),
        redirect_uri: text(params.redirect_uri),
        login_hint: text(params.login_hint),
        ui_locales: text(params.ui_locales),
        session: session ? { account_id: session.accountId as AccountId } : undefined, // stored by us
      }
    },

    isOpen: async (uid) => (await provider().Interaction.find(uid)) !== undefined,

    async finish(ctx, interaction, result) {
      const returnTo = await provider().interactionResult(ctx.req, ctx.res, engineResult(interaction, result))
      await unitOfWork().flush(deps.store.pool)
      return returnTo
    },
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const pathUid = (ctx: Context): string | undefined => ctx.path.split('/')[2]

/** One result that carries login and consent together, and answers every prompt the client asked for. */
function engineResult({ prompts }: Interaction, result: InteractionResult) {
  if (result.kind === 'denied') return { error: 'access_denied', error_description: 'the customer said no' }
  const { login, account_id } = result
  return {
    ...(login ? { login: { accountId: account_id, acr: login.acr, amr: [...login.amr], ts: login.auth_time, remember: true } } : {}),
    ...(prompts.has('create') ? { create: {} } : {}),
    ...(prompts.has('select_account') ? { select_account: {} } : {}),
    consent: {},
  }
}
