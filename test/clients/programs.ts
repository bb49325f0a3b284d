import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Hooks {
  after(hook: () => Promise<void>): void
}

export interface Program {
  readonly child: ChildProcessWithoutNullStreams
  /** Everything it said so far, on both outputs. */
  said(): string
}

/** Runs somebody else's program in a process of its own, from the root of the repository, until it has said that it is `ready`. */
export async function startProgram(
  t: Hooks,
  [command, ...args]: readonly [string, ...string[]],
  { ready, env = {} }: { ready: RegExp; env?: Record<string, string> },
): Promise<Program> {
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: 'pipe' })
  const exited = once(child, 'exit')
  t.after(async () => {
    child.kill()
    await exited
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: unknown) => {
      said += String(chunk)
      if (ready.test(said)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('exit', (status) => reject(new Error(`${command} ended with ${status}: ${said}`)))
  })
  return { child, said: () => said }
}

/** Runs JavaScript as `node` runs a file in the root of the repository. */
export const startScript = (t: Hooks, code: string, options: Parameters<typeof startProgram>[2]): Promise<Program> =>
  startProgram(t, [process.execPath, '--input-type=module', '--eval', code], options)

/** The code block of README.md that begins with `first`, with other addresses in the place of its own. */
export function readmeBlock(first: string, addresses: Readonly<Record<string, string>>): string {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const block = [...readme.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code]) => code!).find((code) => code.startsWith(first))
  assert.ok(block, `README.md has a block that begins with ${first}`)
  return Object.entries(addresses).reduce((code, [theirs, ours]) => code.replaceAll(theirs, ours), block)
}

/** The group file with the clients that README.md adds to the demo group. */
export const withReadmeClients =
  (addresses: Readonly<Record<string, string>>) =>
  (yaml: string): string => {
    const clients = readmeBlock('  - client_id: my-shop', addresses)
    assert.equal(yaml.split('\nclients:\n').length, 2)
    return yaml.replace('\nclients:\n', () => `\nclients:\n${clients}`)
  }
