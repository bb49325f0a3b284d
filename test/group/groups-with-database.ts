import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createGroups, type Difference, GroupFileRefused } from '../../src/group/index.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { ClientId } from '../../src/store/ids.ts'
import { createTestVault } from '../vault/test-vault.ts'

/** Text of the demo group's file. */
export const DEMO = readFileSync(new URL('../../config/demo.yaml', import.meta.url), 'utf8')
/** A secret that production takes. */
export const STRONG = 'k7vP0mZr2xQe9LwT4sYh8NcB1uJd6FgA3iRo5KqV'
export const LINDEN_WEB = 'linden-web' as ClientId

/** Groups on a database of their own; `another` is those of a second process. */
export async function groupsWithDatabase(t: Parameters<typeof createTestVault>[0], { production = false } = {}) {
  const world = await createTestVault(t)
  const another = (options = { production }) => createGroups({ ...world, ...options, random: systemRandom })
  return { ...world, another, groups: await another() }
}

export const lines = (differences: readonly Difference[]) => differences.map(({ line }) => line)

/** The problems of work that must be refused for the file's sake. */
export async function refusalsOf(work: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof GroupFileRefused, `expected a refusal, got ${String(error)}`)
  return error.problems
}
