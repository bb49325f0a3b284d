import type { Context } from 'koa'
import { errorPage } from '../../views/index.ts'
import { type Client, type Group, journeyFor, type Recipient } from '../group/group.ts'
import type { Origin } from '../limits/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Db } from '../store/db.ts'
import type { Csrf } from '../web/csrf.ts'
import type { Form } from '../web/form.ts'
import { type Page, type Pages, queryOf } from '../web/pages.ts'
import { Refusal } from '../web/refusal.ts'
import { noteCaller } from '../web/request-scope.ts'
import { formTarget } from '../web/security-headers.ts'
import { assuranceOf, levelOf, reaches } from './assurance.ts'
import { accountOf, evidenceOf, type Facts, type RunFacts } from './facts.ts'
import { factsOf, requestFacts } from './gather-facts.ts'
import type { Interaction, Interactions } from './interaction.ts'
import { countOutcome, countSignIn } from './measure.ts'
import { next } from './next.ts'
import { browserOf, keepTicket, type OriginDeps, originOf, rememberDevice } from './origin.ts'
import type { Run, Runs } from './runs.ts'
import type { JourneyStep, Step, StepDeps, StepInput, StepOutcome, WriteRefusal } from './step.ts'

export interface DriveDeps extends StepDeps, OriginDeps {
  readonly group: () => Group
  readonly clock: Clock
  readonly metrics: Metrics
  readonly runs: Runs
  readonly steps: Readonly<Record<JourneyStep, Step>>
  readonly interactions: Interactions
  readonly pages: Pages
  readonly csrf: Csrf
}

interface Situation {
  readonly interaction: Interaction
  readonly client: Client
  readonly recipient: Recipient
  readonly run: Run
  readonly facts: Facts
  readonly origin: Origin
  readonly now: Date
}

/** How often an answer is worked out again because another tab changed the run meanwhile. */
const RETRIES = 3

/** GET: shows the step the journey is at, or goes on when there is none left. */
export async function showJourney(deps: DriveDeps, ctx: Context): Promise<void> {
  const at = await situation(deps, ctx)
  if (at) await showNext(deps, ctx, at)
  else await answerLate(deps, ctx)
}

/** POST: lets the step answer the form, saves what it found, and redirects, so that reloading repeats nothing. */
export async function answerJourney(deps: DriveDeps, ctx: Context, form: Form): Promise<void> {
  for (let attempt = 0; attempt <= RETRIES; attempt++) {
    const at = await situation(deps, ctx)
    if (!at) return answerLate(deps, ctx)
    deps.csrf.verify(ctx.req, at.interaction.uid, form.text('csrf', { max: 100 }))
    const todo = next(journeyFor(deps.group(), at.client), at.facts)
    // A form of another step is from the back button or a second tab: what counts is where the journey is now.
    if (todo.kind === 'done' || form.text('step', { max: 50 }) !== todo.name) return redirectToSelf(ctx)
    const input = stepInput(deps, ctx, at, todo.name)
    const outcome = await deps.metrics.time('atrium_signin_step_seconds', [todo.name], () =>
      deps.steps[todo.name].handle(deps, input, form),
    )
    if (await settle(deps, ctx, { ...at, step: todo.name }, outcome)) return
  }
  redirectToSelf(ctx)
}

/**
 * GET: an answer that came by another way than a form of ours. Where another tab was faster, that one counts: a proof is not worked out twice. Of an
 * answer that says nothing (undefined) nothing is saved, so that it does not take the run from one that does.
 */
export async function resumeJourney(
  deps: DriveDeps,
  ctx: Context,
  resume: (deps: StepDeps, input: StepInput) => Promise<StepOutcome | undefined>,
): Promise<void> {
  const at = await situation(deps, ctx)
  if (!at) return answerLate(deps, ctx)
  const outcome = await resume(deps, stepInput(deps, ctx, at, 'identify'))
  if (!outcome || !(await settle(deps, ctx, { ...at, step: 'identify' }, outcome))) redirectToSelf(ctx)
}

