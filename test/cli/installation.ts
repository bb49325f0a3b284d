import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clusterIn } from '../../src/store/postgres-cluster.ts'
import { stopServer } from '../../src/store/postgres-server.ts'
import { freePorts } from '../harness/app.ts'
import { startAtrium } from './run-cli.ts'

export const DEMO = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url))

interface Hooks {
  after(hook: () => void | Promise<void>): void
}

/** An installation of its own: data directory, port, group file. */
export async function installation(t: Hooks): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-start-'))
  await chmod(folder, 0o755)
  const dataDir = join(folder, 'data')
  t.after(async () => {
    await stopServer(clusterIn(dataDir, undefined))
    await rm(folder, { recursive: true, force: true })
  })
  const [port, opsPort] = await freePorts(2)
  return { ATRIUM_DATA_DIR: dataDir, ATRIUM_ISSUER: `http://localhost:${port}`, ATRIUM_OPS_PORT: String(opsPort), ATRIUM_GROUP: DEMO }
}

export interface Served {
  readonly child: ChildProcess
  /** All that it wrote so far, both streams. */
  said(): string
}

/** `atrium start`, ready. */
export async function served(t: Hooks, env: Record<string, string>): Promise<Served> {
  const child = startAtrium(['start'], env)
  t.after(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk))
  while (!said.includes('Atrium is ready')) {
    const ended = await Promise.race([once(child, 'close').then(() => true), once(child.stdout!, 'data').then(() => false)])
    if (ended) assert.fail(`it ended: ${said}`)
  }
  return { child, said: () => said }
}

/** Its exit status after a signal. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const [status] = await Promise.all([once(child, 'exit').then(([code]) => code), child.kill(signal)])
  return status
}

export const issuerOf = async (env: Record<string, string>): Promise<string> => {
  const answer = await fetch(`${env.ATRIUM_ISSUER}/.well-known/openid-configuration`)
  return ((await answer.json()) as { issuer: string }).issuer
}
