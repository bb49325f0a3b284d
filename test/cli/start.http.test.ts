import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterIn, readPostmaster } from '../../src/store/postgres-cluster.ts'
import { DEMO, ended, installation, issuerOf, served } from './installation.ts'
import { atrium } from './run-cli.ts'

test('start serves the group file on a database of its own; commands join it, a second start is refused; a signal ends all of it', async (t) => {
  const env = await installation(t)
  const { child: running } = await served(t, env)

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
  const { child: killed } = await served(t, env)
  await ended(killed, 'SIGKILL')
  delete env.ATRIUM_GROUP

  const { child: heir } = await served(t, env)

  assert.equal(await issuerOf(env), env.ATRIUM_ISSUER)
  assert.match((await atrium(['export'], env)).stdout, /key: aurora/)
  assert.equal(await ended(heir, 'SIGINT'), 0)
})
