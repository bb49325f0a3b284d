import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { clusterIn, readPostmaster } from '../../src/store/postgres-cluster.ts'
import { stopServer } from '../../src/store/postgres-server.ts'
import { atrium, startAtrium } from './run-cli.ts'

const DEMO = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** An installation of its own: data directory, port, group file. */
async function installation(t: TestContext): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-start-'))
  await chmod(folder, 0o755)
  const dataDir = join(folder, 'data')
  t.after(async () => {
    await stopServer(clusterIn(dataDir, undefined))
    await rm(folder, { recursive: true, force: true })
  })
  const [port, opsPort] = [await freePort(), await freePort()]
  return { ATRIUM_DATA_DIR: dataDir, ATRIUM_ISSUER: `http://localhost:${port}`, ATRIUM_OPS_PORT: String(opsPort), ATRIUM_GROUP: DEMO }
}

/** `atrium start`, ready. */
async function served(t: TestContext, env: Record<string, string>): Promise<ChildProcess> {
  const child = startAtrium(['start'], env)
  t.after(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk))
  while (!said.includes('Atrium is ready')) {
    const ended = await Promise.race([once(child, 'close').then(() => true), once(child.stdout!, 'data').then(() => false)])
    if (ended) assert.fail(`it ended: ${said}`)
  }
  return child
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const [status] = await Promise.all([once(child, 'exit').then(([code]) => code), child.kill(signal)])
  return status
}

const issuerOf = async (env: Record<string, string>): Promise<string> => {
  const answer = await fetch(`${env.ATRIUM_ISSUER}/.well-known/openid-configuration`)
  return ((await answer.json()) as { issuer: string }).issuer
}

test('start serves the group file on a database of its own; commands join it, a second start is refused; a signal ends all of it', async (t) => {
  const env = await installation(t)
  const running = await served(t, env)

  const [issuer, planned, second] = await Promise.all([issuerOf(env), atrium(['plan', '-f', DEMO], env), atrium(['start'], env)])

  assert.equal(issuer, env.ATRIUM_ISSUER)
  assert.equal(planned.status, 0, planned.stdout + planned.stderr)
  assert.equal(second.status, 1)
  assert.match(second.stderr, new RegExp(`^another Atrium \\(process ${running.pid}\\) already uses .*\n$`))
  assert.equal(await ended(running, 'SIGTERM'), 0)
  assert.equal(await readPostmaster(clusterIn(env.ATRIUM_DATA_DIR!, undefined)), undefined)
})

test('killed without a chance to stop, it starts again on the same data', async (t) => {
  const env = await installation(t)
  const killed = await served(t, env)
  await ended(killed, 'SIGKILL')
  delete env.ATRIUM_GROUP

  const heir = await served(t, env)

  assert.equal(await issuerOf(env), env.ATRIUM_ISSUER)
  assert.match((await atrium(['export'], env)).stdout, /key: aurora/)
  assert.equal(await ended(heir, 'SIGINT'), 0)
})
