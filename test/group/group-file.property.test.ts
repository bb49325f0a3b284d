import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { writeGroupFile } from '../../src/group/export-group.ts'
import { parseGroupFile } from '../../src/group/index.ts'
import { randomGroup } from './random-group.ts'
import { parsed, problemsOf, SMALL_GROUP } from './small-group.ts'

const DEMO = readFileSync(new URL('../../config/demo.yaml', import.meta.url), 'utf8')

test('what is written as a group file is read as the same document', () => {
  fc.assert(
    fc.property(randomGroup, (document) => {
      assert.deepEqual(JSON.parse(JSON.stringify(parsed(writeGroupFile(document)).document)), JSON.parse(JSON.stringify(document)))
    }),
    { numRuns: 60 },
  )
})

const LINE = /^g\.yaml:[1-9]\d*:[1-9]\d* \S.*: \S.*$/u

test('whatever the file is, the answer is problems of one line each, or a right file', () => {
  const pieces = fc.constantFrom(
    '\n',
    ' ',
    ':',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a ',
    '*a',
    '!!x ',
    '#',
    '|',
    '\t',
    '\u0000',
    '\ud800',
    '__proto__: 1\n',
    'constructor: {}\n',
    '? ',
    '<<: *a',
    '99999999999999999999',
    '.inf',
    '%YAML 3\n',
    '---\n',
  )
  const broken = fc
    .record({
      text: fc.constantFrom(SMALL_GROUP, DEMO),
      cuts: fc.array(fc.record({ at: fc.nat(), length: fc.nat(40), piece: pieces }), { minLength: 1, maxLength: 4 }),
    })
    .map(({ text, cuts }) =>
      cuts.reduce((cut, { at, length, piece }) => cut.slice(0, at % cut.length) + piece + cut.slice((at % cut.length) + length), text),
    )
  fc.assert(
    fc.property(fc.oneof(broken, fc.string({ unit: 'binary', maxLength: 60 }), fc.json()), (text) => {
      const result = parseGroupFile(text, 'g.yaml')
      if (!result.ok) assert.ok(result.problems.length > 0)
      for (const problem of result.ok ? [] : result.problems) assert.match(problem, LINE)
    }),
    { numRuns: 300 },
  )
})

test('a client of the demo group without one of the keys it must have is refused', () => {
  const lines = DEMO.split('\n')
  for (const [index, line] of lines.entries()) {
    if (!/^ {4}(client_name|recipient|channel|scope: \S|grant_types)/.test(line)) continue
    const problems = problemsOf(lines.toSpliced(index, 1).join('\n'))
    assert.ok(problems.length > 0, `line ${index + 1}: ${line}`)
  }
})
