import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STEP_NAMES } from '../../src/group/index.ts'
import { type Facts, freshRun } from '../../src/journey/facts.ts'
import { next } from '../../src/journey/next.ts'
import type { AccountId, AttributeName, ClientId } from '../../src/store/ids.ts'

const ADA = '0199aaaa-0000-7000-8000-000000000001' as AccountId
const NAME = 'name' as AttributeName
const journey = { steps: ['identify', 'verify_email', 'sign_up', 'password', 'second_factor', 'new_password', 'confirm'] } as const
const AT = '2026-03-01T12:00:00Z'
const PASSWORD = { authenticator: 'password', at: AT } as const

function facts(
  change: {
    request?: Partial<Facts['request']>
    run?: Partial<Facts['run']>
    session?: boolean | Facts['session']
    outstanding?: AttributeName[]
    missing?: AttributeName[]
    terms_due?: boolean
    methods?: Facts['methods']
    password?: boolean
    mayOfferPasskey?: boolean
  } = {},
): Facts {
  const request = {
    client_id: 'aurora-web' as ClientId,
    sign_in: true,
    level: undefined,
    create: false,
    fresh: false,
    ask: undefined,
    login_hint: undefined,
    ...change.request,
  }
  return {
    request,
    session: change.session === true ? { account_id: ADA, uid: 'u', evidence: [PASSWORD] } : change.session || undefined,
    run: { ...freshRun(request), ...change.run },
    outstanding: change.outstanding ?? [],
    missing: change.missing ?? [],
    terms_due: change.terms_due ?? false,
    methods: change.methods ?? [],
    password: change.password ?? true,
    mayOfferPasskey: change.mayOfferPasskey ?? false,
  }
}
const stepOf = (f: Facts): string => {
  const found = next(journey, f)
  return found.kind === 'step' ? found.name : found.kind
}

test('a sign-in asks who, then the password, then what is new to this recipient, then is done', () => {
  assert.equal(stepOf(facts()), 'identify')
  assert.equal(stepOf(facts({ run: { identifier: 'ada@example.com' } })), 'password')
  assert.equal(stepOf(facts({ run: { identifier: 'ada@example.com', account_id: ADA }, outstanding: [NAME] })), 'confirm')
  assert.equal(stepOf(facts({ run: { identifier: 'ada@example.com', account_id: ADA } })), 'done')
})

test('terms that are due and attributes that are missing come before what is agreed to, whether or not the group file names their steps', () => {
  const known = { run: { identifier: 'ada@example.com', account_id: ADA }, outstanding: [NAME] }

  assert.equal(stepOf(facts({ ...known, terms_due: true, missing: [NAME] })), 'terms')
  assert.equal(stepOf(facts({ ...known, missing: [NAME] })), 'complete_profile')
  assert.equal(stepOf(facts(known)), 'confirm')
  const named = { steps: ['identify', 'password', 'complete_profile', 'terms', 'confirm'] } as const
  assert.deepEqual(next(named, facts({ ...known, terms_due: true, missing: [NAME] })), { kind: 'step', name: 'complete_profile' })
  const without = { steps: ['identify', 'password'] } as const
  assert.deepEqual(next(without, facts({ ...known, terms_due: true })), { kind: 'step', name: 'terms' })
})

test('MFA-31 a proof that is due comes before terms and attributes', () => {
  const due = facts({ run: { account_id: ADA, evidence: [PASSWORD] }, methods: ['totp'], terms_due: true, missing: [NAME] })

  assert.equal(stepOf(due), 'second_factor')
})

test('a sign-up asks for the address, proves it, and only then opens the account', () => {
  assert.equal(stepOf(facts({ request: { create: true } })), 'identify')
  assert.equal(stepOf(facts({ request: { create: true }, run: { identifier: 'ada@example.com' } })), 'verify_email')
  assert.equal(stepOf(facts({ request: { create: true }, run: { identifier: 'ada@example.com', email_verified: true } })), 'sign_up')
})

