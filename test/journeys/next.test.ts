import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STEP_NAMES } from '../../src/group/index.ts'
import { type Facts, freshRun } from '../../src/journey/facts.ts'
import { next } from '../../src/journey/next.ts'
import type { AccountId, AttributeName, ClientId } from '../../src/store/ids.ts'

const ADA = '0199aaaa-0000-7000-8000-000000000001' as AccountId
const NAME = 'name' as AttributeName
const journey = { steps: ['identify', 'verify_email', 'sign_up', 'password', 'confirm'] } as const

function facts(
  change: { request?: Partial<Facts['request']>; run?: Partial<Facts['run']>; session?: boolean; outstanding?: AttributeName[] } = {},
): Facts {
  const request = {
    client_id: 'aurora-web' as ClientId,
    sign_in: true,
    create: false,
    ask: undefined,
    login_hint: undefined,
    ...change.request,
  }
  return {
    request,
    session: change.session ? { account_id: ADA } : undefined,
    run: { ...freshRun(request), ...change.run },
    outstanding: change.outstanding ?? [],
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

test('a sign-up asks for the address, proves it, and only then opens the account', () => {
  assert.equal(stepOf(facts({ request: { create: true } })), 'identify')
  assert.equal(stepOf(facts({ request: { create: true }, run: { identifier: 'ada@example.com' } })), 'verify_email')
  assert.equal(stepOf(facts({ request: { create: true }, run: { identifier: 'ada@example.com', email_verified: true } })), 'sign_up')
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

test('whatever the order of the steps, nobody is done without a proven account, and no account is opened for an unproven address', () => {
  const order = fc.shuffledSubarray([...STEP_NAMES], { minLength: 1 })
  const run = fc.record({
    mode: fc.constantFrom('sign_in' as const, 'sign_up' as const),
    identifier: fc.option(fc.constant('ada@example.com'), { nil: undefined }),
    email_verified: fc.boolean(),
    account_id: fc.option(fc.constant(ADA), { nil: undefined }),
    confirmed: fc.boolean(),
    other_account: fc.boolean(),
  })
  fc.assert(
    fc.property(order, run, fc.boolean(), fc.boolean(), (steps, state, session, signIn) => {
      const given = facts({ run: state, session, request: { sign_in: signIn } })
      const found = next({ steps }, given)
      const known = state.account_id ?? (signIn || state.other_account || !session ? undefined : ADA)
      if (found.kind === 'step' && found.name === 'sign_up') assert.ok(state.email_verified && known === undefined)
      if (found.kind === 'step' && found.name === 'confirm') assert.ok(known)
      if (known === undefined && steps.includes('password') && steps.includes('sign_up') && steps.includes('verify_email'))
        assert.equal(found.kind, 'step')
    }),
  )
})
