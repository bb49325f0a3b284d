import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { clusterIn, readPostmaster } from '../../src/store/postgres-cluster.ts'
import { rawConnection, statusesIn } from '../web/raw.ts'
import { installation, served } from './installation.ts'

const BODY = 'grant_type=client_credentials'

test('SEC-111 SIGTERM: not ready at once, still answering while it drains, what is under way is finished, the database ends last, no line is lost', async (t) => {
  const env = await installation(t)
  const { child, said } = await served(t, { ...env, ATRIUM_DRAIN_S: '1' })
  const { host } = new URL(env.ATRIUM_ISSUER!)
  const readyz = async (): Promise<number> => (await fetch(`http://127.0.0.1:${env.ATRIUM_OPS_PORT}/readyz`)).status
  const metrics = await (await fetch(`http://127.0.0.1:${env.ATRIUM_OPS_PORT}/metrics`)).text()
  assert.match(metrics, /^atrium_build_info\{version="[^"]+",node="24\.[^"]+"\} 1$/m)
  const underWay = await rawConnection(
    env.ATRIUM_ISSUER!,
    `POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY.slice(0, 5)}`,
  )
  const kept = await rawConnection(env.ATRIUM_ISSUER!, `GET /jwks HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  await once(kept.socket, 'data')
  assert.equal(await readyz(), 200)
  const exited = once(child, 'exit')

  child.kill('SIGTERM')

  while ((await readyz()) !== 503);
  const meanwhile = await fetch(`${env.ATRIUM_ISSUER}/jwks`)
  assert.equal(meanwhile.status, 200)
  assert.equal(meanwhile.headers.get('connection'), 'close')
  await kept.ended // an idle connection is ended once the drain is over
  await assert.rejects(fetch(`${env.ATRIUM_ISSUER}/jwks`), 'no new connection')
  assert.notEqual(await readPostmaster(clusterIn(env.ATRIUM_DATA_DIR!, undefined)), undefined, 'the database is there while requests are')
  underWay.socket.write(BODY.slice(5))
  await underWay.ended
  assert.deepEqual(statusesIn(underWay.text()), [400])
  const [status] = await exited
  assert.equal(status, 0)
  assert.equal(await readPostmaster(clusterIn(env.ATRIUM_DATA_DIR!, undefined)), undefined)
  assert.match(said(), /"route":"\/token","status":400/)
})

test('asked to stop a second time, it ends at once', async (t) => {
  const env = await installation(t)
  const { child } = await served(t, { ...env, ATRIUM_DRAIN_S: '15' })
  let status: number | null | undefined
  child.once('exit', (code) => {
    status = code
  })

  // one Ctrl-C arrives several times within a second, so what comes later is a second one
  while (status === undefined) {
    child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 1_200))
  }

  assert.equal(status, 130)
})
