import { METRICS, type MetricName } from './metric-names.ts'
import type { Series, Snapshot } from './metrics.ts'

/** What several processes measured, as one. */
export function together(snapshots: readonly Snapshot[]): Snapshot {
  const names = Object.keys(METRICS) as MetricName[] // the keys of METRICS are the names
  return Object.fromEntries(
    names.map((name) => [
      name,
      merged(
        snapshots.flatMap((snapshot) => snapshot[name] ?? []),
        METRICS[name].together,
      ),
    ]),
  )
}

function merged(all: readonly Series[], how: 'sum' | 'max'): readonly Series[] {
  const byLabels = new Map<string, Series>()
  for (const series of all) {
    const key = series.labels.join('\n')
    const other = byLabels.get(key)
    byLabels.set(key, other ? both(other, series, how) : series)
  }
  return [...byLabels.values()]
}

function both(a: Series, b: Series, how: 'sum' | 'max'): Series {
  const value = how === 'sum' ? a.value + b.value : Math.max(a.value, b.value)
  return { labels: a.labels, value, ...(a.counts && { counts: a.counts.map((n, i) => n + (b.counts?.[i] ?? 0)) }) }
}

/** The content type of {@link metricsText}. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Prometheus' text format, version 0.0.4. */
export function metricsText(snapshot: Snapshot): string {
  const names = Object.keys(METRICS) as MetricName[] // the keys of METRICS are the names
  return names
    .flatMap((name) => {
      const { help, type } = METRICS[name]
      const samples = (snapshot[name] ?? []).flatMap((series) => linesOf(name, series))
      return [`# HELP ${name} ${help.replaceAll('`', '')}`, `# TYPE ${name} ${typeInText(name, type)}`, ...samples]
    })
    .concat('')
    .join('\n')
}

/** Read when asked for, as a gauge is, and still a sum that only grows. */
const typeInText = (name: string, type: string): string => (type === 'gauge' && name.endsWith('_total') ? 'counter' : type)

function linesOf(name: MetricName, { labels, value, counts }: Series): string[] {
  const { labels: names, buckets } = METRICS[name]
  const pairs = names.map((label, i) => `${label}="${escaped(labels[i] ?? '')}"`)
  if (!counts) return [`${name}${braced(pairs)} ${value}`]
  let sum = 0
  const lines = counts.map((count, i) => {
    sum += count
    return `${name}_bucket${braced([...pairs, `le="${buckets[i] ?? '+Inf'}"`])} ${sum}`
  })
  return [...lines, `${name}_sum${braced(pairs)} ${value}`, `${name}_count${braced(pairs)} ${sum}`]
}

const braced = (pairs: readonly string[]): string => (pairs.length > 0 ? `{${pairs.join(',')}}` : '')
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