/** Does what a step decided. False: the run was changed by another request; nothing of the outcome was written. */
async function settle(deps: DriveDeps, ctx: Context, at: Situation & { step: JourneyStep }, outcome: StepOutcome): Promise<boolean> {
  if (outcome.kind === 'denied') {
    countOutcome(deps.metrics, at, outcome)
    leave(ctx, await deps.interactions.finish(ctx, at.interaction, { kind: 'denied' }))
    return true
  }
  const saved = await save(deps, at, outcome)
  if (!saved.ok) {
    if (saved.reason === 'lost') return false
    const refused = outcome.kind === 'accept' ? outcome.onRefusal?.(saved.reason) : undefined
    if (!refused) throw new Error(`a write was refused and the step has no answer: ${saved.reason}`)
    return settle(deps, ctx, at, refused)
  }
  countOutcome(deps.metrics, at, outcome)
  if (outcome.write) deps.events.wake()
  const proven = saved.run.facts.account_id
  if (proven && saved.ticket) keepTicket(deps, ctx, proven, saved.ticket)
  if (proven && proven !== at.run.facts.account_id)
    (await rememberDevice(deps, deps.db, { accountId: proven, origin: at.origin, now: at.now }))(ctx)
  if (outcome.kind === 'accept') await goOn(deps, ctx, { ...at, run: saved.run })
  else {
    if (outcome.retryAfterS !== undefined) ctx.set('Retry-After', String(outcome.retryAfterS))
    sendPage(deps, ctx, at, outcome.page, outcome.status)
  }
  return true
}

type Saved =
  | { readonly ok: true; readonly run: Run; readonly ticket?: string | undefined }
  | { readonly ok: false; readonly reason: RolledBack['reason'] }

async function save(deps: DriveDeps, at: Situation, outcome: Exclude<StepOutcome, { kind: 'denied' }>): Promise<Saved> {
  if (outcome.kind === 'page' && !outcome.run && !outcome.write) return { ok: true, run: at.run }
  const write = async (db: Db): Promise<Extract<Saved, { ok: true }>> => {
    const written = outcome.write ? await outcome.write(db) : { ok: true as const }
    if (!written.ok) throw new RolledBack(written.reason)
    const facts: RunFacts = ('run' in written && written.run) || outcome.run || at.run.facts
    const version = await deps.runs.save(db, at.interaction.uid, at.run.version, facts, at.now)
    if (version === undefined) throw new RolledBack('lost')
    return { ok: true, run: { facts, version }, ticket: 'ticket' in written ? written.ticket : undefined }
  }
  try {
    // The run alone is one statement.
    return await (outcome.write ? deps.db.transaction().execute(write) : write(deps.db))
  } catch (error) {
    if (error instanceof RolledBack) return { ok: false, reason: error.reason }
    throw error
  }
}

/** Leaves a transaction with nothing written. Never gets past {@link save}. */
class RolledBack extends Error {
  readonly reason: 'lost' | WriteRefusal
  constructor(reason: 'lost' | WriteRefusal) {
    super(reason)
    this.reason = reason
  }
}

/** After an accepted answer: straight to the brand when nothing is left, else to the next page by a redirect. */
async function goOn(deps: DriveDeps, ctx: Context, before: Omit<Situation, 'facts'>): Promise<void> {
  const at = { ...before, facts: await factsOf(deps, before) }
  const todo = next(journeyFor(deps.group(), at.client), at.facts)
  if (todo.kind === 'done') return finish(deps, ctx, at)
  const arrival = await deps.steps[todo.name].arrive?.(deps, stepInput(deps, ctx, at, todo.name))
  // Lost to another request it is made up for by hand: the page has a button.
  if (arrival && (await save(deps, at, arrival)).ok) deps.events.wake()
  redirectToSelf(ctx)
}

async function showNext(deps: DriveDeps, ctx: Context, at: Situation): Promise<void> {
  const todo = next(journeyFor(deps.group(), at.client), at.facts)
  if (todo.kind === 'done') return finish(deps, ctx, at)
  const input = stepInput(deps, ctx, at, todo.name)
  sendPage(deps, ctx, at, await deps.steps[todo.name].view(deps, input))
}

