import type { Context } from 'koa'
import { z } from 'zod'
import { type GuestKind, normaliseEmail, normalisePhone } from '../accounts/index.ts'
import { type Client, type Group, registeredAttributes } from '../group/group.ts'
import type { ApiCaller } from '../oidc/index.ts'
import type { AttributeName } from '../store/ids.ts'
import { readJson } from '../web/form.ts'
import { type Problem, sendProblem } from '../web/problem.ts'
import type { CustomersDeps } from './deps.ts'
import { readAttributes } from './read-attributes.ts'

const MAX_NAME = 500

const bodySchema = z.record(z.string(), z.unknown())
const attributesSchema = z.record(z.string(), z.unknown()).optional()
const externalId = z
  .string()
  .min(1)
  .max(MAX_NAME)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u)

/** What a guest may be called by, as the member of the body. */
const NAMES: Readonly<Record<string, GuestKind>> = { email: 'email', phone_number: 'phone', external_id: 'external_id' }

/**
 * POST /customers: a guest of the calling recipient, for a checkout without an account. The answer is the same whoever has the address, because accounts
 * are not looked at; the same name gives the same subject again.
 */
export async function createGuest(deps: CustomersDeps, ctx: Context, { client, recipient, customer }: ApiCaller): Promise<void> {
  if (customer) {
    const detail = 'a guest is made with a token of the client’s own'
    sendProblem(ctx, { reason: 'client_token_required', status: 403, detail })
    return
  }
  const group = deps.group()
  const read = readGuest(group, client, await readJson(ctx.req, ['application/json']))
  if (!read.ok) {
    sendProblem(ctx, read.problem)
    return
  }
  const { kind, value, attributes } = read
  const sub = await deps.accounts.guests.open(deps.db, {
    kind,
    value,
    attributes,
    recipient: recipient.key,
    sector: recipient.subjectSector,
  })
  ctx.status = 201
  ctx.body = { sub }
}

type ReadGuest =
  | { readonly ok: true; readonly kind: GuestKind; readonly value: string; readonly attributes: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: Problem }

const refused = (reason: string, field?: string, detail?: string): { ok: false; problem: Problem } => ({
  ok: false,
  problem: { reason, status: 400, field, detail },
})

/** One name and attributes, and nothing else: what nobody may set (`status`, `email_verified`, `sub`) is unknown here (SEC-82). */
function readGuest(group: Group, client: Client, sent: unknown): ReadGuest {
  const body = bodySchema.safeParse(sent)
  if (!body.success) return refused('malformed_body')
  const unknown = Object.keys(body.data).find((name) => name !== 'attributes' && !Object.hasOwn(NAMES, name))
  if (unknown !== undefined) return refused('unknown_member', unknown.slice(0, 100))
  const named = Object.entries(NAMES).filter(([name]) => Object.hasOwn(body.data, name))
  const [only, ...more] = named
  if (!only || more.length > 0) return refused('one_name_required', undefined, 'one of email, phone_number and external_id')
  const [member, kind] = only
  const value = normalise(kind, body.data[member], group.country)
  if (value === undefined) return refused('malformed_identifier', member)
  const attributes = attributesSchema.safeParse(body.data.attributes)
  if (!attributes.success) return refused('invalid_attribute', 'attributes')
  const read = readAttributes(group, attributes.data ?? {}, writableByGuest(group, client), 'attributes.')
  return read.ok ? { ok: true, kind, value, attributes: read.patch } : read
}

function normalise(kind: GuestKind, sent: unknown, country: string): string | undefined {
  if (kind === 'external_id') return externalId.safeParse(sent).data
  if (typeof sent !== 'string') return undefined
  return kind === 'email' ? normaliseEmail(sent) : normalisePhone(sent, country)
}

/** What the client writes, and what it is registered for: a parcel needs a name, which no brand may write to an account. */
function writableByGuest(group: Group, client: Client): ReadonlySet<AttributeName> {
  return new Set([...client.writes.flatMap((name) => group.attributeGroups.get(name) ?? []), ...registeredAttributes(client)])
}
