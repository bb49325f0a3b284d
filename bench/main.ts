/** `npm run bench -- NAME [--json] [--rows N] [--seconds N]`: what each bench measures stands in README.md beside this file. */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Bench, BenchContext, BenchOptions } from './bench.ts'
import { enumeration } from './enumeration.ts'
import { growth } from './growth.ts'
import { importing } from './import.ts'
import { overload } from './overload.ts'
import { passkey } from './passkey.ts'
import { race } from './race.ts'
import { signin } from './signin.ts'
import { start } from './start.ts'
import { token } from './token.ts'

const BENCHES: Readonly<Record<string, Bench>> = { token, start, race, growth, signin, overload, enumeration, import: importing, passkey }

const USAGE = 2
const INTERRUPTED = 130

async function main(args: readonly string[]): Promise<number> {
  const read = readArguments(args)
  if (read.kind === 'help') {
    console.log(help())
    return 0
  }
  if (read.kind === 'wrong') {
    console.error(`${read.problem}\n\n${help()}`)
    return USAGE
  }
  return runBench(read)
}

type Arguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string }
  | { readonly kind: 'run'; readonly name: string; readonly bench: Bench; readonly options: BenchOptions; readonly json: boolean }

function readArguments(args: readonly string[]): Arguments {
  const options = {
    help: { type: 'boolean' },
    json: { type: 'boolean' },
    rows: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    profile: { type: 'string' },
    statements: { type: 'boolean' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [name, ...others] = positionals
    if (values.help) return { kind: 'help' }
    if (name === undefined) return { kind: 'wrong', problem: 'which bench?' }
    const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
    if (!bench) return { kind: 'wrong', problem: `there is no bench ${JSON.stringify(name)}` }
    if (others.length > 0) return { kind: 'wrong', problem: `one bench at a time; ${JSON.stringify(others[0])} is one too many` }
    const run = {
      rows: positive('--rows', values.rows),
      seconds: positive('--seconds', values.seconds),
      only: values.only?.split(',') ?? [],
      profile: values.profile,
      statements: values.statements ?? false,
    }
    return { kind: 'run', name, bench, options: run, json: values.json ?? false }
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) }
  }
}

function positive(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${flag} must be a whole number from 1, found ${JSON.stringify(text)}`)
  return Number(text)
}

/** With `--json` stdout has the document and nothing else; how it went is told on stderr. */
async function runBench({ name, bench, options, json }: Extract<Arguments, { kind: 'run' }>): Promise<number> {
  const { after, endAll } = endings()
  const interrupt = () => void endAll().then(() => process.exit(INTERRUPTED))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt)
  // also unhandled rejections; servers of a bench that broke would go on for ever
  process.once('uncaughtException', (error) => {
    console.error(error)
    void endAll().then(() => process.exit(1))
  })
  const context: BenchContext = { ...options, after, say: (line) => console.error(line) }
  context.say(`load average before: ${load()}`)
  try {
    const { rows, text, broken = [] } = await bench.run(context)
    console.log(json ? JSON.stringify({ bench: name, rows }) : `\n${text}\n`)
    for (const line of broken) context.say(`BROKEN: ${line}`)
    return broken.length > 0 ? 1 : 0
  } catch (error) {
    context.say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return 1
  } finally {
    context.say(`load average after: ${load()}`)
    await endAll()
  }
}

/** What the bench started ends last first, once, on every way out. */
function endings(): { after(end: () => Promise<void>): void; endAll(): Promise<void> } {
  const ends: (() => Promise<void>)[] = []
  const endEach = async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end().catch((error: unknown) => console.error(error))
  }
  let ending: Promise<void> | undefined
  const endAll = async () => {
    ending ??= endEach()
    for (let last: Promise<void> | undefined; last !== ending; await last) last = ending
  }
  // the bench may go on for a moment after it was interrupted: what it still starts ends at once
  const after = (end: () => Promise<void>) => {
    ends.push(end)
    if (ending) ending = ending.then(endEach)
  }
  return { after, endAll }
}

const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')

function help(): string {
  const width = Math.max(...Object.keys(BENCHES).map((name) => name.length))
  return [
    'npm run bench -- NAME [--json] [--rows N] [--seconds N]',
    '',
    ...Object.entries(BENCHES).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '  --json         one JSON document on stdout and nothing else there',
    '  --rows N       size, where a bench has one',
    '  --seconds N    length, per case and side',
    '  --only A,B     token, start, overload: only these cases',
    '  --profile DIR  write the servers’ CPU profiles there (--cpu-prof)',
    '  --statements   token, signin: print the statements of each case on stderr',
  ].join('\n')
}

process.exitCode = await main(process.argv.slice(2))
