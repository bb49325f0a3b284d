import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mergedProfile, profileChangeSchema, profileChanges, profileConflicts, unmergedProfile } from '../../src/accounts/merged-profile.ts'
import type { Profile } from '../../src/accounts/profile.ts'

const names = ['email', 'phone_number', 'name', 'address', 'styles', 'points']
const flags: Record<string, string> = { email: 'email_verified', phone_number: 'phone_number_verified' }
const value = (of: fc.Arbitrary<unknown>) =>
  fc.record(
    {
      value: of,
      source: fc.constantFrom('customer', 'aurora'),
      updated_at: fc.constantFrom('2026-03-01T12:00:00Z', '2026-04-01T12:00:00Z'),
    },
    { noNullPrototype: true },
  )
const profile: fc.Arbitrary<Profile> = fc
  .dictionary(fc.constantFrom(...names), fc.tuple(value(fc.oneof(fc.string(), fc.integer())), fc.boolean()))
  .map((entries) =>
    Object.fromEntries(
      Object.entries(entries).flatMap(([name, [of, proven]]) => [
        [name, of],
        ...(flags[name] && proven ? [[flags[name], { ...of, value: true }]] : []),
      ]),
    ),
  ) as fc.Arbitrary<Profile>
const chosen = fc.subarray(names).map((list) => new Set(list))
type Loose = Record<string, Profile[keyof Profile]>

test('a merged profile has every attribute of both, each value one of theirs: the survivor’s unless it has none or the customer chose', () => {
  fc.assert(
    fc.property(profile, profile, chosen, (survivor, absorbed, wanted) => {
      const merged = mergedProfile(survivor, absorbed, wanted) as Loose
      const [own, other] = [survivor as Loose, absorbed as Loose]
      for (const name of names) {
        const takesOther = other[name] && (!own[name] || (wanted.has(name) && name !== 'email'))
        assert.deepEqual(merged[name], takesOther ? other[name] : own[name])
      }
    }),
  )
})

test('whether an address or number was proven is said of exactly the one that it was said of', () => {
  fc.assert(
    fc.property(profile, profile, chosen, (survivor, absorbed, wanted) => {
      const merged = mergedProfile(survivor, absorbed, wanted) as Loose
      for (const [name, flag] of Object.entries(flags)) {
        if (!merged[flag]) continue
        const proven = [survivor as Loose, absorbed as Loose].some((of) => of[flag] && of[name] === merged[name])
        assert.ok(proven, `${merged[name]?.value} was never proven`)
      }
    }),
  )
})

test('conflicts are where both have a value and they differ; the address to write to is no choice', () => {
  fc.assert(
    fc.property(profile, profile, (survivor, absorbed) => {
      const found = profileConflicts(survivor, absorbed)
      for (const { attribute, choice } of found) {
        const both = [mergedProfile(survivor, absorbed, new Set()), mergedProfile(survivor, absorbed, new Set([attribute]))]
        assert.equal(choice, attribute !== 'email')
        if (choice) assert.notDeepEqual(both[0]?.[attribute]?.value, both[1]?.[attribute]?.value)
      }
    }),
  )
})

test('undone, a profile is what it was; what was changed since stays', () => {
  fc.assert(
    fc.property(profile, profile, chosen, fc.option(fc.constantFrom('name', 'address')), (survivor, absorbed, wanted, later) => {
      const merged = mergedProfile(survivor, absorbed, wanted)
      const changes = profileChangeSchema.array().parse(JSON.parse(JSON.stringify(profileChanges(survivor, merged))))
      const since = { value: 'changed since', source: 'customer', updated_at: '2026-05-01T12:00:00Z' }
      const now = (later ? { ...merged, [later]: since } : merged) as Profile

      assert.deepEqual({ ...unmergedProfile(now, changes) }, { ...survivor, ...(later ? { [later]: since } : {}) })
    }),
  )
})
