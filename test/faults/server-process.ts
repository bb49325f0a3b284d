import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Atrium as its own process, started as an operator starts it. */
export interface ServerProcess {
  readonly address: string
  readonly running: boolean
  /** What it wrote at `warn` and above since this was asked last. */
  takeLog(): string[]
  start(): Promise<void>
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>
  /** `/healthz`, `/readyz`: the status; 0 when nobody answers. */
  health(path: '/healthz' | '/readyz'): Promise<number>
  /** Sets the wall clock of this process, which runs, off by so much. */
  setWallClock(offsetMs: number): Promise<void>
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname
const PRELOAD = new URL('./movable-wall-clock.ts', import.meta.url).href
const HEALTH_MS = 8_000

export function serverProcess(where: {
  port: number
  opsPort: number
  folder: string
  env: Readonly<Record<string, string>>
}): ServerProcess {
  const env = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT: String(where.port),
    ATRIUM_OPS_PORT: String(where.opsPort),
    ATRIUM_DATA_DIR: where.folder,
    LOG_LEVEL: 'warn',
    ...where.env,
  }
  const logLines: string[] = []
  let child: ChildProcess | undefined
  let ready = false
  return {
    address: `http://127.0.0.1:${where.port}`,
    takeLog: () => logLines.splice(0),
    get running() {
      return ready
    },
    async start() {
      const started = spawn(process.execPath, ['--import', PRELOAD, MAIN, 'start'], {
        env,
        cwd: where.folder,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      child = started
      started.stderr?.on('data', (text: Buffer) => logLines.push(String(text)))
      await new Promise<void>((resolve, reject) => {
        started.stdout?.on('data', (text: Buffer) => {
          logLines.push(
            ...String(text)
              .split('\n')
              .filter((line) => line.startsWith('{')),
          )
          if (String(text).includes('ready')) resolve()
        })
        started.once('exit', (code, signal) => {
          ready = false
          if (signal !== 'SIGKILL') logLines.push(`the server ended by itself: ${code ?? signal}`)
          reject(new Error(`the server ended with ${code ?? signal} before it was ready: ${logLines.slice(-3).join('\n')}`))
        })
      })
      ready = true
    },
    async kill() {
      ready = false
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    async health(path) {
      try {
        const answer = await fetch(`http://127.0.0.1:${where.opsPort}${path}`, { signal: AbortSignal.timeout(HEALTH_MS) })
        await answer.text()
        return answer.status
      } catch {
        return 0
      }
    },
    async setWallClock(wallOffsetMs) {
      if (!child) throw new Error('it does not run')
      const done = once(child, 'message')
      child.send({ wallOffsetMs })
      await done
    },
  }
}
