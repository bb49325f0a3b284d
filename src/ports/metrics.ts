import { setTimeout as wait } from 'node:timers/promises'
import { METRICS, type MetricName, type Names } from './metric-names.ts'

/** What one process measured, as plain data: the sum over several processes is made of these, and so is the text for Prometheus. */
export type Snapshot = Readonly<Partial<Record<MetricName, readonly Series[]>>>

/** One metric with one set of labels. */
export interface Series {
  /** Values of the declared labels, in their order. */
  readonly labels: readonly string[]
  /** Of a counter or a gauge; of a histogram the sum of what was observed. */
  readonly value: number
  /** Of a histogram: how many fell in each bucket, and at last above all of them; not cumulative. */
  readonly counts?: readonly number[]
}

/** What a metric is when it is asked for: one value, or one for each set of labels. */
export type Reading = number | readonly { readonly labels: readonly string[]; readonly value: number }[]

/** Counts and measures. What is passed as a label is bounded by nature: a route's template, a brand, a word of our own; never what a client sent. */
export interface Metrics {
  count<Name extends Names<'counter'>>(name: Name, labels: Labels<Name>): void
  /** @param value in the unit the metric's name ends in */
  observe<Name extends Names<'histogram'>>(name: Name, labels: Labels<Name>, value: number): void
  /** Observes how long work takes, whether it succeeds or throws, in seconds. */
  time<Name extends Names<'histogram'>, T>(name: Name, labels: Labels<Name>, work: () => Promise<T>): Promise<T>
  /** Has a value read when somebody asks. A reading that throws, or takes longer than a second, is left out. */
  read(name: Names<'gauge'>, reading: () => Reading | Promise<Reading>): void
  snapshot(): Promise<Snapshot>
}

/** One value for each declared label, in their order. */
export type Labels<Name extends MetricName> = Texts<(typeof METRICS)[Name]['labels']>
type Texts<Names extends readonly string[]> = { readonly [Index in keyof Names]: string }

/** Should a label ever prove unbounded, memory does not: what comes after so many series of one metric is counted together. */
const MOST_SERIES = 1_000
const OTHER = 'other'

interface Counted {
  readonly labels: readonly string[]
  readonly counts: number[]
  value: number
}

/** An empty set of metrics. Made by hand: a client library costs 45 ms and 23 MB to load, to keep a map of numbers. */
export function createMetrics(): Metrics {
  const counted = new Map<MetricName, Map<string, Counted>>()
  const readings = new Map<MetricName, () => Reading | Promise<Reading>>()

  function seriesOf(name: MetricName, labels: readonly string[], buckets: number): Counted {
    const all = counted.get(name) ?? new Map<string, Counted>()
    if (all.size === 0) counted.set(name, all)
    const key = labels.length === 1 ? (labels[0] ?? '') : labels.join('\n')
    const known = all.get(key)
    if (known) return known
    if (all.size >= MOST_SERIES && labels[0] !== OTHER) return seriesOf(name, Array(labels.length).fill(OTHER), buckets)
    const fresh = { labels: [...labels], value: 0, counts: Array<number>(buckets).fill(0) }
    all.set(key, fresh)
    return fresh
  }

  const metrics: Metrics = {
    count(name, labels) {
      seriesOf(name, labels, 0).value += 1
    },
    observe(name, labels, value) {
      const { buckets } = METRICS[name]
      const series = seriesOf(name, labels, buckets.length + 1)
      const bucket = buckets.findIndex((most) => value <= most)
      const at = bucket < 0 ? buckets.length : bucket
      series.counts[at] = (series.counts[at] ?? 0) + 1
      series.value += value
    },
    async time(name, labels, work) {
      const startedMs = performance.now()
      try {
        return await work()
      } finally {
        metrics.observe(name, labels, (performance.now() - startedMs) / 1000)
      }
    },
    read(name, reading) {
      readings.set(name, reading)
    },
    async snapshot() {
      const read = await Promise.all([...readings].map(async ([name, reading]) => [name, await readSeries(reading)] as const))
      const kept = [...counted].map(([name, all]) => [name, [...all.values()].map(asSeries)] as const)
      return Object.fromEntries([...kept, ...read])
    },
  }
  return metrics
}

const asSeries = ({ labels, value, counts }: Counted): Series => ({ labels, value, ...(counts.length > 0 && { counts: [...counts] }) })

/** A database that is slow, or away without a word, must not take the other metrics along, which tell just that. */
const READ_WITHIN_MS = 1_000

async function readSeries(reading: () => Reading | Promise<Reading>): Promise<readonly Series[]> {
  const read = new AbortController()
  try {
    const found = await Promise.race([reading(), wait(READ_WITHIN_MS, [], { signal: read.signal })])
    return typeof found === 'number' ? [{ labels: [], value: found }] : found
  } catch {
    return [] // the database is away, which other metrics tell
  } finally {
    read.abort()
  }
}
