import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTestDatabaseUrl } from '../harness/database.ts'
import { administer } from '../harness/server.ts'
import { atrium } from './run-cli.ts'

const DEMO = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'atrium-cli-'))
after(() => rm(folder, { recursive: true, force: true }))

/** The environment of an operator: a database and a place for generated keys. */
async function surroundings(t: Parameters<typeof createTestDatabaseUrl>[0]): Promise<Record<string, string>> {
  return { DATABASE_URL: await createTestDatabaseUrl(t), ATRIUM_DATA_DIR: await mkdtemp(join(folder, 'data-')) }
}

test('plan tells and changes nothing, apply makes it so, export gives it back without a secret', async (t) => {
  const env = await surroundings(t)

  const before = await atrium(['plan', '-f', DEMO], env)
  const again = await atrium(['plan', '-f', DEMO], env)
  const applied = await atrium(['apply', '-f', DEMO], env)
  const after = await atrium(['plan', '-f', DEMO], env)
  const exported = await atrium(['export'], env)

  assert.equal(before.status, 3, before.stderr)
  assert.match(before.stdout, /^\+ recipient aurora$/m)
  assert.deepEqual(again, before)
  assert.equal(applied.status, 0, applied.stderr)
  assert.deepEqual({ status: after.status, stderr: after.stderr }, { status: 0, stderr: '' })
  assert.match(exported.stdout, /client_secret: *\n? *kept: aurora-web|client_secret: \{ ?kept: aurora-web ?\}/)
  assert.doesNotMatch(exported.stdout, /demo-secret/)
})

test('what export writes is what the database says: plan finds no difference, apply leaves the secrets as they are', async (t) => {
  const env = await surroundings(t)
  await atrium(['apply', '-f', DEMO], env)
  const file = join(folder, 'exported.yaml')
  await writeFile(file, (await atrium(['export'], env)).stdout)

  const planned = await atrium(['plan', '-f', file], env)

  assert.equal(planned.status, 0, planned.stdout + planned.stderr)
})

test('a file that is wrong in one place changes nothing', async (t) => {
  const env = await surroundings(t)
  const file = join(folder, 'broken.yaml')
  await writeFile(file, (await readFile(DEMO, 'utf8')).replace('http://localhost:3001/callback', 'http://aurora.example/callback'))

  const applied = await atrium(['apply', '-f', file], env)

  assert.equal(applied.status, 2)
  assert.match(applied.stderr, /^\S+broken\.yaml:\d+:\d+ clients\[0\]\.redirect_uris\[0\]: must be https/)
  assert.doesNotMatch((await atrium(['export'], env)).stdout, /aurora/)
})

test('a database behind this version is not touched until it is migrated', async (t) => {
  const env = await surroundings(t)
  await administer(env.DATABASE_URL!, 'drop schema public cascade; create schema public')

  const refused = await Promise.all([atrium(['export'], env), atrium(['start', '--no-migrate'], env)])
  const dry = await atrium(['migrate', '--dry-run'], env)
  const migrated = await atrium(['migrate'], env)
  const again = await atrium(['migrate'], env)

  for (const { status, stderr } of refused) {
    assert.equal(status, 1)
    assert.match(stderr, /^the database lacks 0001-foundation.*: run atrium migrate first\n$/)
  }
  assert.match(dry.stdout, /^would run 0001-foundation$/m)
  assert.match(migrated.stdout, /^ran 0001-foundation$/m)
  assert.equal(again.stdout, 'The schema is up to date.\n')
})

test('doctor finds nothing wrong with a served database, and says so line by line', async (t) => {
  const env = await surroundings(t)
  await atrium(['apply', '-f', DEMO], env)

  const { status, stdout } = await atrium(['doctor'], env)

  assert.equal(status, 0, stdout)
  for (const about of ['configuration', 'database', 'keys', 'clock', 'mail']) assert.match(stdout, new RegExp(`^ok +${about} `, 'm'))
})

test('doctor exits 1 when one thing is wrong: keys of another installation, a mail server that is not there', async (t) => {
  const env = await surroundings(t)
  await atrium(['apply', '-f', DEMO], env)
  const other = await surroundings(t)
  await atrium(['apply', '-f', DEMO], other)

  const wrongKeys = await atrium(['doctor'], { ...env, ATRIUM_DATA_DIR: other.ATRIUM_DATA_DIR! })
  const noMail = await atrium(['doctor'], { ...env, SMTP_URL: 'smtp://127.0.0.1:1' })

  assert.equal(wrongKeys.status, 1, wrongKeys.stdout)
  assert.match(wrongKeys.stdout, /^error +keys /m)
  assert.equal(noMail.status, 1, noMail.stdout)
  assert.match(noMail.stdout, /^error +mail +127\.0\.0\.1:1 cannot be reached/m)
})
