import type { Kind, Operation } from './history.ts'

/** A promise that was broken, in words, with what shows it. */
export interface Violation {
  readonly rule: keyof typeof RULES
  readonly what: string
}

const RULES = {
  a_code_is_redeemed_at_most_once: codesRedeemedTwice,
  a_refresh_token_has_at_most_one_successor: tokensRotatedTwice,
  what_has_ended_stays_ended: usedAfterTheEnd,
  an_acknowledged_token_works: lostTokens,
  an_acknowledged_profile_is_read_back: lostProfiles,
  an_acknowledged_agreement_is_remembered: lostAgreements,
  an_acknowledged_account_signs_in: lostAccounts,
  an_acknowledged_mail_arrives: lostMails,
  an_answer_is_about_whoever_asked: otherPeoplesAnswers,
  nothing_fails_open: failedOpen,
  an_outage_is_told_and_in_time: badAnswers,
} as const satisfies Record<string, (history: readonly Operation[]) => string[]>

/** Everything in a history that must not be. An empty list: each promise was kept. */
export function checkHistory(history: readonly Operation[]): Violation[] {
  return (Object.keys(RULES) as (keyof typeof RULES)[]).flatMap((rule) => RULES[rule](history).map((what) => ({ rule, what })))
}

type Acknowledged<K extends Kind> = Extract<Operation<K>, { readonly outcome: 'acknowledged' }>

const all = <K extends Kind>(history: readonly Operation[], kind: K): Operation<K>[] =>
  history.filter((op) => op.kind === kind) as unknown as Operation<K>[] // what the filter says
const acknowledged = <K extends Kind>(history: readonly Operation[], kind: K): Acknowledged<K>[] =>
  all(history, kind).filter((op) => op.outcome === 'acknowledged') as unknown as Acknowledged<K>[]

/** Keys for which the values are not all the same. */
function different(pairs: readonly (readonly [string, string])[]): string[] {
  const seen = new Map<string, Set<string>>()
  for (const [key, value] of pairs) seen.set(key, (seen.get(key) ?? new Set()).add(value))
  return [...seen].filter(([, values]) => values.size > 1).map(([key]) => key)
}

function codesRedeemedTwice(history: readonly Operation[]): string[] {
  return different(acknowledged(history, 'redeem').map(({ input, output }) => [input.code, output.refresh_token])).map(
    (code) => `the code ${short(code)} gave two families of tokens`,
  )
}

/** A client that lost the answer may be given the same successor again. */
function tokensRotatedTwice(history: readonly Operation[]): string[] {
  return different(acknowledged(history, 'refresh').map(({ input, output }) => [input.refresh_token, output.refresh_token])).map(
    (token) => `the refresh token ${short(token)} has two successors`,
  )
}

/** Every token's code, as far as clients were told; and the session of each code. */
function familiesOf(history: readonly Operation[]) {
  const codeOf = new Map<string, string>()
  const sessionOf = new Map<string, string>()
  for (const op of history) {
    if (op.outcome !== 'acknowledged') continue
    if (op.kind === 'get_code') sessionOf.set(op.output.code, op.input.session)
    if (op.kind === 'redeem') for (const token of [op.output.access_token, op.output.refresh_token]) codeOf.set(token, op.input.code)
    const family = op.kind === 'refresh' ? codeOf.get(op.input.refresh_token) : undefined
    if (op.kind === 'refresh' && family) for (const token of [op.output.access_token, op.output.refresh_token]) codeOf.set(token, family)
  }
  return { codeOf, sessionOf }
}

const tokenUsedBy = (op: Operation): string | undefined =>
  op.kind === 'userinfo' ? op.input.access_token : op.kind === 'refresh' ? op.input.refresh_token : undefined

function usedAfterTheEnd(history: readonly Operation[]): string[] {
  const { codeOf, sessionOf } = familiesOf(history)
  const endOf = new Map<string, number>()
  const ends = (what: string | undefined, atMs: number) => what !== undefined && endOf.set(what, Math.min(atMs, endOf.get(what) ?? atMs))
  for (const op of acknowledged(history, 'revoke')) ends(codeOf.get(op.input.refresh_token), op.endedMs)
  for (const op of acknowledged(history, 'sign_out')) ends(op.input.session, op.endedMs)
  return history.flatMap((op) => {
    if (op.outcome !== 'acknowledged') return []
    const token = tokenUsedBy(op)
    const code = op.kind === 'redeem' ? op.input.code : token && codeOf.get(token)
    const session = op.kind === 'get_code' ? op.input.session : code && sessionOf.get(code)
    const endedMs = Math.min(endOf.get(code ?? '') ?? Infinity, endOf.get(session ?? '') ?? Infinity)
    return op.invokedMs > endedMs ? [`${op.kind} worked ${Math.round(op.invokedMs - endedMs)} ms after its grant or session had ended`] : []
  })
}

