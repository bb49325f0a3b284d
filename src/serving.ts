import type { Server } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from './ports/log.ts'
import type { Metrics } from './ports/metrics.ts'
import { metricsText } from './ports/metrics-text.ts'
import { closeServer, listenOn } from './web/listen.ts'
import { createOpsServer, type Readiness } from './web/ops-server.ts'

export type { Readiness } from './web/ops-server.ts'

interface ServingDeps {
  readonly options: {
    readonly listen: { readonly hosts: readonly string[]; readonly port: number }
    readonly opsPort?: number
    readonly drainMs?: number
  }
  readonly metrics: Metrics
  readonly log: Logger
  readonly newListener: (isDraining: () => boolean) => () => Server
  /** Rejects when the database does not answer. */
  readonly database: () => Promise<unknown>
}

/** What listens, from the first request to the last. */
export interface Serving {
  listen(): Promise<void>
  addresses(): readonly { host: string; port: number }[]
  readiness(): Promise<Readiness>
  /** Says "not ready", goes on answering for as long as load balancers need to notice, takes nothing more, and finishes what is under way. */
  stop(): Promise<void>
  /** Ends health and metrics too, which are asked until the last moment. */
  close(): Promise<void>
}

/** A request may take 15 s of the database; what takes longer is cut, so that a stop ends. */
const GRACE_MS = 16_000

const NO_ANSWER = 'does not answer'
/** Whoever asks does not wait for ever, and a worker has two seconds to tell of itself, also when the database says nothing. */
const ANSWER_WITHIN_MS = 1_500

/** What listens, and how it stops: drains, then lets requests under way finish within {@link GRACE_MS}. */
export function createServing({ options, metrics, log, newListener, database }: ServingDeps): Serving {
  let draining = false
  let servers: readonly Server[] = []
  let ops: readonly Server[] = []

  async function readiness(): Promise<Readiness> {
    const asked = database().then(
      () => 'ok',
      () => NO_ANSWER,
    )
    const answer = await Promise.race([asked, wait(ANSWER_WITHIN_MS, NO_ANSWER, { ref: false })])
    return { ready: answer === 'ok' && !draining, checks: { database: answer, process: draining ? 'stopping' : 'ok' } }
  }

  return {
    readiness,
    addresses: () =>
      [...servers, ...ops].map((s) => s.address()).flatMap((a) => (a && typeof a === 'object' ? [{ host: a.address, port: a.port }] : [])),
    async listen() {
      const newOps = () => createOpsServer({ readiness, metrics: async () => metricsText(await metrics.snapshot()) })
      servers = await listenOn(
        newListener(() => draining),
        options.listen,
      )
      if (options.opsPort !== undefined) ops = await listenOn(newOps, { hosts: ['127.0.0.1'], port: options.opsPort })
    },
    async stop() {
      draining = true
      const isServing = servers.some((server) => server.listening)
      if (isServing && options.drainMs) await wait(options.drainMs)
      const cut = setTimeout(() => {
        log.warn('requests that were still under way were cut')
        for (const server of servers) server.closeAllConnections()
      }, GRACE_MS)
      await Promise.all(servers.map(closeServer))
      clearTimeout(cut)
    },
    close: async () => void (await Promise.all(ops.map(closeServer))),
  }
}
