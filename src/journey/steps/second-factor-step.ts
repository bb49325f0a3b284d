import { otherWaysPage, type ProofModel, proofPage } from '../../../views/index.ts'
import { readPasskeyAnswer } from '../../authenticators/index.ts'
import type { Db } from '../../store/db.ts'
import type { AccountId } from '../../store/ids.ts'
import type { Form } from '../../web/form.ts'
import type { Page } from '../../web/pages.ts'
import { accountChanged } from '../account-changed.ts'
import { accountOf, type Evidence, type ProofMethod, type RunFacts } from '../facts.ts'
import { mayTrustDevice, usefulMethods } from '../next.ts'
import { afterRefusal, askForPasskey, recordPasskey } from '../passkey-ceremony.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'
import { checkFactorCode, lastDigitsOf, sendFactorCode } from './sms-factor.ts'

/**
 * One more proof, where the customer set one up or the client asks for a level that is not reached. The best method comes first; of the others
 * those are offered that reach the level, so that no way out leads below it (MFA-40).
 */
export const secondFactorStep: Step = {
  name: 'second_factor',
  view: (deps, input) => stepView(deps, input),

  async arrive(deps, input) {
    const accountId = accountOf(input.facts)
    const { run } = input.facts
    if (methodOf(input) !== 'sms' || run.texted || !accountId) return undefined
    const sent = await sendFactorCode(deps, input, accountId)
    return sent.ok ? { kind: 'accept', run: { ...run, code: sent.code, texted: true }, write: sent.write } : undefined
  },

  async handle(deps, input, form) {
    const { run } = input.facts
    const methods = usefulMethods(input.facts)
    const action = form.text('action', { max: 40 })
    if (action === 'other-ways') return { kind: 'accept', run: { ...run, method: otherThan(methodOf(input), methods) } }
    const chosen = methods.find((method) => action === `use ${method}`)
    if (chosen) return { kind: 'accept', run: { ...run, method: chosen } }
    const method = methodOf(input)
    const accountId = accountOf(input.facts)
    if (!accountId || method === undefined || method === 'other_ways') return { kind: 'page', page: await stepView(deps, input) }
    if (method === 'sms') return action === 'resend' ? resend(deps, input, accountId) : sms(deps, input, form, accountId)
    return method === 'passkey' ? passkey(deps, input, form, accountId) : code(deps, input, form, { accountId, method })
  },
}

/** The one other way there is, or the page that names them. */
const otherThan = (current: ProofMethod | 'other_ways' | undefined, methods: readonly ProofMethod[]): ProofMethod | 'other_ways' => {
  const [first, ...more] = methods.filter((method) => method !== current)
  return first && more.length === 0 ? first : 'other_ways'
}

/** What this page asks for now. A recovery code is for when nothing else is at hand: it is never asked for first while there is something else. */
function methodOf({ facts }: StepInput): ProofMethod | 'other_ways' | undefined {
  const methods = usefulMethods(facts)
  const { method } = facts.run
  return method === 'other_ways' || (method && methods.includes(method)) ? method : methods[0]
}

async function passkey(deps: StepDeps, input: StepInput, form: Form, accountId: AccountId): Promise<StepOutcome> {
  const verified = await deps.authenticators.passkeys.verify(deps.db, readPasskeyAnswer(form, input.ceremony), accountId)
  // The run is saved whatever came of it, so that no challenge is looked at twice (MFA-6).
  if (!verified.ok)
    return { kind: 'page', status: 422, page: await stepView(deps, afterRefusal(input), { error: 'refused' }), run: input.facts.run }
  return proven(deps, input, form, { authenticator: 'passkey', synced: verified.synced }, (tx) => recordPasskey(deps, tx, input, verified))
}

async function code(
  deps: StepDeps,
  input: StepInput,
  form: Form,
  { accountId, method }: { accountId: AccountId; method: 'totp' | 'recovery_code' },
): Promise<StepOutcome> {
  const typed = form.text('code', { max: 200 })
  const tried = await deps.limits.proofs.begin(deps.db, accountId, method, input.now)
  if (!tried.ok) return tooManyTries(deps, input, tried.retryAfterS)
  const { totp, recoveryCodes } = deps.authenticators
  const checked = method === 'totp' ? await totp.check(deps.db, accountId, typed) : undefined
  if (checked && !checked.ok) return wrongCode(deps, input)
  return proven(
    deps,
    input,
    form,
    { authenticator: method },
    async (tx) => {
      if (method === 'recovery_code') await deps.changes.begin(tx, accountId) // its lock comes first, as wherever an account is changed
      const spent = checked ? await checked.spend(tx) : await recoveryCodes.spend(tx, accountId, typed)
      if (!spent) return false
      await tried.succeeded(tx)
      if (method === 'recovery_code') await accountChanged(deps, tx, input, accountId, 'recovery_code_used')
      return true
    },
    await wrongCode(deps, input),
  )
}

