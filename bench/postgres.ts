import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../src/store/embedded-postgres.ts'
import type { BenchContext } from './bench.ts'
import { cpuOfFamily, parentOf } from './process-cpu.ts'

/** The PostgreSQL of one run, on this machine. */
export interface BenchPostgres {
  /** An empty database of its own, gone at the end. */
  createDatabase(): Promise<string>
  /** CPU milliseconds all its processes have used. */
  cpuMs(): number
}

/** The server `DATABASE_URL` names, or an embedded one with Atrium's own settings, durable as in operation. */
export async function openPostgres(context: BenchContext): Promise<BenchPostgres> {
  const { DATABASE_URL: given } = process.env
  const url = given || (await startOwn(context))
  const postmaster = await postmasterOf(url)
  return {
    async createDatabase() {
      const name = `bench_${process.pid}_${randomBytes(4).toString('hex')}`
      await administer(url, `create database ${name}`)
      context.after(async () => void (await administer(url, `drop database ${name} with (force)`)))
      return inDatabase(url, name)
    },
    cpuMs: () => cpuOfFamily(postmaster),
  }
}

async function startOwn({ after }: BenchContext): Promise<string> {
  // not made here: the database's user, who is another one than root, must be able to reach it
  const dataDir = join(tmpdir(), `atrium-bench-${process.pid}`)
  after(() => rm(dataDir, { recursive: true, force: true }))
  const server = await startEmbeddedPostgres({ dataDir })
  after(() => server.stop())
  return server.url
}

/** One statement on a connection of its own. */
export async function administer<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

/** A backend's parent is the postmaster, if it runs here. */
async function postmasterOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const pid = rows[0] && parentOf(rows[0].pid, 'postgres')
    if (pid === undefined) throw new Error('DATABASE_URL: its server must run on this machine, so that its CPU time can be read')
    return pid
  } finally {
    await client.end()
  }
}

/** The same server, another database. */
const inDatabase = (url: string, name: string): string => url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`)
