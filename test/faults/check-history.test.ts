import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHistory, type Violation } from './check-history.ts'
import type { Kind, Kinds, Operation } from './history.ts'

/** One operation a second, in the order they are written down; each takes half of it. */
function history(...steps: (readonly [Kind, object, object | 'refused' | 'unknown', Partial<Operation>?])[]): Operation[] {
  return steps.map(([kind, input, result, facts], second) => {
    const told =
      typeof result === 'string'
        ? { outcome: result, status: result === 'refused' ? 400 : 0 }
        : { outcome: 'acknowledged', status: 200, output: result }
    const times = { actor: 'ada', invokedMs: second * 1000, endedMs: second * 1000 + 500, readBack: false }
    return { kind, input, ...times, ...told, ...facts } as unknown as Operation // the steps below are of the right shape
  })
}

const code = (session: string, text: string) => ['get_code', { session }, { code: text }] as const
const tokens = (n: number): Kinds['refresh']['output'] => ({ access_token: `a${n}`, refresh_token: `r${n}` })
const redeem = (text: string, n: number) => ['redeem', { session: 's', code: text, sub: 'ada' }, { ...tokens(n), sub: 'ada' }] as const
const refresh = (from: number, to: number | 'refused' | 'unknown', facts: object = {}) =>
  ['refresh', { refresh_token: `r${from}` }, typeof to === 'number' ? tokens(to) : to, facts] as const
const write = (value: string, how: object | 'unknown' = {}) => ['change_profile', { email: 'ada@example.com', value }, how] as const
const read = (value: string) => ['read_profile', { email: 'ada@example.com' }, { value }] as const
const readBack = { readBack: true }

const rules = (found: readonly Violation[]): string[] => found.map(({ rule }) => rule)

test('a history in which each promise was kept has no violation, lost answers included', () => {
  const kept = history(
    code('s', 'c1'),
    redeem('c1', 1),
    ['redeem', { session: 's', code: 'c0', sub: 'ada' }, 'unknown'],
    refresh(1, 'unknown'),
    refresh(1, 2), // the lost answer, given again
    refresh(1, 2),
    ['userinfo', { access_token: 'a2', sub: 'ada' }, { sub: 'ada' }],
    write('one'),
    write('two', 'unknown'),
    read('two'),
    ['confirm', { email: 'ada@example.com', recipient: 'borealis' }, {}],
    ['visit', { email: 'ada@example.com', recipient: 'borealis' }, { asked: false }],
    refresh(2, 3, readBack),
    ['revoke', { refresh_token: 'r3' }, {}],
    ['userinfo', { access_token: 'a3', sub: 'ada' }, 'refused'],
    ['forge', { what: 'a made-up token' }, 'refused'],
  )

  assert.deepEqual(checkHistory(kept), [])
})

const PLANTED: readonly (readonly [Violation['rule'], string, Operation[]])[] = [
  ['a_code_is_redeemed_at_most_once', 'a code gives tokens twice', history(code('s', 'c1'), redeem('c1', 1), redeem('c1', 2))],
  ['a_refresh_token_has_at_most_one_successor', 'a rotation happens twice', history(redeem('c1', 1), refresh(1, 2), refresh(1, 3))],
  [
    'what_has_ended_stays_ended',
    'a token works after its revocation was acknowledged',
    history(redeem('c1', 1), ['revoke', { refresh_token: 'r1' }, {}], ['userinfo', { access_token: 'a1', sub: 'ada' }, { sub: 'ada' }]),
  ],
  [
    'what_has_ended_stays_ended',
    'a token of two rotations later works after the sign-out',
    history(code('s', 'c1'), redeem('c1', 1), refresh(1, 2), ['sign_out', { session: 's' }, {}], refresh(2, 3)),
  ],
  ['what_has_ended_stays_ended', 'a session gives a code after the sign-out', history(['sign_out', { session: 's' }, {}], code('s', 'c2'))],
  [
    'an_acknowledged_token_works',
    'an acknowledged rotation is lost',
    history(redeem('c1', 1), refresh(1, 2), refresh(2, 'refused', readBack)),
  ],
  [
    'an_acknowledged_token_works',
    'a token cannot be used when all is well again',
    history(redeem('c1', 1), refresh(1, 'unknown', readBack)),
  ],
  ['an_acknowledged_profile_is_read_back', 'an acknowledged write is lost', history(write('one'), write('two'), read('one'))],
  [
    'an_acknowledged_profile_is_read_back',
    'a write that was not acknowledged comes back over a later one',
    history(write('one', 'unknown'), write('two'), read('one')),
  ],
  ['an_acknowledged_profile_is_read_back', 'a value is read that nobody wrote', history(write('one'), read('three'))],
  [
    'an_acknowledged_agreement_is_remembered',
    'who agreed is asked again',
    history(
      ['confirm', { email: 'ada@example.com', recipient: 'borealis' }, {}],
      ['visit', { email: 'ada@example.com', recipient: 'borealis' }, { asked: true }],
    ),
  ],
  [
    'an_acknowledged_account_signs_in',
    'an acknowledged account is gone',
    history(['sign_up', { email: 'ada@example.com' }, {}], ['sign_in', { email: 'ada@example.com', session: 's' }, 'refused', readBack]),
  ],
  [
    'an_acknowledged_mail_arrives',
    'an acknowledged mail never comes',
    history(['request_mail', { email: 'ada@example.com' }, {}], ['see_mail', { email: 'ada@example.com' }, { count: 0 }]),
  ],
  [
    'an_answer_is_about_whoever_asked',
    'an answer is another customer’s',
    history(['userinfo', { access_token: 'a1', sub: 'ada' }, { sub: 'ben' }]),
  ],
  ['nothing_fails_open', 'a made-up token is let in', history(['forge', { what: 'a made-up token' }, {}])],
  ['an_outage_is_told_and_in_time', 'a fault is answered 500', history(refresh(1, 'unknown', { status: 500 }))],
  ['an_outage_is_told_and_in_time', '503 does not say when to come back', history(refresh(1, 'unknown', { status: 503 }))],
  ['an_outage_is_told_and_in_time', 'a request hangs', history(refresh(1, 'unknown', { hung: true }))],
]

for (const [rule, what, planted] of PLANTED) {
  test(`the checker finds that ${what}`, () => {
    assert.deepEqual(rules(checkHistory(planted)), [rule])
  })
}
