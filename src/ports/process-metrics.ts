import { monitorEventLoopDelay } from 'node:perf_hooks'
import { realNowMs } from './clock.ts'
import type { Metrics } from './metrics.ts'
import { ownVersion } from './own-version.ts'

const DELAY_RESOLUTION_MS = 50

/** What Prometheus' client libraries measure of a process, by the same names, and which version of what it is. */
export function measureProcess(metrics: Metrics): void {
  const startedS = Math.round(realNowMs() / 1000 - process.uptime())
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()
  const build = [{ labels: [ownVersion(), process.versions.node], value: 1 }]
  metrics.read('atrium_build_info', () => build)
  metrics.read('process_cpu_seconds_total', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  metrics.read('process_resident_memory_bytes', () => process.memoryUsage.rss())
  metrics.read('process_start_time_seconds', () => startedS)
  metrics.read('nodejs_heap_size_used_bytes', () => process.memoryUsage().heapUsed)
  metrics.read('nodejs_eventloop_delay_p99_seconds', () => {
    const p99Ms = delay.percentile(99) / 1e6
    delay.reset()
    return Math.max(0, p99Ms - DELAY_RESOLUTION_MS) / 1000
  })
}