async function finish(deps: DriveDeps, ctx: Context, { interaction, facts, recipient }: Situation): Promise<void> {
  const accountId = accountOf(facts)
  if (!accountId) throw new Error('a journey that is done has an account')
  // Without a proof in this run the session stays what it is.
  const evidence = facts.run.evidence.length > 0 ? evidenceOf(facts) : []
  if (isUnmet(interaction, facts)) return leave(ctx, await deps.interactions.finish(ctx, interaction, { kind: 'unmet' }))
  // Before the recipient learns a subject: what the customer bought as its guest is theirs from here on.
  if (recipient.kind === 'brand' || recipient.kind === 'partner')
    await deps.accounts.guests.join(deps.db, accountId, recipient.subjectSector)
  const assurance = assuranceOf(evidence)
  const login = assurance && { ...assurance, evidence }
  leave(ctx, await deps.interactions.finish(ctx, interaction, { kind: 'signed_in', account_id: accountId, login }))
  if (login) countSignIn(deps.metrics, recipient, login)
}

/** Whether what was asked for in this journey ends below the level it was asked for. */
export function isUnmet({ step_up }: Interaction, facts: Facts): boolean {
  const { level } = facts.request
  return level !== undefined && (step_up || facts.run.evidence.length > 0) && !reaches(levelOf(evidenceOf(facts)), level)
}

function leave(ctx: Context, to: string): void {
  ctx.redirect(to)
  ctx.status = 303
}

/** The back button after the end, a link that is too old, or one that began in another browser: a clear page and the way back (OIDC-21). */
async function answerLate(deps: DriveDeps, ctx: Context): Promise<void> {
  const uid = ctx.path.split('/')[2] ?? ''
  if (await deps.interactions.isOpen(uid)) throw new Refusal('other_browser')
  const run = await deps.runs.find(deps.db, uid, deps.clock())
  const client = run && deps.group().clients.get(run.client_id)
  if (!client) throw new Refusal('expired')
  const kind = run.account_id ? 'finished' : 'expired'
  const back = client.uri ? { back: { href: client.uri, name: client.name } } : {}
  deps.pages.send(ctx, (page) => errorPage(page, { kind, ...back }), { status: 410, recipient: client.recipient })
}

const redirectToSelf = (ctx: Context): void => leave(ctx, selfWithLanguage(ctx))

/** Everything there is to know about this request's journey; undefined when there is none for this browser. */
async function situation(deps: DriveDeps, ctx: Context): Promise<Situation | undefined> {
  const interaction = await deps.interactions.find(ctx)
  if (!interaction) return undefined
  const group = deps.group()
  const client = group.clients.get(interaction.client_id)
  const recipient = client && group.recipients.get(client.recipient)
  if (!client || !recipient) return undefined // taken out of the group while the customer was at it
  noteCaller(ctx.req, { client_id: client.id, brand: recipient.key })
  const now = deps.clock()
  const run = await deps.runs.load(deps.db, interaction.uid, requestFacts(interaction, client), now)
  const at = { interaction, client, recipient, run, now, origin: originOf(deps, ctx) }
  return { ...at, facts: await factsOf(deps, at) }
}

function stepInput(deps: DriveDeps, ctx: Context, at: Situation, step: JourneyStep): StepInput {
  const { facts, client, recipient, now, interaction, origin, run } = at
  return {
    facts,
    uid: interaction.uid,
    ceremony: `${interaction.uid} ${run.version}`,
    nextCeremony: `${interaction.uid} ${run.version + 1}`,
    client,
    recipient,
    now,
    origin,
    browser: browserOf(deps, ctx),
    group: deps.group(),
    locale: deps.pages.localeOf(ctx.req, interaction.ui_locales),
    target: { action: selfWithLanguage(ctx), csrf: deps.csrf.token(interaction.uid), step },
  }
}

/** The journey's own address with the language the customer picked, and nothing else that came with it. */
function selfWithLanguage(ctx: Context): string {
  const chosen = queryOf(ctx.req).get('ui_locales')
  const path = ctx.path.split('/').slice(0, 3).join('/')
  return chosen ? `${path}?${new URLSearchParams({ ui_locales: chosen })}` : path
}

function sendPage(deps: DriveDeps, ctx: Context, { interaction, recipient }: Situation, page: Page, status = 200): void {
  const target = interaction.redirect_uri && formTarget(interaction.redirect_uri)
  deps.pages.send(ctx, page, { status, recipient: recipient.key, uiLocales: interaction.ui_locales, formTargets: target ? [target] : [] })
}
