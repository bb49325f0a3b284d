import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Memory } from '../../src/demo/memory.ts'

test('an entry is forgotten when nobody asked for it in time, and kept by asking', () => {
  let now = 0
  const memory = new Memory<string>({ max: 10, idleMs: 100, now: () => now })
  memory.set('ada', 'Ada')
  memory.set('grace', 'Grace')

  now = 80
  assert.equal(memory.get('ada'), 'Ada')
  now = 150

  assert.equal(memory.get('ada'), 'Ada')
  assert.equal(memory.get('grace'), undefined)
})

test('when it is full the entry unused for longest makes room', () => {
  const memory = new Memory<number>({ max: 2, idleMs: 1000, now: () => 0 })
  memory.set('a', 1)
  memory.set('b', 2)
  memory.get('a')

  memory.set('c', 3)

  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => memory.get(key)),
    [1, undefined, 3],
  )
})

test('what is taken is gone', () => {
  const memory = new Memory<number>({ max: 2, idleMs: 1000 })
  memory.set('a', 1)

  assert.deepEqual([memory.take('a'), memory.take('a')], [1, undefined])
})
