import { realNowMs } from '../ports/clock.ts'

const INTERRUPTED = 130
/** One Ctrl-C arrives several times when npm, the launcher and the terminal each pass it on. */
const SAME_SIGNAL_MS = 1_000

/** Resolves when the process is asked to stop. Asked again while it is stopping, it ends at once. */
export function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let askedAtMs: number | undefined
  const ask = (): void => {
    if (askedAtMs !== undefined && realNowMs() - askedAtMs > SAME_SIGNAL_MS) process.exit(INTERRUPTED)
    askedAtMs ??= realNowMs()
    resolve()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask)
  return promise
}
