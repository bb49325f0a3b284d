import { performance } from 'node:perf_hooks'
import type { Shown } from '../test/harness/http-browser.ts'
import { startAtrium } from './atrium.ts'
import type { Bench } from './bench.ts'
import { openPostgres } from './postgres.ts'
import { newBrowser, open, shopper, signUp } from './shopper.ts'
import { kolmogorovSmirnov, median, rounded } from './statistics.ts'
import { table } from './table.ts'

const DEFAULT_ANSWERS = 1_000
/** More wrong passwords in a row than these make an account wait, and the wait would be what is measured. */
const TRIES_PER_ADDRESS = 5
/** Below this the two cannot be one distribution, whatever else the machine did. */
const IMPOSSIBLE = 0.001

interface Sample {
  /** The answer to the address. */
  readonly identifyMs: number
  /** The answer to a wrong password. */
  readonly passwordMs: number
  /** Statuses and pages: these must be equal, not only alike. */
  readonly seen: string
}

/** Whether the time of an answer tells if an address has an account. */
export const enumeration: Bench = {
  summary:
    'answers to a known and an unknown address in turn, with a wrong password: Kolmogorov–Smirnov on their times (--rows: of each, 1,000)',
  async run(context) {
    const postgres = await openPostgres(context)
    const { issuer } = await startAtrium(context, { databaseUrl: await postgres.createDatabase() })
    const known: Sample[] = []
    const unknown: Sample[] = []
    const count = context.rows ?? DEFAULT_ANSWERS
    const addresses = Math.ceil(count / TRIES_PER_ADDRESS)
    context.say(`${addresses} shoppers sign up`)
    for (let number = 0; number < addresses; number++) await signUp(issuer, shopper(number))
    for (let n = 0; n < count; n++) {
      const ask = [
        async () => known.push(await attempt(issuer, shopper(n % addresses).email)),
        async () => unknown.push(await attempt(issuer, `nobody-${n % addresses}@example.com`)),
      ]
      for (const one of n % 2 === 0 ? ask : ask.toReversed()) await one()
      if (n % 100 === 99) context.say(`${n + 1} of ${count} pairs`)
    }
    const rows = (['identifyMs', 'passwordMs'] as const).map((what) => compared(what, known, unknown))
    const answers = new Set([...known, ...unknown].map((s) => s.seen))
    const broken = [
      ...rows.filter((r) => r.p < IMPOSSIBLE).map((r) => `${r.case}: the times differ, p = ${r.p}`),
      ...(answers.size > 1 ? [`the answers differ: ${[...answers].join(' / ')}`] : []),
    ]
    const lines = rows.map((r) => [r.case, String(r.known_ms), String(r.unknown_ms), String(r.distance), String(r.p)])
    return { rows, broken, text: table(['answer to', 'known ms', 'unknown ms', 'distance', 'p'], lines) }
  },
}

async function attempt(issuer: string, email: string): Promise<Sample> {
  const browser = newBrowser(issuer)
  const start = await open(browser)
  const asked = await timed(() => browser.submit(start, { identifier: email }))
  const refused = await timed(() => browser.submit(asked.page, { password: 'not the password of anybody' }))
  const seen = [asked.page, refused.page].map(({ status, name }) => `${status} ${name}`).join(', ')
  return { identifyMs: asked.ms, passwordMs: refused.ms, seen }
}

async function timed(ask: () => Promise<Shown>): Promise<{ ms: number; page: Shown }> {
  const startedMs = performance.now()
  const page = await ask()
  return { ms: performance.now() - startedMs, page }
}

function compared(what: 'identifyMs' | 'passwordMs', known: readonly Sample[], unknown: readonly Sample[]) {
  const [a, b] = [known.map((s) => s[what]), unknown.map((s) => s[what])]
  const { distance, p } = kolmogorovSmirnov(a, b)
  return {
    case: what === 'identifyMs' ? 'address' : 'password',
    known_ms: rounded(median(a), 2),
    unknown_ms: rounded(median(b), 2),
    distance: rounded(distance, 4),
    p: Number(p.toPrecision(3)),
  }
}
