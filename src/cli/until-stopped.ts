import { realNowMs } from '../ports/clock.ts'

const INTERRUPTED = 130
/** One Ctrl-C arrives several times when npm, the launcher and the terminal each pass it on. */
const SAME_SIGNAL_MS = 1_000
/** Container platforms kill after 30 s. What is lost by an end before that was not acknowledged. */
const HARD_STOP_MS = 25_000

/** Resolves when the process is asked to stop. Asked again while it is stopping, or not done in 25 s, it ends at once. */
export function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let askedAtMs: number | undefined
  const ask = (): void => {
    if (askedAtMs !== undefined && realNowMs() - askedAtMs > SAME_SIGNAL_MS) process.exit(INTERRUPTED)
    if (askedAtMs === undefined) setTimeout(stopHard, HARD_STOP_MS).unref()
    askedAtMs ??= realNowMs()
    resolve()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask)
  return promise
}

function stopHard(): never {
  process.stderr.write(`Atrium was asked to stop and did not within ${HARD_STOP_MS / 1000} s: it ends now\n`)
  process.exit(1)
}
