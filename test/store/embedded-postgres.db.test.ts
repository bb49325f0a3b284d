import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type EmbeddedPostgres, joinEmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { clusterIn, isAlive, makeSocketDir, readPostmaster } from '../../src/store/postgres-cluster.ts'
import { stopServer } from '../../src/store/postgres-server.ts'

const HOLDER = fileURLToPath(new URL('hold-embedded-postgres.ts', import.meta.url))
/** What the test that runs has started. */
const children: ChildProcess[] = []
const servers: EmbeddedPostgres[] = []
const asRoot = process.getuid?.() === 0

/** A data directory that does not exist yet, in a folder anybody may pass. Whatever runs in it is stopped at the end. */
async function freshDataDir(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-store-'))
  await chmod(folder, 0o755)
  const dataDir = join(folder, 'data')
  t.after(async () => {
    // first of all: a living owner would start its server again
    for (const child of children.splice(0)) await killed(child)
    for (const server of servers.splice(0)) await server.stop()
    await stopServer(clusterIn(dataDir, undefined))
    await rm(folder, { recursive: true, force: true })
  })
  return dataDir
}

async function start(options: Parameters<typeof startEmbeddedPostgres>[0]): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ durable: false, ...options })
  servers.push(server)
  return server
}

/** Another process that owns, or tries to own, the server of a data directory. */
async function holder(dataDir: string): Promise<{ process: ChildProcess; said: { url?: string; refused?: string } }> {
  const child = spawn(process.execPath, [HOLDER, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = await once(createInterface(child.stdout), 'line')
  return { process: child, said: JSON.parse(line) }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(statement)
  await client.end()
  return rows
}

test('data outlive the server, which listens on no TCP port and lets nobody in without the password', async (t) => {
  const dataDir = await freshDataDir(t)
  const first = await start({ dataDir })
  await query(first.url, 'create table kept as select 42 as answer')
  await first.stop()

  const second = await start({ dataDir })

  assert.deepEqual(await query(second.url, 'select answer from kept'), [{ answer: 42 }])
  assert.deepEqual(await query(second.url, `select current_setting('listen_addresses') as tcp`), [{ tcp: '' }])
  await assert.rejects(query(second.url.replace(/:[^:@/]+@/, ':guessed@'), 'select 1'), { code: '28P01' })
  const { socketDir } = (await readPostmaster(clusterIn(dataDir, undefined)))!
  assert.equal((await stat(socketDir)).mode & 0o777, 0o700)
  assert.ok(Buffer.byteLength(join(socketDir, '.s.PGSQL.5432')) <= 107)
  assert.equal((await stat(join(dataDir, 'postgres/atrium.password'))).mode & 0o777, 0o600)
  await second.stop()
  assert.equal(await readPostmaster(clusterIn(dataDir, undefined)), undefined)
  await assert.rejects(stat(socketDir), { code: 'ENOENT' })
})

test('SEC-103 production keeps every acknowledged write through a crash of the machine', async (t) => {
  const dataDir = await freshDataDir(t)

  const server = await start({ dataDir, durable: true })

  const settings = await query(
    server.url,
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
  )
  assert.deepEqual(new Set(settings.map(({ setting }) => setting)), new Set(['on']))
})

test('a second process gets one line that names the first one; a command joins its server', async (t) => {
  const dataDir = await freshDataDir(t)
  const first = await holder(dataDir)

  await assert.rejects(start({ dataDir }), (error: Error) => {
    assert.equal(error.name, 'StoreRefused')
    assert.match(error.message, new RegExp(`^another Atrium \\(process ${first.process.pid}\\) already uses .*ATRIUM_DATA_DIR`))
    assert.doesNotMatch(error.message, /\n/)
    return true
  })

  const joined = await joinEmbeddedPostgres({ dataDir })
  assert.equal(joined?.url, first.said.url)
  assert.deepEqual(await query(joined!.url, 'select 1 as one'), [{ one: 1 }])
})

test('of two processes that start on an empty directory at the same moment one owns the server', async (t) => {
  const dataDir = await freshDataDir(t)

  const both = await Promise.all([holder(dataDir), holder(dataDir)])

  const said = both.map((one) => (one.said.url ? 'owns' : one.said.refused))
  assert.deepEqual(
    said.filter((what) => what === 'owns'),
    ['owns'],
    said.join('\n'),
  )
  assert.match(said.find((what) => what !== 'owns') ?? '', /another Atrium/)
  assert.deepEqual(
    (await readdir(dataDir)).filter((name) => name.startsWith('.initdb')),
    [],
  )
})

test('SEC-102 a server that outlived its Atrium is taken over, with what was committed', async (t) => {
  const dataDir = await freshDataDir(t)
  const dead = await holder(dataDir)
  await query(dead.said.url!, 'create table kept as select 42 as answer')
  await killed(dead.process)
  const survivor = (await readPostmaster(clusterIn(dataDir, undefined)))!

  const heir = await start({ dataDir })

  assert.equal((await readPostmaster(clusterIn(dataDir, undefined)))!.pid, survivor.pid)
  assert.deepEqual(await query(heir.url, 'select answer from kept'), [{ answer: 42 }])
  await heir.stop()
  assert.equal(isAlive(survivor.pid), false)
})

test('SEC-103 after a crash of everything, a process that got the old server’s id does not keep the new one from starting', async (t) => {
  const dataDir = await freshDataDir(t)
  const dead = await holder(dataDir)
  await query(dead.said.url!, 'create table kept as select 42 as answer')
  await killed(dead.process)
  const pidFile = join(dataDir, 'postgres/postmaster.pid')
  const before = await readFile(pidFile, 'utf8')
  process.kill(Number(before.split('\n')[0]), 'SIGKILL')
  await sleep(300)
  await writeFile(pidFile, before.replace(/^\d+/, String(process.pid)))

  const heir = await start({ dataDir })

  assert.deepEqual(await query(heir.url, 'select answer from kept'), [{ answer: 42 }])
})

test('an Atrium that starts while the one before is stopping waits for it and goes on with its data', async (t) => {
  const dataDir = await freshDataDir(t)
  const before = await start({ dataDir })
  await query(before.url, 'create table kept as select 42 as answer')

  const [after] = await Promise.all([start({ dataDir }), sleep(300).then(() => before.stop())])

  assert.deepEqual(await query(after.url, 'select answer from kept'), [{ answer: 42 }])
})

test('the folder of the socket may go at any moment, and is made again', async (t) => {
  const dataDir = await freshDataDir(t)
  await (await start({ dataDir })).stop()
  const cluster = clusterIn(dataDir, undefined)
  let making = true
  const removing = (async () => {
    for (const socketDir = await makeSocketDir(cluster); making; await rm(socketDir, { recursive: true, force: true }));
  })()

  const made = new Set<string>()
  for (let i = 0; i < 500; i++) made.add(await makeSocketDir(cluster))
  making = false
  await removing

  assert.equal(made.size, 1)
})

test('SEC-103 the server comes back when it dies under a running Atrium', async (t) => {
  const dataDir = await freshDataDir(t)
  const server = await start({ dataDir })
  process.kill((await readPostmaster(clusterIn(dataDir, undefined)))!.pid, 'SIGKILL')

  let answer: unknown
  for (let tries = 0; tries < 100 && answer === undefined; tries++) {
    answer = await query(server.url, 'select 1 as one').catch(() => sleep(50))
  }

  assert.deepEqual(answer, [{ one: 1 }])
  await server.stop()
  assert.equal(await readPostmaster(clusterIn(dataDir, undefined)), undefined)
})

test('SEC-102 an initdb that was killed leaves nothing behind that the next start would take for data', async (t) => {
  const dataDir = await freshDataDir(t)
  await mkdir(join(dataDir, '.initdb-999999999/postgres'), { recursive: true })
  await chmod(dataDir, 0o755)

  const server = await start({ dataDir })

  await server.stop()
  assert.deepEqual(
    (await readdir(dataDir)).filter((name) => name.startsWith('.initdb')),
    [],
  )
})

test('PostgreSQL 15 serves as well; its data are not handed to a newer one', async (t) => {
  const dataDir = await freshDataDir(t)

  const server = await start({ dataDir, binaries: 'embedded-postgres-15' })
  await server.stop()

  assert.match(server.version, /^15\./)
  await assert.rejects(start({ dataDir }), /holds data of PostgreSQL 15 and this version of Atrium brings 18/)
})

test('root’s server runs as a system user; where that user cannot go, the data go elsewhere', {
  skip: !asRoot && 'needs root',
}, async (t) => {
  const closed = await freshDataDir(t)
  const fallbackDataDir = await freshDataDir(t)
  await mkdir(closed, { recursive: true, mode: 0o700 })
  const dataDir = join(closed, 'data')

  const server = await start({ dataDir, fallbackDataDir })

  assert.equal(server.dataDir, fallbackDataDir)
  assert.notEqual((await stat(join(fallbackDataDir, 'postgres'))).uid, 0)
  assert.deepEqual(await joinEmbeddedPostgres({ dataDir, fallbackDataDir }), { url: server.url, dataDir: fallbackDataDir })
  await server.stop()
  await assert.rejects(start({ dataDir }), /cannot be reached by the database's system user: .* set ATRIUM_DATA_DIR/)
})
