/** The process entry: hands the command line and the environment to the command, and nothing else. */
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

// before the first large import: stripped types and compiled code are kept between starts
enableCompileCache()
const { runCommand } = await import('./cli/run-command.ts')

if (process.env.NODE_ENV !== 'production' && existsSync('.env')) process.loadEnvFile('.env')
process.exitCode = await runCommand(process.argv.slice(2), process.env)