test('the address of an imported account that nobody has proven is proven after its password, whatever the order of the steps', () => {
  const f = facts({ run: { identifier: 'ada@example.com', proving_account_id: ADA, evidence: [PASSWORD] }, outstanding: [NAME] })

  assert.equal(stepOf(f), 'verify_email')
  for (const steps of [
    ['identify', 'password'],
    ['password', 'verify_email', 'identify'],
    ['confirm', 'identify', 'password'],
  ] as const)
    assert.deepEqual(next({ steps }, f), { kind: 'step', name: 'verify_email' })
  const proven = facts({ run: { identifier: 'ada@example.com', account_id: ADA, email_verified: true, evidence: [PASSWORD] } })
  assert.equal(stepOf(proven), 'done')
})

test('a session is enough unless a fresh proof is asked for, or the customer is somebody else', () => {
  assert.equal(stepOf(facts({ session: true, request: { sign_in: false } })), 'done')
  assert.equal(stepOf(facts({ session: true, request: { sign_in: true } })), 'identify')
  assert.equal(stepOf(facts({ session: true, request: { sign_in: false }, run: { other_account: true } })), 'identify')
})

test('RFC 8252 an app is confirmed each time unless the customer proved themselves in this journey', () => {
  const app = { sign_in: false, ask: 'native_app' as const }
  assert.equal(stepOf(facts({ session: true, request: app })), 'confirm')
  assert.equal(stepOf(facts({ session: true, request: app, run: { confirmed: true } })), 'done')
  const evidence = [{ authenticator: 'password' as const, at: '2026-03-01T12:00:00Z' }]
  assert.equal(stepOf(facts({ request: { ...app, sign_in: true }, run: { account_id: ADA, evidence } })), 'done')
})

test('who set up an app is asked for it after the password, before anything else happens to the account', () => {
  const proven = { identifier: 'ada@example.com', account_id: ADA, evidence: [PASSWORD] }
  const app = { methods: ['totp'] as const, outstanding: [NAME] }
  assert.equal(stepOf(facts({ run: proven, ...app })), 'second_factor')
  const both = [PASSWORD, { authenticator: 'totp' as const, at: AT }]
  assert.equal(stepOf(facts({ run: { ...proven, evidence: both }, ...app })), 'confirm')
  assert.equal(stepOf(facts({ run: { ...proven, evidence: [{ authenticator: 'passkey', at: AT }] }, ...app })), 'confirm')
  assert.equal(stepOf(facts({ run: proven, methods: ['passkey'] })), 'done', 'a passkey alone is not asked for after a password')
})

test('MFA-23 a level that is asked for is reached by one more proof on top of the session, where the account has one that does', () => {
  const request = { sign_in: false, level: 'mfa' as const }
  assert.equal(stepOf(facts({ session: true, request, methods: ['totp'] })), 'second_factor')
  const run = { evidence: [{ authenticator: 'totp' as const, at: AT }] }
  assert.equal(stepOf(facts({ session: true, request, run, methods: ['totp'] })), 'done')
  assert.equal(stepOf(facts({ session: true, request: { ...request, level: 'phr' }, methods: ['totp'] })), 'done', 'the client is told')
  assert.equal(stepOf(facts({ session: true, request: { ...request, level: 'phr' }, methods: ['passkey', 'totp'] })), 'second_factor')
  assert.equal(stepOf(facts({ session: true, request: { ...request, sign_in: true }, methods: ['totp'] })), 'identify')
})

