import type Router from '@koa/router'
import type { Context } from 'koa'
import { goOnPage } from '../../views/index.ts'
import { type Authenticators, callbackPath } from '../authenticators/index.ts'
import type { Db } from '../store/db.ts'
import type { RecipientKey } from '../store/ids.ts'
import { readForm } from '../web/form.ts'
import { type Pages, queryOf } from '../web/pages.ts'
import { Refusal } from '../web/refusal.ts'

interface Deps {
  readonly db: Db
  readonly authenticators: Pick<Authenticators, 'federated'>
  readonly pages: Pages
}

/** What of an answer is read. Anything else a provider says, its words for an error above all, goes no further. */
const PARAMETERS = ['code', 'state', 'iss', 'error', 'user'] as const
const MAX_PARAMETER = 4_000

/**
 * Where providers send their answers, by GET or, as Apple does, by a form. Nothing is decided here: the answer is kept, and the browser goes on to where
 * it was asked for, by an address of ours, so that the cookies come along which a form from elsewhere leaves behind.
 */
export function mountCallback(router: Router, deps: Deps): void {
  const path = callbackPath(':provider')
  router.get(path, (ctx) => takeAnswer(deps, ctx, fromQuery(queryOf(ctx.req))))
  router.post(path, async (ctx) => {
    const form = await readForm(ctx.req)
    const sent = PARAMETERS.filter((name) => form.names.includes(name))
    return takeAnswer(deps, ctx, Object.fromEntries(sent.map((name) => [name, form.exact(name, { max: MAX_PARAMETER })])))
  })
}

function fromQuery(query: URLSearchParams): Readonly<Record<string, string>> {
  const sent = PARAMETERS.map((name) => [name, query.getAll(name)] as const)
  // Of a parameter that came twice two readers could see two values.
  if (sent.some(([, values]) => values.length > 1)) throw new Refusal('malformed_request')
  return Object.fromEntries(sent.flatMap(([name, [value]]) => (value === undefined ? [] : [[name, value]])))
}

async function takeAnswer({ db, authenticators, pages }: Deps, ctx: Context, answer: Readonly<Record<string, string>>): Promise<void> {
  const request = await authenticators.federated.receive(db, String(ctx.params.provider), answer)
  if (!request) throw new Refusal('expired')
  const href = `${request.return_to}?${new URLSearchParams({ state: answer.state ?? '' })}`
  // a look-up with any text is harmless
  pages.send(ctx, (page) => goOnPage(page, { href }), { recipient: request.recipient as RecipientKey, uiLocales: request.locale })
}
