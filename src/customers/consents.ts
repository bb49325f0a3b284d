import type { Context } from 'koa'
import type { ApiCaller } from '../oidc/index.ts'
import type { AccountId } from '../store/ids.ts'
import type { CustomersDeps } from './deps.ts'

/** GET /customers/{sub}/consents: what the customer shares with the calling recipient. Whom it does not know shares nothing. */
export async function listConsents(deps: CustomersDeps, ctx: Context, caller: ApiCaller): Promise<void> {
  const sub = subjectIn(ctx)
  const accountId = await findCustomer(deps, caller, sub)
  const account = accountId && (await deps.accounts.find(deps.db, accountId))
  const consents = account?.status === 'active' ? await deps.sharing.consents(deps.db, account.id, caller.recipient.key) : []
  ctx.body = {
    sub,
    consents: consents.map(({ purpose, attributes, since, until }) => ({
      purpose,
      attributes,
      since: since.toISOString(),
      until: until?.toISOString() ?? null,
    })),
  }
}

/** The subject in the address, as it was written. */
export const subjectIn = (ctx: Context): string => {
  const params: unknown = ctx.params
  return (params as Record<string, string>).sub ?? '' // the router's: every route here has it
}

/** Who that is to the calling recipient: nobody else's subjects are known here, and a token of one customer knows that one alone. */
export async function findCustomer(
  { accounts, db }: CustomersDeps,
  { recipient, customer }: ApiCaller,
  sub: string,
): Promise<AccountId | undefined> {
  const accountId = await accounts.findBySubject(db, recipient.subjectSector, sub)
  return customer && customer.accountId !== accountId ? undefined : accountId
}
