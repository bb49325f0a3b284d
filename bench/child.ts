import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchContext } from './bench.ts'

export interface ChildServer {
  readonly pid: number
  /** From the start of the process until its port took a connection. */
  readonly readyMs: number
  stop(): Promise<void>
}

export interface ChildOptions {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly port: number
  /** Takes what it prints, as an operator's log would; its end is told when the server does not get ready. */
  readonly logFile: string
}

const READY_MS = 60_000
const POLL_MS = 4
const STOP_MS = 15_000

/** Starts a server with this Node and waits until its port takes connections. It ends with the bench at the latest. */
export async function startChild({ after }: BenchContext, { args, env, cwd, port, logFile }: ChildOptions): Promise<ChildServer> {
  const log = openSync(logFile, 'a')
  const startedMs = performance.now()
  const child = spawn(process.execPath, args, { cwd, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', log, log] })
  closeSync(log)
  after(() => stop(child))
  while (!(await accepts(port))) {
    const late = performance.now() - startedMs > READY_MS
    if (late) await stop(child)
    if (late || hasEnded(child)) throw new Error(`${args.join(' ')} did not get ready:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`)
    await sleep(POLL_MS)
  }
  const { pid = 0 } = child // it runs, so it has one
  return { pid, readyMs: performance.now() - startedMs, stop: () => stop(child) }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(insist)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (result: boolean) => () => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', done(true)).once('error', done(false))
  })
}