/**
 * A refresh token that was acknowledged, and whose family nobody has touched since, is never refused, and is served once all is well again. A code
 * or a token that is sent twice may end its family, so both count as touching it.
 */
function lostTokens(history: readonly Operation[]): string[] {
  const { codeOf, sessionOf } = familiesOf(history)
  const touches = (op: Operation, code: string | undefined): boolean => {
    if (op.kind === 'sign_out') return op.input.session === sessionOf.get(code ?? '')
    if (op.kind === 'redeem') return op.input.code === code
    return (op.kind === 'refresh' || op.kind === 'revoke') && codeOf.get(op.input.refresh_token) === code
  }
  const issuedBy = new Map(
    [...acknowledged(history, 'redeem'), ...acknowledged(history, 'refresh')].map((op) => [op.output.refresh_token, op]),
  )
  return all(history, 'refresh').flatMap((use) => {
    const token = use.input.refresh_token
    const issued = issuedBy.get(token)
    const failed = use.outcome === 'refused' || (use.readBack && use.outcome === 'unknown')
    if (!issued || !failed) return []
    const others = history.filter((op) => op !== use && op !== issued && op.endedMs >= issued.invokedMs && op.invokedMs <= use.endedMs)
    if (others.some((op) => touches(op, codeOf.get(token)))) return []
    return [`the acknowledged refresh token ${short(token)} does not work (${use.status})`]
  })
}

/** One writer an account, so after an acknowledged write only that value or a later one that was not acknowledged may be read. */
function lostProfiles(history: readonly Operation[]): string[] {
  return acknowledged(history, 'read_profile').flatMap((read) => {
    const writes = all(history, 'change_profile').filter(
      (w) => w.input.email === read.input.email && w.invokedMs < read.endedMs && w.outcome !== 'refused',
    )
    const last = writes.filter((w) => w.outcome === 'acknowledged' && w.endedMs < read.invokedMs).at(-1)
    const possible = last ? writes.slice(writes.indexOf(last)) : undefined
    if (!possible || possible.some((w) => w.input.value === read.output.value)) return []
    return [`${read.input.email} wrote ${last?.input.value} and reads ${read.output.value}`]
  })
}

function lostAgreements(history: readonly Operation[]): string[] {
  return acknowledged(history, 'visit').flatMap((visit) => {
    const said = acknowledged(history, 'confirm').some(
      (c) => c.input.email === visit.input.email && c.input.recipient === visit.input.recipient && c.endedMs < visit.invokedMs,
    )
    return said && visit.output.asked ? [`${visit.input.email} is asked again by ${visit.input.recipient}`] : []
  })
}

function lostAccounts(history: readonly Operation[]): string[] {
  const made = new Set(acknowledged(history, 'sign_up').map(({ input }) => input.email))
  return all(history, 'sign_in').flatMap((op) =>
    op.readBack && op.outcome !== 'acknowledged' && made.has(op.input.email)
      ? [`${op.input.email} has an account and cannot sign in (${op.status})`]
      : [],
  )
}

function lostMails(history: readonly Operation[]): string[] {
  const seen = new Map(acknowledged(history, 'see_mail').map(({ input, output }) => [input.email, output.count]))
  const due = new Set(acknowledged(history, 'request_mail').map(({ input }) => input.email))
  return [...due].filter((email) => seen.get(email) === 0).map((email) => `the mail to ${email} never came`)
}

function otherPeoplesAnswers(history: readonly Operation[]): string[] {
  return [...acknowledged(history, 'userinfo'), ...acknowledged(history, 'redeem')].flatMap(({ kind, input, output }) =>
    input.sub === output.sub ? [] : [`${kind} of ${input.sub} answered about ${output.sub}`],
  )
}

function failedOpen(history: readonly Operation[]): string[] {
  return acknowledged(history, 'forge').map(({ input }) => `${input.what} was let in`)
}

function badAnswers(history: readonly Operation[]): string[] {
  return history.flatMap((op) => {
    if (op.status >= 500 && op.status !== 503) return [`${op.kind} was answered ${op.status}`]
    if (op.status === 503 && !/^[1-9]\d*$/.test(op.retryAfter ?? '')) return [`${op.kind} was answered 503 without Retry-After`]
    return op.hung ? [`${op.kind} was not answered at all`] : []
  })
}

const short = (secret: string): string => `${secret.slice(0, 8)}…`
