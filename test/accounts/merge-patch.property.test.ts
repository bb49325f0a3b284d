import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mergePatch } from '../../src/accounts/merge-patch.ts'

/** RFC 7396 appendix A, all of it. */
const EXAMPLES: readonly (readonly [string, string, string])[] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', 'null', 'null'],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
]

test('a merge patch does what the examples of RFC 7396 say', () => {
  for (const [target, patch, result] of EXAMPLES)
    assert.deepEqual(mergePatch(JSON.parse(target), JSON.parse(patch)), JSON.parse(result), `${target} ${patch}`)
})

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>
const isObject = (value: unknown): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What makes one document of the other, when neither has a null in an object. */
function difference(from: Json, to: Json): Json {
  if (!isObject(from) || !isObject(to)) return to
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  return Object.fromEntries(names.map((name) => [name, Object.hasOwn(to, name) ? difference(own(from, name), own(to, name)) : null]))
}
const own = (object: Record<string, Json>, name: string): Json => (Object.hasOwn(object, name) ? object[name]! : null)

const withoutNulls = (value: Json): Json =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).flatMap(([name, of]) => (of === null ? [] : [[name, withoutNulls(of)]])))
    : value

test('a merge patch applied twice is as applied once, leaves what it got as it was, and its result has no null from it', () => {
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const [before, asked] = [structuredClone(target), structuredClone(patch)]
      const once = mergePatch(target, patch)

      assert.deepEqual(mergePatch(once, patch), once)
      assert.deepEqual([target, patch], [before, asked])
      assert.deepEqual(mergePatch(withoutNulls(target), {}), isObject(target) ? withoutNulls(target) : {})
    }),
  )
})

test('whatever two documents without nulls are, a patch leads from one to the other', () => {
  fc.assert(
    fc.property(json.map(withoutNulls), json.map(withoutNulls), (from, to) => {
      assert.deepEqual(mergePatch(from, difference(from, to)), to)
    }),
  )
})

test('SEC-82 a member called __proto__ is one like others', () => {
  const patched = mergePatch({}, JSON.parse('{"__proto__":{"isAdmin":true},"a":1}')) as Record<string, unknown>

  assert.equal(patched.isAdmin, undefined)
  assert.deepEqual(Object.keys(patched).sort(), ['__proto__', 'a'])
  assert.equal(({} as Record<string, unknown>).isAdmin, undefined)
})
