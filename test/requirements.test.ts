import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const here = import.meta.dirname
/** The title of a test; it may stand on a line of its own. Titles in templates count too. */
const TITLE = /\b(?:test|it)\(\s*(['"`])(.*?)\1,/gs
const NUMBER = /\b(?:OIDC|SEC|MFA)-\d+\b/g
const numbers = (kind: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${kind}-${i + 1}`)

const titled = new Set(
  globSync('**/*.test.ts', { cwd: here })
    .flatMap((file) => [...readFileSync(`${here}/${file}`, 'utf8').matchAll(TITLE)])
    .flatMap(([, , title = '']) => title.match(NUMBER) ?? []),
)

/** The numbers in the first column of the table under one heading of docs/security.md, in its order. */
function tableOf(heading: string): string[] {
  const page = readFileSync(`${here}/../docs/security.md`, 'utf8')
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section.split('\n').flatMap((line) => (/^\|([^|]*)\|/.exec(line)?.[1] ?? '').match(NUMBER) ?? [])
}

// the titles here name no number: they would count
test('each of the thirty requirements of OpenID Connect stands in the title of a test', () => {
  assert.deepEqual(
    numbers('OIDC', 30).filter((number) => !titled.has(number)),
    [],
  )
})

test('every attack and every rule of proof stands in the title of a test or among those that docs/security.md says have none, and not in both', () => {
  const untested = tableOf('Not yet, or not here')
  const wanted = [...numbers('SEC', 114), ...numbers('MFA', 46)]

  assert.deepEqual(
    untested,
    wanted.filter((number) => !titled.has(number)),
  )
  assert.deepEqual(
    [...titled].filter((number) => !number.startsWith('OIDC-') && !wanted.includes(number)),
    [],
  )
})

test('what docs/security.md says is tested in part is tested', () => {
  const inPart = tableOf('In part')

  assert.ok(inPart.length > 0)
  assert.deepEqual(
    inPart.filter((number) => !titled.has(number)),
    [],
  )
})
