import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RowScanner, type Shape } from '../../src/import/row-scanner.ts'

/** Rows with their lines and the frame, of a file that comes in pieces of this size. */
function scan(text: string, shape: Shape, size = 1_000_000) {
  const scanner = new RowScanner('users.json', () => shape)
  const bytes = Buffer.from(text)
  const rows: [number, unknown][] = []
  for (let at = 0; at < bytes.length; at += size)
    rows.push(...scanner.push(bytes.subarray(at, at + size)).map(({ line, value }): [number, unknown] => [line, value]))
  return { rows, frame: scanner.end() }
}

const SIZES = [1, 2, 3, 7, 1_000_000]
const USERS = { member: 'users' } as const

test('rows stand one after the other, in an array, or in an array that is a member of an object', () => {
  for (const size of SIZES) {
    const lines = scan('\ufeff{"a":1}\n{"b":"}{[\\""}\n\n{"c":[{"d":{}}]}\n', 'lines', size)
    assert.deepEqual(lines.rows, [
      [1, { a: 1 }],
      [2, { b: '}{["' }],
      [4, { c: [{ d: {} }] }],
    ])
    const array = scan(' [ {"a":1},\n{"b":2} ] ', 'array', size)
    assert.deepEqual(array, {
      rows: [
        [1, { a: 1 }],
        [2, { b: 2 }],
      ],
      frame: [],
    })
    const member = scan('{"realm":"x","roles":{"users":[1]},"users" : [ {"a":1},\n {"b":[2]} ],"z":[1,2]}', USERS, size)
    assert.deepEqual(member.rows, [
      [1, { a: 1 }],
      [2, { b: [2] }],
    ])
    assert.deepEqual(member.frame, { realm: 'x', roles: { users: [1] }, users: [], z: [1, 2] })
    assert.deepEqual([scan('[]', 'array', size).rows, scan('{"users":[]}', USERS, size).rows], [[], []])
  }
})

test('what is no file of accounts is refused with its line', () => {
  const refused: readonly (readonly [string, Shape, RegExp])[] = [
    ['', 'lines', /^users\.json:1: the file is empty$/],
    ['{"a":1}\n{"a":', 'lines', /^users\.json:2: the file ends too early$/],
    ['[{"a":1},\n]', 'array', /^users\.json:2: an account/],
    ['[{"a":1}\n{"b":1}]', 'array', /^users\.json:2: an account/],
    ['[1]', 'array', /^users\.json:1: an account/],
    ['{"a":1}\n\n{"b"}', 'lines', /^users\.json:3: is not JSON$/],
    ['{"a":1} x', 'lines', /an account/],
    ['{"a":1},{"b":1}', 'lines', /an account/],
    ['{"x":1}', USERS, /has no "users": an array of accounts$/],
    ['{"users":{}}', USERS, /has no "users"/],
    ['{"users":[{}] "x"}', USERS, /is not JSON/],
    ['{"users":[{}],}', USERS, /is not JSON/],
    ['[{}]]', 'array', /a bracket too many/],
    ['[{}] [{}]', 'array', /is not JSON/],
    ['id,email\n1,a@example.com', USERS, /"users": an array of accounts must begin here/],
    [`{"a":"${'x'.repeat(1024 * 1024)}"}`, 'lines', /^users\.json:1: an account of more than 1048576 bytes$/],
  ]

  for (const [text, shape, message] of refused)
    for (const size of text.length > 1000 ? [65_536] : SIZES)
      assert.throws(() => scan(text, shape, size), { name: 'ImportFileRefused', message })
  const notUtf8 = new RowScanner('users.json', () => 'lines')
  assert.throws(() => notUtf8.push(Buffer.from('{"a":"\xff"}\n', 'latin1')), { message: 'users.json:1: is not UTF-8' })
})

test('whatever the rows and wherever the file is cut, they come out as they went in', () => {
  const rows = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 })
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 40 }), fc.boolean(), (values, size, pretty) => {
      const text = (of: unknown) => JSON.stringify(of, undefined, pretty ? 2 : undefined)
      const expected = JSON.parse(JSON.stringify(values)) as unknown[]
      const found = (shape: Shape, file: string) => scan(file, shape, size).rows.map(([, value]) => value)
      assert.deepEqual(found('array', text(values)), expected)
      assert.deepEqual(found(USERS, text({ before: values, users: values, after: values })), expected)
      if (values.length > 0) assert.deepEqual(found('lines', values.map(text).join('\n')), expected)
    }),
  )
})
