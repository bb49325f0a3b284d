import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import { z } from 'zod'
import { type Evidence, evidenceSchema, type Interaction, type InteractionResult, type Interactions, LEVELS } from '../journey/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { DEMANDED_LEVEL, levelDemanded, UNMET } from './demanded-level.ts'
import type { OidcDeps } from './deps.ts'
import { internalKey } from './storage/token-text.ts'
import { unitOfWork } from './storage/unit-of-work.ts'

/** Hands oidc-provider's interactions to the journey, and its results back. */
export function createInteractions(deps: Pick<OidcDeps, 'store' | 'group'>, provider: () => Provider): Interactions {
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
      const client_id = String(params.client_id) as ClientId // the engine verified it
      const reasons: readonly string[] = prompt.reasons
      const oneMoreProof = session !== undefined && reasons.length === 1 && reasons[0] === DEMANDED_LEVEL && canStepUp(session.acr)
      const evidence = oneMoreProof ? await evidenceOf(deps.store.db, session.uid) : []
      return {
        uid: details.uid,
        client_id,
        prompt: prompt.name,
        prompts: new Set(text(params.prompt)?.split(' ')),
        redirect_uri: text(params.redirect_uri),
        login_hint: text(params.login_hint),
        ui_locales: text(params.ui_locales),
        level: levelDemanded(params, deps.group().clients.get(client_id)),
        fresh: session !== undefined || params.max_age !== undefined || text(params.prompt)?.split(' ').includes('login') === true,
        step_up: evidence.length > 0,
        session: session && {
          account_id: session.accountId as AccountId, // stored by us
          uid: session.uid,
          evidence,
        },
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

/** A second factor adds to a password; a session that was begun with less starts over. */
const canStepUp = (acr: string | undefined): boolean => levels.indexOf(acr) >= levels.indexOf('password')
const levels: readonly (string | undefined)[] = LEVELS

const storedEvidence = z.array(evidenceSchema).catch([])

/** What proved the customer of a session; nothing for one from before that was kept. */
async function evidenceOf(db: Db, uid: string): Promise<readonly Evidence[]> {
  const key = internalKey('u', uid)
  if (!key) return []
  const row = await db
    .selectFrom('oidc_sessions')
    .select('evidence')
    .where('routing', '=', key.routing)
    .where('bucket', '=', key.bucket)
    .where('uid_hash', '=', key.hash)
    .executeTakeFirst()
  return storedEvidence.parse(row?.evidence ?? [])
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const pathUid = (ctx: Context): string | undefined => ctx.path.split('/')[2]

/** `evidence` is ours: the session's storage takes it from here. */
const loginOf = (accountId: AccountId, { acr, amr, auth_time: ts, evidence }: SignedIn) => ({
  accountId,
  acr,
  amr: [...amr],
  ts,
  remember: true,
  evidence,
})
type SignedIn = NonNullable<Extract<InteractionResult, { kind: 'signed_in' }>['login']>

/** One result that carries login and consent together, and answers every prompt the client asked for. */
function engineResult({ prompts }: Interaction, result: InteractionResult) {
  if (result.kind === 'denied') return { error: 'access_denied', error_description: 'the customer said no' }
  if (result.kind === 'unmet') return { error: 'unmet_authentication_requirements', error_description: UNMET }
  const { login, account_id } = result
  return {
    ...(login ? { login: loginOf(account_id, login) } : {}),
    ...(prompts.has('create') ? { create: {} } : {}),
    ...(prompts.has('select_account') ? { select_account: {} } : {}),
    consent: {},
  }
}
