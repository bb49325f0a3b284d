import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rotate, SIGNING_KEY_ALGS, type SigningKeyLife, settle, shownState, withoutKey } from '../../src/vault/signing-key-life.ts'
import { RULES } from './test-vault.ts'

/** A token somebody signed; `removed` when its key was taken out in an emergency. */
interface Token {
  readonly kid: string
  readonly signed: Date
  removed: boolean
}

const TOKEN_S = 600
const after = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000)

type Step = { do: 'wait'; s: number } | { do: 'rotate'; immediately: boolean } | { do: 'remove'; nth: number } | { do: 'sign' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      s: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 100 * 86_400 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate' as const), immediately: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), nth: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.constant({ do: 'sign' as const }) },
)

/** Plays the steps as a server does, which looks every second; here before and after each step. */
async function play(
  steps: readonly Step[],
  check: (state: { keys: readonly SigningKeyLife[]; tokens: Token[]; now: Date; hurried: Set<string> }) => void,
) {
  let now = new Date('2026-03-01T12:00:00Z')
  let made = 0
  let keys: readonly SigningKeyLife[] = []
  const tokens: Token[] = []
  const hurried = new Set<string>() // keys that signed before clients could have seen them, because somebody asked for it
  const moment = () => ({ rules: RULES, now, makeKey: async (alg: string) => `${alg} ${++made}` })
  const active = () => keys.filter(({ state }) => state === 'active')
  keys = await settle(keys, moment())
  for (const { kid } of active()) hurried.add(kid)
  for (const s of steps) {
    switch (s.do) {
      case 'wait':
        now = after(now, s.s)
        break
      case 'rotate':
        keys = await rotate(keys, s, moment())
        if (s.immediately) for (const { kid } of active()) hurried.add(kid)
        break
      case 'remove': {
        const kid = keys[s.nth % keys.length]!.kid
        keys = await withoutKey(keys, kid, moment())
        for (const token of tokens) token.removed ||= token.kid === kid
        for (const { kid } of active()) hurried.add(kid)
        break
      }
      case 'sign':
        for (const { kid } of active()) tokens.push({ kid, signed: now, removed: false })
        break
    }
    keys = await settle(keys, moment())
    check({ keys, tokens, now, hurried })
  }
}

test('OIDC-27 whatever is rotated, removed and waited for: one active key for each algorithm, and every token that should verify does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) =>
      play(steps, ({ keys, tokens, now }) => {
        for (const alg of SIGNING_KEY_ALGS) {
          assert.equal(keys.filter((key) => key.alg === alg && key.state === 'active').length, 1, alg)
          assert.ok(keys.filter((key) => key.alg === alg && key.state === 'pending').length <= 1, alg)
        }
        assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
        const published = new Set(keys.filter((key) => shownState(key, now) !== 'retired').map(({ kid }) => kid))
        const known = new Set(keys.map(({ kid }) => kid))
        for (const { kid, signed, removed } of tokens) {
          if (removed) assert.ok(!known.has(kid), 'a removed key came back')
          else if (now < after(signed, TOKEN_S)) assert.ok(published.has(kid), 'a token is alive and its key not published')
          else if (now < after(signed, RULES.hint_life_s)) assert.ok(known.has(kid), 'a hint can still come back and its key is gone')
        }
        assert.ok(keys.length <= 60, 'what is over goes')
      }),
    ),
    { numRuns: 300 },
  )
})

test('OIDC-27 no key signs before it was published for a day, unless somebody asked for it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) =>
      play(steps, ({ keys, hurried }) => {
        for (const { kid, activated_at, created_at } of keys)
          if (activated_at && !hurried.has(kid)) assert.ok(activated_at >= after(created_at, RULES.publish_s), kid)
      }),
    ),
    { numRuns: 300 },
  )
})

test('settling twice changes nothing, so processes that do it at the same time agree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      let last: readonly SigningKeyLife[] = []
      let at = new Date(0)
      await play(steps, ({ keys, now }) => {
        last = keys
        at = now
      })
      const again = await settle(last, { rules: RULES, now: at, makeKey: () => Promise.reject(new Error('a key is made')) })
      assert.deepEqual(new Set(again), new Set(last))
    }),
    { numRuns: 100 },
  )
})
