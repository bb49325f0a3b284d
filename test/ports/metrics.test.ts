import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { METRICS } from '../../src/ports/metric-names.ts'
import { createMetrics } from '../../src/ports/metrics.ts'
import { metricsText, together } from '../../src/ports/metrics-text.ts'
import { measureProcess } from '../../src/ports/process-metrics.ts'

const samples = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

test('counters, gauges and histograms are told in Prometheus’ text format, labels escaped', async () => {
  const metrics = createMetrics()
  metrics.count('atrium_registration_total', ['aurora'])
  metrics.count('atrium_registration_total', ['a"b\\c\nd'])
  metrics.observe('atrium_signin_step_seconds', ['password'], 0.2)
  metrics.observe('atrium_signin_step_seconds', ['password'], 99)
  metrics.read('atrium_argon2_queue', () => 3)

  const text = metricsText(await metrics.snapshot())

  const found = samples(text)
  assert.ok(found.includes('atrium_registration_total{brand="aurora"} 1'))
  assert.ok(found.includes('atrium_registration_total{brand="a\\"b\\\\c\\nd"} 1'))
  assert.ok(found.includes('atrium_argon2_queue 3'))
  assert.ok(found.includes('atrium_signin_step_seconds_bucket{step="password",le="0.1"} 0'))
  assert.ok(found.includes('atrium_signin_step_seconds_bucket{step="password",le="0.25"} 1'))
  assert.ok(found.includes('atrium_signin_step_seconds_bucket{step="password",le="+Inf"} 2'))
  assert.ok(found.includes('atrium_signin_step_seconds_count{step="password"} 2'))
  assert.ok(found.includes('atrium_signin_step_seconds_sum{step="password"} 99.2'))
  for (const name of Object.keys(METRICS)) assert.match(text, new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`, 'm'))
})

test('several processes are told as one: sums, and the largest of what all measure alike', async () => {
  const [one, two] = [createMetrics(), createMetrics()]
  for (const metrics of [one, two, two]) {
    metrics.count('atrium_registration_total', ['aurora'])
    metrics.observe('atrium_signin_step_seconds', ['password'], 0.2)
  }
  one.read('atrium_outbox_pending', () => 4)
  two.read('atrium_outbox_pending', () => 5)
  two.read('atrium_argon2_queue', () => Promise.reject(new Error('not now')))

  const found = samples(metricsText(together([await one.snapshot(), await two.snapshot()])))

  assert.ok(found.includes('atrium_registration_total{brand="aurora"} 3'))
  assert.ok(found.includes('atrium_outbox_pending 5'))
  assert.ok(found.includes('atrium_signin_step_seconds_count{step="password"} 3'))
  assert.equal(
    found.some((line) => line.startsWith('atrium_argon2_queue')),
    false,
    'a reading that failed is left out',
  )
})

test('a reading that does not come, as of a database that is away without a word, does not take the others along', async () => {
  const metrics = createMetrics()
  metrics.read('atrium_argon2_queue', () => new Promise(() => {}))
  metrics.count('atrium_registration_total', ['aurora'])
  const startedMs = performance.now()

  const found = samples(metricsText(await metrics.snapshot()))

  assert.deepEqual(found, ['atrium_registration_total{brand="aurora"} 1'])
  assert.ok(performance.now() - startedMs < 1_900, 'within the two seconds in which a worker must answer')
})

test('SEC-100 a label that proves unbounded does not fill the memory', async () => {
  const metrics = createMetrics()

  for (let i = 0; i < 3_000; i++) metrics.count('atrium_registration_total', [`made-up-${i}`])

  const { atrium_registration_total: series = [] } = await metrics.snapshot()
  assert.ok(series.length <= 1_001)
  assert.equal(series.find(({ labels }) => labels[0] === 'other')?.value, 2_000)
})

test('a process measures itself', async () => {
  const metrics = createMetrics()
  measureProcess(metrics)

  const found = samples(metricsText(await metrics.snapshot()))

  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds', 'atrium_build_info'])
    assert.ok(found.some((line) => line.startsWith(name)))
})

test('docs/operations.md names every metric with its labels, and no other', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const section = page.split('\n## ').find((each) => each.includes('http_server_request_duration_seconds')) ?? ''
  const documented = [...section.matchAll(/^\| `([a-z0-9_]+)(?:\{([a-z_, ]+)\})?` \| (.+) \|$/gm)].map(([, name, labels, help]) => [
    name,
    labels ?? '',
    help,
  ])

  assert.deepEqual(
    documented,
    Object.entries(METRICS).map(([name, { labels, help }]) => [name, labels.join(', '), help]),
  )
})
