import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { systemRandom } from '../../src/ports/random.ts'
import { openStore } from '../../src/store/db.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { migrate } from '../../src/store/migrate.ts'
import { ensurePartitions } from '../../src/store/partitions.ts'
import { clusterIn, isAlive } from '../../src/store/postgres-cluster.ts'
import { stopServer } from '../../src/store/postgres-server.ts'

/** A PostgreSQL for tests, with a migrated database to copy. */
export interface TestServer {
  readonly url: string
  readonly template: string
}

/** Names the server that a whole run shares, for the processes of its test files. */
const SHARED = 'TEST_SERVER'

/** Starts the server of this run, or takes the one `DATABASE_URL` names, and migrates the template. */
export async function startTestServer(): Promise<TestServer & { stop(): Promise<void> }> {
  const server = await openServer()
  const template = `atrium_template_${process.pid}_${systemRandom.bytes(4).toString('hex')}`
  try {
    await administer(server.url, `create database ${template}`)
    await prepare(databaseUrl(server.url, template))
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    url: server.url,
    template,
    async stop() {
      if (!server.disposable) await administer(server.url, `drop database if exists ${template} with (force)`)
      await server.stop()
    },
  }
}

async function openServer(): Promise<{ url: string; disposable: boolean; stop(): Promise<void> }> {
  const { DATABASE_URL: url, ATRIUM_TEST_PG: version } = process.env
  if (url) return { url, disposable: false, stop: async () => {} }
  await removeAbandoned()
  const dataDir = join(tmpdir(), `atrium-test-${process.pid}`)
  const binaries = version === '15' ? 'embedded-postgres-15' : 'embedded-postgres'
  const server = await startEmbeddedPostgres({ dataDir, binaries, durable: false })
  return {
    url: server.url,
    disposable: true,
    async stop() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Servers of runs that were killed. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^atrium-test-(\d+)$/.exec(name)?.[1]
    if (!pid || isAlive(Number(pid))) continue
    const dataDir = join(tmpdir(), name)
    await stopServer(clusterIn(dataDir, undefined)).catch(() => {}) // another user's: not ours to stop
    await rm(dataDir, { recursive: true, force: true }).catch(() => {})
  }
}

async function prepare(url: string): Promise<void> {
  await migrate(url)
  const store = openStore({ url, maxConnections: 1 })
  await ensurePartitions(store.pool, new Date())
  await store.close()
}

/** Runs one statement on the server's own database. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The same server, another database. */
export function databaseUrl(url: string, database: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${database}`)
}

/** For the run's global setup: lets every test file find the server. */
export function share({ url, template }: TestServer): void {
  process.env[SHARED] = JSON.stringify({ url, template })
}

/** The server of the run this file is part of; undefined when it is run alone. */
export function sharedServer(): TestServer | undefined {
  const shared = process.env[SHARED]
  return shared === undefined ? undefined : (JSON.parse(shared) as TestServer) // written by share()
}

/** A database name nobody else has. */
export const freshName = (): string => `test_${process.pid}_${randomBytes(6).toString('hex')}`
