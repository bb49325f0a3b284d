import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { describeGroupFile } from '../../src/group/describe-group-file.ts'

const DOCS = fileURLToPath(new URL('../../docs/group-file.md', import.meta.url))

test('docs/group-file.md describes every key as the schema does', (t) => {
  const now = readFileSync(DOCS, 'utf8')
  const should = now.replace(
    /(<!-- from the schema[^\n]*\n)[\s\S]*(<!-- end -->)/,
    (_, begin: string, end: string) => `${begin}\n${describeGroupFile()}\n${end}`,
  )

  t.assert.fileSnapshot(should, DOCS, { serializers: [(text: string) => text] })
})
