import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { createTestDatabaseUrl } from '../harness/database.ts'
import { atrium, startAtrium } from './run-cli.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`../import/fixtures/${name}`, import.meta.url))
const DEMO = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'atrium-import-cli-'))
after(() => rm(folder, { recursive: true, force: true }))
const env = { DATABASE_URL: await createTestDatabaseUrl({ after }), ATRIUM_DATA_DIR: await mkdtemp(join(folder, 'data-')) }

async function rowsIn(table: string): Promise<number> {
  const client = new pg.Client({ connectionString: env.DATABASE_URL })
  await client.connect()
  try {
    return Number((await client.query(`select count(*) as n from ${table}`)).rows[0].n)
  } finally {
    await client.end()
  }
}

/** A file of generated customers, written as a stream. */
async function generated(name: string, rows: number): Promise<string> {
  const file = join(folder, name)
  const out = createWriteStream(file)
  for (let i = 0; i < rows; i++) {
    const row = { id: `${name}-${i}`, email: `${name}.${i}@example.com`, email_verified: true, password: `$2b$10$${'a'.repeat(53)}` }
    if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
  return file
}

test('a rehearsal, then the import, then again: report on standard output, progress on standard error, 3 when rows were refused', async () => {
  const file = fixture('auth0-export.ndjson')
  assert.equal((await atrium(['apply', '-f', DEMO], env)).status, 0)
  const command = ['import', '-f', file, '--format', 'auth0']

  const rehearsed = await atrium([...command, '--dry-run'], env)
  assert.equal(await rowsIn('accounts'), 0)
  const imported = await atrium(command, env)
  const again = await atrium(command, env)

  assert.equal(rehearsed.status, 3, rehearsed.stderr)
  assert.match(rehearsed.stdout, /auth0-export\.ndjson:4 email: malformed$/m)
  assert.match(rehearsed.stdout, /^7 rows: 4 would be imported, 0 imported before, 3 refused; 1 parts left out\.$/m)
  assert.equal(imported.stdout.replace('4 imported', '4 would be imported'), rehearsed.stdout)
  assert.match(imported.stderr, /^accounts imported: 7 of 7$/m)
  assert.match(again.stdout, /^7 rows: 0 imported, 4 imported before, 3 refused; 0 parts left out\.$/m)
  assert.deepEqual([imported.status, again.status, await rowsIn('accounts')], [3, 3, 4])
})

test('a bad file or flag is one line that names the place, and 2', async () => {
  const broken = join(folder, 'broken.json')
  await writeFile(broken, '{"users": [\n{"localId": "1"},\n{"localId": }\n]}')
  const mapping = join(folder, 'mapping.yaml')
  await writeFile(mapping, 'favourite_colour: user_metadata.colour\n')
  const auth0 = ['import', '-f', fixture('auth0-export.ndjson'), '--format', 'auth0']
  const firebase = ['import', '-f', broken, '--format', 'firebase']
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['import', '-f', '/nowhere.json', '--format', 'auth0'], /^\/nowhere\.json: there is no such file$/],
    [['import', '-f', broken, '--format', 'okta'], /--format.*okta/],
    [['import', '-f', broken], /--format/],
    [[...firebase, '--hash-config', fixture('firebase-hash-config.txt')], /broken\.json:3: is not JSON$/],
    [['import', '-f', fixture('firebase-export.json'), '--format', 'firebase'], /^--hash-config: /],
    [['import', '-f', fixture('firebase-export.json'), '--format', 'firebase', '--hash-config', mapping], /^--hash-config: algorithm/],
    [[...auth0, '--source', 'nobody'], /^--source nobody: must be customer or a recipient of the group: aurora/],
    [[...auth0, '--mapping', mapping], /mapping\.yaml favourite_colour: the group has no such attribute$/],
  ]
  const before = await rowsIn('accounts')

  for (const [args, message] of wrong) {
    const { status, stderr } = await atrium(args, env)
    assert.deepEqual([status, stderr.trimEnd().split('\n').length], [2, 1], stderr)
    assert.match(stderr.trimEnd(), message)
  }
  assert.equal(await rowsIn('accounts'), before)
})

test('ended by kill -9 in the middle, the next import goes on: nothing twice, nothing missing', async () => {
  const total = 4_000
  const file = await generated('killed', total)
  const before = await rowsIn('accounts')
  const command = ['import', '-f', file, '--format', 'atrium']

  const child = startAtrium(command, env)
  for await (const chunk of child.stderr!) if (/imported: (\d+)/.test(String(chunk))) break
  child.kill('SIGKILL')
  await once(child, 'close')

  const left = (await rowsIn('accounts')) - before
  assert.ok(left > 0 && left < total, `${left} were imported when it was killed`)
  assert.equal(await rowsIn('account_keys'), before + left, 'an account stands with its key')
  assert.equal(await rowsIn('imported_accounts'), before + left, 'and with its mark')
  const rest = await atrium(command, env)
  assert.equal(rest.status, 0, rest.stderr)
  assert.match(
    rest.stdout,
    new RegExp(
      `^4,000 rows: ${(total - left).toLocaleString('en')} imported, ${left.toLocaleString('en')} imported before, 0 refused`,
      'm',
    ),
  )
  assert.equal(await rowsIn('accounts'), before + total)
  assert.equal(await rowsIn("identifiers where kind = 'email'"), await rowsIn('accounts'))
})

test('memory does not grow with the file', async () => {
  const rows = 20_000
  const file = await generated('large', rows)
  const watched = ['--max-old-space-size=64', fileURLToPath(new URL('../../src/main.ts', import.meta.url))]
  const { spawn } = await import('node:child_process')

  const child = spawn(process.execPath, [...watched, 'import', '-f', file, '--format', 'atrium', '--dry-run'], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  const [status] = await once(child, 'close')

  assert.equal(status, 0)
  assert.match(stdout, /^20,000 rows: 20,000 would be imported/)
})
