import type { Context } from 'koa'
import { z } from 'zod'
import type { ApiCaller } from '../oidc/index.ts'
import { readJson } from '../web/form.ts'
import { sendProblem } from '../web/problem.ts'
import { findCustomer, subjectIn } from './consents.ts'
import type { CustomersDeps } from './deps.ts'
import { readAttributes } from './read-attributes.ts'

const MERGE_PATCH = ['application/merge-patch+json', 'application/json']
const bodySchema = z.record(z.string(), z.unknown())

/**
 * PATCH /customers/{sub}/attributes/{group}: a JSON merge patch (RFC 7396) of the attributes of one group, whose source is the calling brand from now
 * on. What is asked is judged before the person is looked up, so that a refusal tells nothing about anybody.
 */
export async function patchAttributes(deps: CustomersDeps, ctx: Context, caller: ApiCaller): Promise<void> {
  const { client, recipient } = caller
  const group = deps.group()
  const name = groupIn(ctx)
  const attributes = group.attributeGroups.get(name)
  if (!attributes) {
    sendProblem(ctx, { reason: 'unknown_attribute_group', status: 400, field: name.slice(0, 100) })
    return
  }
  // A partner reads what is shared with it and writes nothing, whatever its registration says.
  if (recipient.kind !== 'brand' || !client.writes.includes(name)) {
    sendProblem(ctx, { reason: 'not_writable', status: 403, detail: 'this client may not write that group' })
    return
  }
  const body = bodySchema.safeParse(await readJson(ctx.req, MERGE_PATCH))
  const read = body.success ? readAttributes(group, body.data, new Set(attributes)) : undefined
  if (!read?.ok) {
    sendProblem(ctx, read?.problem ?? { reason: 'malformed_body', status: 400 })
    return
  }
  const id = await findCustomer(deps, caller, subjectIn(ctx))
  const result = id
    ? await deps.accounts.writeAttributes(deps.db, id, { source: recipient.key, patch: read.patch })
    : { ok: false as const, reason: 'unknown_customer' as const }
  if (result.ok) ctx.status = 204
  else sendProblem(ctx, { reason: result.reason, status: result.reason === 'unknown_customer' ? 404 : 409 })
}

const groupIn = (ctx: Context): string => {
  const params: unknown = ctx.params
  return (params as Record<string, string>).group ?? '' // the router's: the route has it
}
