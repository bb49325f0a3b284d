import { type Config, loadConfig } from '../config.ts'
import { badInput } from './command-failed.ts'
import type { Surroundings } from './run-command.ts'

/** The configuration, or a failure that names every problem. */
export function readConfig({ env }: Surroundings, options: { demo?: boolean } = {}): Config {
  const loaded = loadConfig(env, options)
  if (!loaded.ok) throw badInput(...loaded.problems)
  return loaded.config
}