async function resend(deps: StepDeps, input: StepInput, accountId: AccountId): Promise<StepOutcome> {
  const sent = await sendFactorCode(deps, input, accountId)
  if (sent.ok) {
    const run = { ...input.facts.run, code: sent.code, texted: true }
    const status = input.facts.run.texted ? ('resent' as const) : undefined
    return { kind: 'page', page: await stepView(deps, withRun(input, run), { status }), run, write: sent.write }
  }
  if (sent.reason === 'no_texts') return { kind: 'page', page: await stepView(deps, input, { error: 'refused' }), status: 422 }
  const shown = { error: 'too_many_sends' as const, retryMinutes: Math.ceil(sent.retryAfterS / 60) }
  return { kind: 'page', status: 429, retryAfterS: sent.retryAfterS, page: await stepView(deps, input, shown) }
}

const withRun = (input: StepInput, run: RunFacts): StepInput => ({ ...input, facts: { ...input.facts, run } })

async function sms(deps: StepDeps, input: StepInput, form: Form, accountId: AccountId): Promise<StepOutcome> {
  const { run, smsUnsettled = false } = input.facts
  const checked = await checkFactorCode(deps, input, accountId, form.text('code', { max: 200 }))
  if (checked.ok) {
    // The run that is saved without its code spends it: of two uses at once one counts.
    const proof = { authenticator: 'sms_otp' as const, ...(smsUnsettled && { unsettled: true }) }
    return proven(deps, withRun(input, { ...run, code: undefined, texted: false }), form, proof, async (tx) => {
      await checked.tried.succeeded(tx)
      return true
    })
  }
  if (checked.reason === 'throttled') return tooManyTries(deps, input, checked.retryAfterS)
  const kept = 'state' in checked && checked.state ? { run: { ...run, code: checked.state } } : {}
  const error = checked.reason === 'expired_code' || checked.reason === 'too_many_tries' ? 'dead_code' : 'wrong_code'
  return { kind: 'page', status: 422, page: await stepView(deps, input, { error }), ...kept }
}

/** Goes on with the proof, if it can be spent in the transaction that saves the run: of two uses at once one counts. */
function proven(
  deps: StepDeps,
  input: StepInput,
  form: Form,
  proof: Omit<Evidence, 'at'>,
  spend: (tx: Db) => Promise<boolean>,
  onRefusal: StepOutcome = { kind: 'accept', run: input.facts.run },
): StepOutcome {
  const { run } = input.facts
  const evidence = [...run.evidence, { ...proof, at: input.now.toISOString() }]
  return {
    kind: 'accept',
    run: { ...run, evidence, method: undefined },
    async write(tx) {
      if (!(await spend(tx))) return { ok: false, reason: 'already_used' }
      const isTrusted = isTrustOffered(input, proof.authenticator) && form.text('trust_device', { max: 10 }) === 'yes'
      return { ok: true, ticket: isTrusted ? await trustDevice(deps, tx, input) : undefined }
    },
    onRefusal: () => onRefusal,
  }
}

/** Only what the customer asked for themselves can be spared them, and a code on paper is for losses. */
const isTrustOffered = ({ facts, origin }: StepInput, method: Evidence['authenticator']): boolean =>
  mayTrustDevice(facts) && method !== 'recovery_code' && !(method === 'sms_otp' && facts.smsUnsettled) && origin.device !== undefined

/** From now on this browser is not asked again for a while (MFA-20), and its owner is told. */
async function trustDevice(deps: StepDeps, tx: Db, input: StepInput): Promise<string | undefined> {
  const { facts, origin, browser, now } = input
  const accountId = facts.run.account_id
  if (!accountId || !origin.device) return undefined
  const { userAgent } = browser
  const ticket = await deps.authenticators.trustedDevices.trust(tx, accountId, { device: origin.device, userAgent, now })
  await accountChanged(deps, tx, input, accountId, 'device_trusted')
  return ticket
}

const wrongCode = async (deps: StepDeps, input: StepInput): Promise<StepOutcome> => ({
  kind: 'page',
  status: 422,
  page: await stepView(deps, input, { error: 'wrong_code' }),
})

const tooManyTries = async (deps: StepDeps, input: StepInput, retryAfterS: number): Promise<StepOutcome> => ({
  kind: 'page',
  status: 429,
  retryAfterS,
  page: await stepView(deps, input, { error: 'too_many_tries', retryMinutes: Math.ceil(retryAfterS / 60) }),
})

type Shown = Pick<ProofModel, 'error' | 'retryMinutes'> & { readonly status?: 'resent' | undefined }

async function stepView(deps: StepDeps, input: StepInput, shown: Shown = {}): Promise<Page> {
  const { facts, target, client } = input
  const methods = usefulMethods(facts)
  const method = methodOf(input)
  const accountId = accountOf(facts)
  if (method === 'other_ways' || method === undefined || !accountId) return (page) => otherWaysPage(page, { ...target, methods })
  const why = facts.request.level === undefined || mayTrustDevice(facts) ? ('own_wish' as const) : ('client' as const)
  const model = {
    ...target,
    why,
    trust: isTrustOffered(input, method === 'sms' ? 'sms_otp' : method),
    clientName: client.name,
    otherWays: methods.length > 1,
    ...shown,
  }
  if (method === 'sms') {
    const lastDigits = await lastDigitsOf(deps, accountId)
    return (page) => proofPage(page, { ...model, method, sent: facts.run.texted, lastDigits })
  }
  if (method !== 'passkey') return (page) => proofPage(page, { ...model, method })
  const ask = await askForPasskey(deps, input, accountId)
  return (page) => proofPage(page, { ...model, method, ask })
}
