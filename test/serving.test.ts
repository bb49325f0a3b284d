import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../src/ports/log.ts'
import { createMetrics } from '../src/ports/metrics.ts'
import { createServing } from '../src/serving.ts'

const readinessWith = (database: () => Promise<unknown>) =>
  createServing({
    options: { listen: { hosts: [], port: 0 } },
    metrics: createMetrics(),
    log: createLogger('silent'),
    newListener: () => assert.fail('nobody listens'),
    database,
  }).readiness()

test('SEC-104 a database that says nothing makes a process not ready, and that is told before a worker would be taken for gone', async () => {
  const startedMs = performance.now()

  const [silent, gone, there] = await Promise.all([
    readinessWith(() => new Promise(() => setTimeout(() => {}, 3_000))),
    readinessWith(() => Promise.reject(new Error('gone'))),
    readinessWith(async () => {}),
  ])

  assert.ok(performance.now() - startedMs < 1_950)
  assert.deepEqual([silent.ready, gone.ready, there.ready], [false, false, true])
})