test('MFA-31 a recovery asks for the best proof the account has, and only then for a new password', () => {
  const run = { mode: 'recover' as const, identifier: 'ada@example.com' }
  const code = { authenticator: 'email_otp' as const, at: AT }
  assert.equal(stepOf(facts({ run })), 'verify_email')
  const proven = { ...run, email_verified: true, account_id: ADA, evidence: [code] }
  assert.equal(stepOf(facts({ run: proven })), 'new_password')
  assert.equal(stepOf(facts({ run: proven, methods: ['passkey'] })), 'second_factor')
  const second = { ...proven, evidence: [code, { authenticator: 'recovery_code' as const, at: AT }] }
  assert.equal(stepOf(facts({ run: second, methods: ['passkey', 'recovery_code'] })), 'new_password')
  assert.equal(stepOf(facts({ run: { ...second, recovered: true }, methods: ['passkey'] })), 'done')
})

test('MFA-40 a code in place of the password leads to the best proof the account has, then to what the client misses', () => {
  const run = { mode: 'email_code' as const, identifier: 'ada@example.com', email_verified: true, account_id: ADA }
  const code = { authenticator: 'email_otp' as const, at: AT }
  const totp = { authenticator: 'totp' as const, at: AT }
  const asked = (
    level: Facts['request']['level'],
    evidence: Facts['run']['evidence'],
    has: { methods?: Facts['methods']; password?: boolean } = {},
  ) => stepOf(facts({ request: { level }, run: { ...run, evidence }, ...has }))
  assert.equal(stepOf(facts({ run: { mode: 'email_code', identifier: 'ada@example.com' } })), 'verify_email')
  assert.equal(asked(undefined, [code]), 'done')
  assert.equal(asked(undefined, [code], { methods: ['recovery_code'] }), 'second_factor')
  assert.equal(asked('password', [code]), 'password')
  assert.equal(asked('password', [code, PASSWORD]), 'done')
  assert.equal(asked('password', [code], { password: false }), 'done', 'the client is told')
  assert.equal(asked('password', [code], { password: false, methods: ['passkey'] }), 'second_factor')
  assert.equal(asked('mfa', [code], { methods: ['totp'] }), 'second_factor')
  assert.equal(asked('mfa', [code, totp], { methods: ['totp'] }), 'password')
  assert.equal(asked('mfa', [code, totp], { methods: ['totp'], password: false }), 'done', 'the client is told')
  assert.equal(asked('phr', [code, totp], { methods: ['passkey', 'totp'] }), 'second_factor')
  assert.equal(asked('phr', [code, totp], { methods: ['totp'] }), 'done', 'the client is told')
})

const order = { steps: [...STEP_NAMES] }
const dueOf = (f: Facts): string => {
  const found = next(order, f)
  return found.kind === 'step' ? found.name : found.kind
}

test('MFA-9, MFA-33, MFA-42 a passkey is offered after a whole password sign-in and at no other time', () => {
  const run = { identifier: 'ada@example.com', account_id: ADA, evidence: [PASSWORD] }
  const totp = { authenticator: 'totp' as const, at: AT }
  const paper = { authenticator: 'recovery_code' as const, at: AT }
  const code = { authenticator: 'email_otp' as const, at: AT }
  const offered = { run, mayOfferPasskey: true }
  assert.equal(dueOf(facts(offered)), 'offer_passkey')
  assert.equal(dueOf(facts({ ...offered, outstanding: [NAME] })), 'offer_passkey', 'before the page that ends the journey')
  assert.equal(dueOf(facts({ ...offered, run: { ...run, passkey_offered: true } })), 'done')
  assert.equal(dueOf(facts({ ...offered, mayOfferPasskey: false })), 'done')
  assert.equal(dueOf(facts({ ...offered, session: true })), 'done', 'a fresh proof of who is signed in')
  for (const level of ['mfa', 'phr'] as const)
    assert.notEqual(dueOf(facts({ ...offered, run: { ...run, evidence: [PASSWORD, totp] }, request: { level } })), 'offer_passkey', level)
  for (const mode of ['recover', 'email_code', 'sign_up'] as const)
    assert.notEqual(dueOf(facts({ ...offered, run: { ...run, mode, evidence: [code, PASSWORD], recovered: true } })), 'offer_passkey', mode)
  const withApp = { ...offered, methods: ['totp', 'recovery_code'] as const }
  assert.equal(dueOf(facts(withApp)), 'second_factor')
  assert.equal(dueOf(facts({ ...withApp, run: { ...run, evidence: [PASSWORD, totp] } })), 'offer_passkey')
  assert.equal(dueOf(facts({ ...withApp, run: { ...run, evidence: [PASSWORD, paper] } })), 'done', 'MFA-35 a code on paper is for losses')
  assert.equal(dueOf(facts({ ...withApp, run: { ...run, trusted_device: true } })), 'done', 'MFA-45 the app is there and was not asked')
})

