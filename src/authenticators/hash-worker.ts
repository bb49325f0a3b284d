/** A thread that hashes, one password at a time, and does nothing else: `hash-threads.ts` starts it. */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { HashAnswer, HashTask } from './hash-threads.ts'

/** Four of 19: with a busy neighbour a hash takes twice as long, not ten times. */
const NICE = 4

giveWay()
parentPort?.on('message', async (task: HashTask) => parentPort?.postMessage(await answer(task)))

async function answer(task: HashTask): Promise<HashAnswer> {
  try {
    return { ok: true, value: await done(task) }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : 'the hash failed' }
  }
}

/** Each library is loaded with the first task for it: argon2 may be missing here, and most installations never import a hash. */
async function done(task: HashTask): Promise<string | boolean> {
  if (task.kind === 'legacy') return (await import('./verify-legacy-hash.ts')).verifyLegacyHash(task.hash, task.password)
  const { hashSync, verifySync } = await import('@node-rs/argon2')
  return task.kind === 'hash' ? hashSync(task.password, task.options) : verifySync(task.phc, task.password)
}

/**
 * Lets every other thread of the machine go first: a sign-in may wait a little longer, a token must not (PERF-13). On Linux a thread has a
 * priority of its own, and its number is told by the kernel; elsewhere threads are equal.
 */
function giveWay(): void {
  try {
    if (process.platform === 'linux') setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), NICE)
  } catch {
    // where the kernel does not tell or allow it, it hashes all the same
  }
}
