import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Grant, grantChanges, type SharingSide, standingChanges, stricterConsent } from '../../src/sharing/stricter-consent.ts'
import type { AttributeName, PurposeName, RecipientKey } from '../../src/store/ids.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const recipients = ['aurora', 'borealis', 'parcelly'] as RecipientKey[]
const instant = fc.integer({ min: -5, max: 5 }).map((days) => new Date(NOW.getTime() + days * 86_400_000))

const keyOf = (grant: Pick<Grant, 'recipient' | 'purpose' | 'attribute'>) => `${grant.recipient} ${grant.purpose} ${grant.attribute}`
const grant: fc.Arbitrary<Grant> = fc.record(
  {
    recipient: fc.constantFrom(...recipients),
    purpose: fc.constantFrom(...(['service', 'delivery'] as PurposeName[])),
    attribute: fc.constantFrom(...(['sub', 'email', 'address'] as AttributeName[])),
    granted_at: instant,
    ends_at: fc.option(instant),
  },
  { noNullPrototype: true },
)
const side: fc.Arbitrary<SharingSide> = fc.record({
  grants: fc.uniqueArray(grant, { selector: keyOf, maxLength: 12 }),
  known: fc.subarray(recipients).map((keys) => new Set(keys)),
})

const live = ({ grants }: SharingSide) => grants.filter(({ ends_at }) => ends_at === null || ends_at > NOW)
const liveIn = (of: SharingSide, { recipient, purpose, attribute }: Grant) =>
  live(of).find((g) => g.recipient === recipient && g.purpose === purpose && g.attribute === attribute)
const met = (of: SharingSide, recipient: RecipientKey) => of.known.has(recipient) || of.grants.some((g) => g.recipient === recipient)
const endOf = ({ ends_at }: Grant) => ends_at?.getTime() ?? Number.POSITIVE_INFINITY
/** The survivor's rows once the changes are written. */
function written({ grants }: SharingSide, changes: ReturnType<typeof grantChanges>): Grant[] {
  const rows = new Map(grants.map((g) => [keyOf(g), g]))
  for (const { after, before: _, ...key } of changes) rows.set(keyOf(key), { ...key, ...after })
  return [...rows.values()]
}
const terms = (grants: readonly Grant[]) => grants.map((g) => `${keyOf(g)} ${endOf(g)}`).sort()

test('a merge never widens what is shared: each grant was both accounts’, or of the only one that its recipient ever met, and lasts no longer', () => {
  fc.assert(
    fc.property(side, side, (survivor, absorbed) => {
      for (const shared of stricterConsent(survivor, absorbed, NOW)) {
        const [own, other] = [liveIn(survivor, shared), liveIn(absorbed, shared)]
        assert.ok(own || other)
        if (!own) assert.ok(!met(survivor, shared.recipient))
        if (!other) assert.ok(!met(absorbed, shared.recipient))
        for (const before of [own, other]) if (before) assert.ok(endOf(shared) <= endOf(before))
        assert.ok(endOf(shared) > NOW.getTime())
      }
    }),
  )
})

test('what both share, and what the only one whom a recipient met shares, goes on', () => {
  fc.assert(
    fc.property(side, side, (survivor, absorbed) => {
      const shared = new Set(stricterConsent(survivor, absorbed, NOW).map(keyOf))
      for (const own of live(survivor))
        if (liveIn(absorbed, own) || !met(absorbed, own.recipient)) assert.ok(shared.has(keyOf(own)), keyOf(own))
      for (const other of live(absorbed)) if (!met(survivor, other.recipient)) assert.ok(shared.has(keyOf(other)), keyOf(other))
    }),
  )
})

test('what is shared does not depend on which account survives', () => {
  fc.assert(
    fc.property(side, side, (one, other) => {
      assert.deepEqual(terms(stricterConsent(one, other, NOW)), terms(stricterConsent(other, one, NOW)))
    }),
  )
})

test('what is written for the survivor is exactly what both share, and an ended grant stays as a trace', () => {
  fc.assert(
    fc.property(side, side, (survivor, absorbed) => {
      const shared = stricterConsent(survivor, absorbed, NOW)
      const rows = written(survivor, grantChanges(survivor, shared, NOW))

      assert.deepEqual(terms(live({ ...survivor, grants: rows })), terms(shared))
      for (const before of survivor.grants) assert.ok(rows.some((row) => keyOf(row) === keyOf(before)))
    }),
  )
})

test('undone, the survivor’s grants are what they were, but for those that were changed since', () => {
  fc.assert(
    fc.property(side, side, fc.nat(), (survivor, absorbed, pick) => {
      const changes = grantChanges(survivor, stricterConsent(survivor, absorbed, NOW), NOW)
      const rows = written(survivor, changes)
      const touched = rows.length > 0 && pick % 2 === 0 ? rows[pick % rows.length] : undefined
      const later = rows.map((row) => (row === touched ? { ...row, granted_at: new Date(NOW.getTime() + 1), ends_at: null } : row))

      const undone = new Map(later.map((row) => [keyOf(row), row]))
      for (const { before, after: _, ...key } of standingChanges(later, changes)) {
        if (before) undone.set(keyOf(key), { ...key, ...before })
        else undone.delete(keyOf(key))
      }

      const but = (grants: readonly Grant[]) =>
        grants.filter((row) => !touched || keyOf(row) !== keyOf(touched)).sort((a, b) => keyOf(a).localeCompare(keyOf(b)))
      assert.deepEqual(but([...undone.values()]), but(survivor.grants))
      if (touched) assert.deepEqual(undone.get(keyOf(touched))?.ends_at, null)
    }),
  )
})