test('MFA-20, MFA-41 a trusted device spares the customer’s own second step, and nothing else', () => {
  const run = { identifier: 'ada@example.com', account_id: ADA, evidence: [PASSWORD], trusted_device: true }
  const methods = ['totp'] as const
  assert.equal(dueOf(facts({ run, methods })), 'done')
  assert.equal(dueOf(facts({ run, methods, session: true })), 'second_factor', 'a fresh proof')
  assert.equal(dueOf(facts({ run, methods, request: { level: 'mfa' } })), 'second_factor', 'a client’s level')
  const code = { authenticator: 'email_otp' as const, at: AT }
  for (const mode of ['recover', 'email_code'] as const)
    assert.equal(dueOf(facts({ run: { ...run, mode, evidence: [code, PASSWORD] }, methods })), 'second_factor', mode)
  assert.equal(dueOf(facts({ run: { ...run, evidence: [code] }, methods })), 'second_factor', 'no password')
})

test('whatever the order of the steps, nobody is done without a proven account, and no account is opened for an unproven address', () => {
  const order = fc.shuffledSubarray([...STEP_NAMES], { minLength: 1 })
  const run = fc.record({
    mode: fc.constantFrom('sign_in' as const, 'sign_up' as const, 'recover' as const, 'email_code' as const),
    recovered: fc.boolean(),
    evidence: fc.array(
      fc.constantFrom(PASSWORD, { authenticator: 'totp' as const, at: AT }, { authenticator: 'email_otp' as const, at: AT }),
      { maxLength: 3 },
    ),
    identifier: fc.option(fc.constant('ada@example.com'), { nil: undefined }),
    email_verified: fc.boolean(),
    account_id: fc.option(fc.constant(ADA), { nil: undefined }),
    confirmed: fc.boolean(),
    other_account: fc.boolean(),
  })
  fc.assert(
    fc.property(order, run, fc.boolean(), fc.boolean(), fc.boolean(), (steps, state, session, signIn, hasApp) => {
      const given = facts({ run: state, session, request: { sign_in: signIn }, methods: hasApp ? ['totp'] : [] })
      const found = next({ steps }, given)
      const known = state.account_id ?? (signIn || state.other_account || !session ? undefined : ADA)
      if (found.kind === 'step' && found.name === 'sign_up') assert.ok(state.email_verified && known === undefined)
      if (found.kind === 'step' && found.name === 'confirm') assert.ok(known)
      const isPending = hasApp && state.account_id !== undefined && !state.evidence.some(({ authenticator }) => authenticator === 'totp')
      if (isPending) assert.deepEqual(found, { kind: 'step', name: 'second_factor' }, 'SEC-43 nothing happens before the proof that is due')
      if (known === undefined && steps.includes('password') && steps.includes('sign_up') && steps.includes('verify_email'))
        assert.equal(found.kind, 'step')
    }),
  )
})

test('SEC-51 a recovery ends with a new password, also where the group left that step out', () => {
  const recovering = facts({ run: { mode: 'recover', identifier: 'ada@example.com', email_verified: true, account_id: ADA } })
  assert.deepEqual(next({ steps: ['identify', 'verify_email', 'password', 'confirm'] }, recovering), { kind: 'step', name: 'new_password' })
})
