import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoGroup, freePorts, TEST_DATA_KEYS } from '../harness/app.ts'
import { createTestDatabaseUrl } from '../harness/database.ts'

/** Atrium as its own process on a test database, started as an operator starts it, to be killed. */
export interface KillableServer {
  readonly issuer: string
  readonly databaseUrl: string
  readonly ports: { readonly aurora: number; readonly borealis: number; readonly parcelly: number }
  start(): Promise<void>
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname

export async function killableServer(t: { after(hook: () => Promise<void>): void }): Promise<KillableServer> {
  const databaseUrl = await createTestDatabaseUrl(t)
  const [port, ops, aurora, borealis, parcelly] = (await freePorts(5)) as [number, number, number, number, number]
  const ports = { aurora, borealis, parcelly }
  const folder = await mkdtemp(join(tmpdir(), 'atrium-kill-'))
  const group = join(folder, 'group.yaml')
  writeFileSync(group, demoGroup(ports))
  const issuer = `http://localhost:${port}`
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    ATRIUM_ISSUER: issuer,
    ATRIUM_OPS_PORT: String(ops),
    ATRIUM_GROUP: group,
    ATRIUM_DATA_DIR: folder,
    ATRIUM_DATA_KEYS: 'env:KILL_TEST_KEYS',
    KILL_TEST_KEYS: TEST_DATA_KEYS,
    LOG_LEVEL: 'warn',
  }
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  t.after(async () => {
    await kill()
    await rm(folder, { recursive: true, force: true })
  })
  return {
    issuer,
    databaseUrl,
    ports,
    kill,
    async start() {
      child = spawn(process.execPath, [MAIN, 'start'], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
      await new Promise<void>((resolve, reject) => {
        child?.stdout?.on('data', (text: Buffer) => String(text).includes('ready') && resolve())
        child?.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)))
      })
    },
  }
}
