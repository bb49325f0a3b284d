import { type VerifyEmailModel, verifyEmailPage } from '../../../views/index.ts'
import { kindOf } from '../../accounts/index.ts'
import type { Enrolled } from '../../authenticators/index.ts'
import type { Db } from '../../store/db.ts'
import type { AccountId } from '../../store/ids.ts'
import type { Page } from '../../web/pages.ts'
import { isOpen, provenOwner, type RunFacts, startOver } from '../facts.ts'
import { type CodePurpose, sendCode } from '../send-code.ts'
import type { Step, StepDeps, StepInput, StepOutcome, Write } from '../step.ts'
import { waitsUntil } from '../young-address.ts'

/** Proves an address or a number by the code sent to it. The code is bound to this run: forgotten with the transaction that accepts it. */
export const verifyEmailStep: Step = {
  name: 'verify_email',
  view: (_deps, input) => verifyView(input),

  async handle(deps, input, form) {
    const { run } = input.facts
    const action = form.text('action', { max: 20 })
    if (action === 'back') return { kind: 'accept', run: startOver(run, purposeOf(run) === 'sign_up' ? 'sign_up' : 'sign_in') }
    if (action === 'resend') return resend(deps, input)
    const typed = form.text('code', { max: 100 })
    const tried = await deps.limits.codes.begin(deps.db, run.identifier ?? '', input.now)
    if (!tried.ok) {
      return { kind: 'page', status: 429, retryAfterS: tried.retryAfterS, page: verifyView(input, { error: 'too_many_tries' }) }
    }
    const checked = deps.authenticators.emailCodes.check(run.code, typed, input.now)
    if (checked.ok) {
      const evidence = [
        ...run.evidence,
        { authenticator: isPhone(run) ? ('sms_code' as const) : ('email_otp' as const), at: input.now.toISOString() },
      ]
      const proven = { ...run, email_verified: true, code: undefined, evidence }
      if (run.proving_account_id) return provenAddress(deps, proven, run.proving_account_id, tried)
      const known =
        purposeOf(run) === 'sign_up' ? { ...proven, new_account_id: deps.accounts.newAccountId() } : await openedRun(deps, proven)
      return { kind: 'accept', run: known, write: afterwards(deps, tried, known.account_id) }
    }
    return {
      kind: 'page',
      status: 422,
      page: verifyView(input, { error: checked.reason }),
      ...(checked.state ? { run: { ...run, code: checked.state } } : {}),
    }
  },
}

const PURPOSES: Readonly<Record<RunFacts['mode'], CodePurpose>> = {
  sign_up: 'sign_up',
  recover: 'recover',
  email_code: 'sign_in',
  sign_in: 'sign_in', // asks for a code only where an address is to be proven
}
const purposeOf = ({ mode, proving_account_id }: RunFacts): CodePurpose => (proving_account_id === undefined ? PURPOSES[mode] : 'prove')

/** Password and mailbox of an imported account are proven. If somebody else signed up with the address meanwhile, it is theirs, and this sign-in starts over. */
async function provenAddress(deps: StepDeps, run: RunFacts, accountId: AccountId, tried: CountedTry): Promise<StepOutcome> {
  const startsOver: StepOutcome = { kind: 'accept', run: startOver(run, 'sign_in') }
  const account = await deps.accounts.find(deps.db, accountId)
  if (!isOpen(account)) return startsOver
  return {
    kind: 'accept',
    run: { ...provenOwner(run, account), proving_account_id: undefined },
    async write(tx) {
      await tried.succeeded(tx)
      return (await deps.accounts.proveEmail(tx, accountId, run.identifier ?? ''))
        ? { ok: true }
        : { ok: false, reason: 'identifier_taken' }
    },
    onRefusal: () => startsOver,
  }
}

const isPhone = ({ identifier = '' }: RunFacts): boolean => kindOf(identifier) === 'phone'

/** Whose account the mailbox or the phone opens. Nobody's, if it was closed since the code went out, or opens nothing yet: then the sign-in starts over. */
async function openedRun(deps: StepDeps, run: RunFacts): Promise<RunFacts> {
  const { accounts, authenticators, db } = deps
  const account = await accounts.findByIdentifier(db, kindOf(run.identifier ?? ''), run.identifier ?? '')
  if (!isOpen(account)) return startOver(run, 'sign_in')
  // One's phone is no proof beside itself: who turned it on as the second step, and has no other, comes with the password first.
  if (isPhone(run) && isPhoneAlone(await authenticators.enrolled(db, account.id)))
    return { ...startOver(run, 'sign_in'), identifier: run.identifier }
  const holder = await accounts.findHolder(db, run.identifier ?? '')
  if (await waitsUntil(deps, account, holder, purposeOf(run))) return startOver(run, 'sign_in')
  return provenOwner(run, account)
}

const isPhoneAlone = ({ smsSince, passkeys, totpSince, recoveryCodes }: Enrolled): boolean =>
  smsSince !== undefined && passkeys + recoveryCodes === 0 && totpSince === undefined

interface CountedTry {
  succeeded(tx: Db): Promise<void>
}

/** A code that was used was asked for by who has the mailbox: what was held back because of unused ones is so no more. */
const afterwards =
  ({ changes }: StepDeps, tried: CountedTry, accountId: AccountId | undefined): Write =>
  async (tx) => {
    await tried.succeeded(tx)
    if (accountId) await changes.liftHold(tx, accountId, 'codes')
    return { ok: true }
  }

async function resend(deps: StepDeps, input: StepInput): Promise<StepOutcome> {
  const { run } = input.facts
  const sent = await sendCode(deps, input, run.identifier ?? '', purposeOf(run))
  if (!sent.ok && sent.reason === 'no_texts') return { kind: 'accept', run: startOver(run, 'sign_in') } // since the first one went out
  if (!sent.ok) {
    return {
      kind: 'page',
      status: 429,
      retryAfterS: sent.retryAfterS,
      page: verifyView(input, { error: 'too_many_sends', retryMinutes: Math.ceil(sent.retryAfterS / 60) }),
    }
  }
  return { kind: 'page', page: verifyView(input, { status: 'resent' }), run: { ...run, code: sent.code }, write: sent.write }
}

const verifyView =
  (input: StepInput, shown: Pick<VerifyEmailModel, 'error' | 'status' | 'retryMinutes'> = {}): Page =>
  (page) =>
    verifyEmailPage(page, {
      ...input.target,
      channel: isPhone(input.facts.run) ? 'sms' : 'email',
      address: input.facts.run.identifier ?? '',
      ...shown,
    })
