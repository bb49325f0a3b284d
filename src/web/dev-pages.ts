import type Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { type MailView, mailboxPage } from '../../views/index.ts'
import { readJson } from './form.ts'
import { type Pages, queryOf } from './pages.ts'
import { Refusal } from './refusal.ts'

/** A message as `/dev/mailbox.json` shows it. */
export interface DevMail {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly links: readonly string[]
  readonly channel?: 'sms'
  /** RFC 3339. */
  readonly at: string
}

export interface DevPagesDeps {
  readonly pages: Pages
  /** Absent when mail really leaves. */
  readonly mailbox: { list(filter: { to?: string }): Promise<readonly DevMail[]> } | undefined
  readonly clock: { now(): Date; offsetS(): number; advance(seconds: number): Promise<void> }
}

const advanceSchema = z.strictObject({
  advance_s: z
    .int()
    .min(0)
    .max(100 * 365 * 86_400),
})

/** Outside production: the mails that were not sent, and the clock. Neither exists in production, whatever is configured. */
export function mountDevPages(router: Router, { pages, mailbox, clock }: DevPagesDeps): void {
  const filter = (ctx: Context): { to?: string } => {
    const to = queryOf(ctx.req).get('to')
    return to ? { to } : {}
  }
  if (mailbox) {
    router.get('/dev/mailbox.json', async (ctx) => {
      ctx.body = await mailbox.list(filter(ctx))
    })
    router.get('/dev/mailbox', async (ctx) => {
      const entries = (await mailbox.list(filter(ctx))).slice(0, 100).map((mail): MailView => ({ ...mail, at: new Date(mail.at) }))
      pages.send(ctx, (page) => mailboxPage(page, { action: '/dev/mailbox', entries, ...filter(ctx) }))
    })
  }
  const told = () => ({ now: clock.now().toISOString(), offset_s: clock.offsetS() })
  router.get('/dev/clock', (ctx) => {
    ctx.body = told()
  })
  router.post('/dev/clock', async (ctx) => {
    guardLoopback(ctx)
    const request = advanceSchema.safeParse(await readJson(ctx.req, ['application/json']))
    if (!request.success) throw new Refusal('malformed_body')
    await clock.advance(request.data.advance_s)
    ctx.body = told()
  })
}

/** Only programs on this machine, and no page of another site: a browser would send its origin. */
function guardLoopback(ctx: Context): void {
  const from = ctx.req.socket.remoteAddress ?? ''
  if (!/^(::1|(::ffff:)?127\.)/.test(from)) throw new Refusal('not_found')
  if (!ctx.is('application/json')) throw new Refusal('unsupported_media_type')
  const site = ctx.get('sec-fetch-site')
  if (site !== '' && site !== 'same-origin' && site !== 'none') throw new Refusal('cross_site')
}
