import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** Nothing of the environment the tests run in, but what a program needs to find its way. */
const BARE = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TMPDIR: process.env.TMPDIR ?? '/tmp' }

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `atrium ARGS`, as a process of its own, to its end. */
export async function atrium(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = startAtrium(args, env)
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => (output.stdout += chunk))
  child.stderr?.on('data', (chunk) => (output.stderr += chunk))
  const [status] = await once(child, 'close')
  return { status, ...output }
}

/** The same, still running. Standard output and error are pipes. */
export function startAtrium(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: { ...BARE, ...env }, stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
}
