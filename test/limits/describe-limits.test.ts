import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { limitsTable } from '../../src/limits/index.ts'

test('docs/security.md names the limits that are in force', () => {
  const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')

  assert.ok(page.includes(limitsTable()), `docs/security.md should hold:\n${limitsTable()}`)
})
