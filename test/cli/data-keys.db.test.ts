import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { processClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createVault, loadDataKeys } from '../../src/vault/index.ts'
import { createTestDatabase } from '../harness/database.ts'
import { newAccountId } from '../vault/test-vault.ts'
import { atrium, startAtrium } from './run-cli.ts'

const FIELD = 'accounts.profile_sealed'
type Hooks = Parameters<typeof createTestDatabase>[0]

/** An installation with its own database and key file, and a process that runs on it all the time. */
async function installation(t: Hooks, accounts: number) {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-keys-'))
  t.after(() => rm(folder, { recursive: true }))
  const { url, store } = await createTestDatabase(t)
  const file = join(folder, 'data-keys.json')
  const load = () => loadDataKeys({ file }, { generate: true })
  const server = async () => createVault({ db: store.db, dataKeys: await load(), clock: processClock, random: systemRandom })
  const running = await server()
  const sealed = new Map<AccountId, Buffer>()
  const open = async (): Promise<AccountId> => {
    const id = newAccountId()
    await running.createAccountKey(store.db, id)
    sealed.set(id, await running.seal(store.db, id, FIELD, `of ${id}`))
    return id
  }
  for (let i = 0; i < accounts; i++) await open()
  const system = await running.sealSystem('outbox.payload_sealed', 'a mail')
  const env = { DATABASE_URL: url, ATRIUM_DATA_DIR: folder, ATRIUM_DATA_KEYS: file }
  /** A process that starts now opens everything. */
  const everythingOpens = async () => {
    const fresh = await server()
    assert.equal(await fresh.openSystem('outbox.payload_sealed', system), 'a mail')
    for (const [id, value] of sealed) assert.equal(await fresh.open(store.db, id, FIELD, value), `of ${id}`)
  }
  return { store, env, file, running, open, sealed, everythingOpens }
}

interface ListedKey {
  readonly kid: string
  readonly state: string
  readonly wraps: { readonly accounts: number; readonly system: number }
}

async function listed(env: Record<string, string>): Promise<readonly ListedKey[]> {
  const { stdout, stderr } = await atrium(['keys', 'list', '--data', '--json'], env)
  return (JSON.parse(stdout || stderr) as { keys: ListedKey[] }).keys
}

test('keys rotate --data adds a key, wraps everything with it, and lets the old one go only then; servers need no restart', async (t) => {
  const { store, env, file, running, open, sealed, everythingOpens } = await installation(t, 20)
  const [old] = await listed(env)
  assert.deepEqual([old!.state, old!.wraps.accounts], ['active', 20])

  const tooEarly = await atrium(['keys', 'remove', old!.kid, '--data'], env)
  const rotated = await atrium(['keys', 'rotate', '--data'], env)

  assert.equal(tooEarly.status, 1)
  assert.match(tooEarly.stderr, /wraps every new data key: run atrium keys rotate --data first\n$/)
  assert.equal(rotated.status, 0, rotated.stderr)
  assert.match(rotated.stderr, /^data keys wrapped anew: 24 of 24$/m)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const [next, retiring] = await listed(env)
  assert.deepEqual(
    [next!.state, next!.wraps.accounts, retiring!.kid, retiring!.state, retiring!.wraps.accounts],
    ['active', 20, old!.kid, 'retiring', 0],
  )
  assert.ok(rotated.stdout.startsWith(`${next!.kid} wraps every data key`))

  // a server that has run all the time reads what was wrapped anew, and follows within a second as its ticker asks it to
  const [[ada, hers]] = [...sealed] as [[AccountId, Buffer]]
  assert.equal(await running.open(store.db, ada, FIELD, hers), `of ${ada}`)
  await running.followDataKeys()
  await open()
  assert.equal((await listed(env))[0]!.wraps.accounts, 21)

  const removed = await atrium(['keys', 'remove', old!.kid, '--data'], env)
  assert.equal(removed.status, 0, removed.stderr)
  assert.ok(!(await readFile(file, 'utf8')).includes(old!.kid))
  await everythingOpens()
})

test('keys rotate --data killed with kill -9 at any page loses nothing; the next one goes on and adds no further key', async (t) => {
  const { env, file, everythingOpens } = await installation(t, 1_500)

  const child = startAtrium(['keys', 'rotate', '--data'], env)
  await new Promise<void>((resolve) => child.stderr!.on('data', (chunk) => String(chunk).includes(' 5') && resolve()))
  child.kill('SIGKILL')
  await once(child, 'exit')

  const halfway = await listed(env)
  assert.equal(halfway.length, 2)
  for (const { wraps } of halfway) assert.ok(wraps.accounts > 0, 'it was stopped half-way')
  await everythingOpens()
  const refused = await atrium(['keys', 'remove', halfway[1]!.kid, '--data'], env)
  assert.match(refused.stderr, /accounts and 0 system keys are still wrapped with .*: run atrium keys rotate --data/)

  const finished = await atrium(['keys', 'rotate', '--data'], env)
  assert.equal(finished.status, 0, finished.stderr)
  const after = await listed(env)
  assert.deepEqual(
    after.map(({ kid }) => kid),
    halfway.map(({ kid }) => kid),
  )
  assert.deepEqual([after[0]!.wraps.accounts, after[1]!.wraps.accounts], [1_500, 0])
  assert.equal((await readFile(file, 'utf8')).match(/"kid"/g)!.length, 2)
  await everythingOpens()
})

test('of two rotations at once one is refused, and one key is added', async (t) => {
  const { env } = await installation(t, 5)

  const both = await Promise.all([atrium(['keys', 'rotate', '--data'], env), atrium(['keys', 'rotate', '--data'], env)])

  assert.deepEqual(both.map(({ status }) => status).sort(), [0, 1])
  assert.match(both.map(({ stderr }) => stderr).join(''), /another change of the data keys is under way/)
  assert.equal((await listed(env)).length, 2)
})

test('with keys in the environment the set to use is printed and the exit status is 3; after the restart the rotation goes on', async (t) => {
  const { env, file, everythingOpens } = await installation(t, 5)
  const inVariable = { ...env, ATRIUM_DATA_KEYS: 'env:KEYS', KEYS: await readFile(file, 'utf8') }

  const told = await atrium(['keys', 'rotate', '--data'], inVariable)
  const unchanged = await listed(inVariable)
  const restarted = { ...inVariable, KEYS: told.stdout }
  const between = await listed(restarted)
  const rotated = await atrium(['keys', 'rotate', '--data'], restarted)

  assert.equal(told.status, 3)
  assert.match(told.stderr, /^ATRIUM_DATA_KEYS is not a file: .*\n$/)
  assert.deepEqual(
    unchanged.map(({ state }) => state),
    ['active'],
  )
  assert.deepEqual(
    between.map(({ state, wraps }) => [state, wraps.accounts]),
    [
      ['pending', 0],
      ['active', 5],
    ],
  )
  assert.equal(rotated.status, 0, rotated.stderr)
  const after = await listed(restarted)
  assert.deepEqual(
    after.map(({ state, wraps }) => [state, wraps.accounts]),
    [
      ['active', 5],
      ['retiring', 0],
    ],
  )
  await assert.rejects(everythingOpens(), /ATRIUM_DATA_KEYS has no key/) // the file was not brought along: a start says so
})

test('several machines: --no-rewrap adds the key and uses it for nothing until it is everywhere', async (t) => {
  const { store, env, running, open, everythingOpens } = await installation(t, 5)

  const added = await atrium(['keys', 'rotate', '--data', '--no-rewrap'], env)
  await running.followDataKeys()
  await open()

  assert.equal(added.status, 0, added.stderr)
  assert.deepEqual(
    (await listed(env)).map(({ state, wraps }) => [state, wraps.accounts]),
    [
      ['pending', 0],
      ['active', 6],
    ],
  )
  assert.match((await atrium(['doctor'], env)).stdout, /^warning +keys +the data key \S+ was added and wraps nothing/m)

  // a process that lacks the key the others have agreed on makes no new account: it would be lost with the old key
  const stale = await loadDataKeys(
    { env: JSON.stringify({ keys: [JSON.parse(await readFile(env.ATRIUM_DATA_KEYS, 'utf8')).keys[1]] }) },
    { generate: false },
  )
  const behind = await createVault({ db: store.db, dataKeys: stale, clock: processClock, random: systemRandom })
  assert.equal((await atrium(['keys', 'rotate', '--data'], env)).status, 0)
  await assert.rejects(behind.followDataKeys(), /ATRIUM_DATA_KEYS has no key/)
  await assert.rejects(behind.createAccountKey(store.db, newAccountId()), /ATRIUM_DATA_KEYS has no key/)
  await everythingOpens()
})
