import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { HttpBrowser } from '../test/harness/http-browser.ts'
import { type AtriumProcess, startAtrium } from './atrium.ts'
import type { Bench, BenchContext } from './bench.ts'
import { openCaller } from './caller.ts'
import { openPostgres } from './postgres.ts'
import { residentMib } from './process-cpu.ts'
import { openRawCaller } from './raw-caller.ts'
import { cookieOf, newBrowser, open, type Shopper, shopper, signUp } from './shopper.ts'
import { quantile, rounded } from './statistics.ts'
import { table } from './table.ts'
import { accessToken } from './token-cases.ts'

const DEFAULT_SECONDS = 10
const TIMES_CAPACITY = 3
/** As many at once as find the most a server does in a second; more only wait for each other. */
const AT_ONCE = 16
/** Enough that nobody's tries meet the limit for tries in a row. */
const SHOPPERS = 64
const WARM_UP_S = 3
const PACE_MS = 10
/** A load generator has so many sockets; what would need more is not begun and not counted as offered. */
const MOST_UNDER_WAY = 4_000

/** One answer of the server. */
interface Seen {
  readonly status: number
  readonly ms: number
  readonly toldWhen: boolean
}

/** One piece of work from its beginning to its end, and every answer on the way. */
interface Case {
  readonly name: string
  /** True: done; false: turned away at some point. */
  readonly work: (see: (seen: Seen) => void) => Promise<boolean>
}

interface Measured {
  readonly name: string
  readonly peak: number
  readonly offered: number
  readonly good: number
  readonly accepted: readonly number[]
  readonly refused: readonly number[]
  /** Answers that were neither: nobody may get another. */
  readonly other: number
  readonly residentMib: number
}

/** What is left of a server when three times as much is asked of it as it can do. */
export const overload: Bench = {
  summary: 'three times the capacity of one process, of userinfo and of sign-ins: what is still done, how soon, and how the rest is told',
  async run(context) {
    const postgres = await openPostgres(context)
    const atrium = await startAtrium(context, { databaseUrl: await postgres.createDatabase() })
    const all = [await userinfoCase(context, atrium), await signInCase(context, atrium)]
    const measured: Measured[] = []
    for (const one of all.filter(({ name }) => context.only.length === 0 || context.only.includes(name))) {
      measured.push(await measure(context, atrium, one))
      await sleep(2_000) // what was turned away is over, what was accepted too
    }
    return outcome(measured)
  },
}

async function userinfoCase(context: BenchContext, atrium: AtriumProcess): Promise<Case> {
  const browser = await signUp(atrium.issuer, shopper(SHOPPERS))
  const token = await accessToken({ call: openCaller(context, atrium, 1), cookie: cookieOf(browser) })
  const { host } = new URL(atrium.issuer)
  const call = openRawCaller(context, atrium.origin, `GET /userinfo HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  return {
    name: 'userinfo',
    work: async (see) => {
      const startedMs = performance.now()
      const answer = await call()
      see({ status: answer.status, ms: performance.now() - startedMs, toldWhen: /\nretry-after: \d/i.test(answer.head) })
      return answer.status === 200
    },
  }
}

async function signInCase(context: BenchContext, { issuer }: AtriumProcess): Promise<Case> {
  const shoppers = Array.from({ length: SHOPPERS }, (_, number) => shopper(number))
  for (const who of shoppers) await signUp(issuer, who)
  context.say(`${SHOPPERS} shoppers signed up`)
  let next = 0
  return { name: 'sign_ins', work: (see) => signIn(issuer, shoppers[next++ % SHOPPERS] ?? shopper(0), see) }
}

async function signIn(issuer: string, { email, password }: Shopper, see: (seen: Seen) => void): Promise<boolean> {
  const browser = new TimedBrowser(issuer, see)
  browser.headers['x-forwarded-for'] = newBrowser(issuer).headers['x-forwarded-for'] ?? ''
  let page = await open(browser)
  for (const fields of [{ identifier: email }, { password }] as const) {
    if (page.status === 503) return false
    page = await browser.submit(page, fields)
  }
  return page.url.searchParams.has('code')
}

class TimedBrowser extends HttpBrowser {
  constructor(issuer: string, see: (seen: Seen) => void) {
    super(issuer, async (url, init) => {
      const startedMs = performance.now()
      const response = await fetch(url, init)
      const copy = new Response(await response.arrayBuffer(), { status: response.status, headers: response.headers })
      see({ status: response.status, ms: performance.now() - startedMs, toldWhen: response.headers.has('retry-after') })
      return copy
    })
  }
}

async function measure(context: BenchContext, atrium: AtriumProcess, one: Case): Promise<Measured> {
  const seconds = context.seconds ?? DEFAULT_SECONDS
  await closedLoop(one, WARM_UP_S)
  const peak = await closedLoop(one, seconds)
  context.say(`${one.name}: ${peak.toFixed(1)} a second at most`)
  const seen: Seen[] = []
  const { good, offered } = await openLoop(one, { perSecond: peak * TIMES_CAPACITY, seconds }, (s) => seen.push(s))
  const refused = seen.filter(({ status, toldWhen }) => status === 503 && toldWhen)
  const accepted = seen.filter(({ status }) => status >= 200 && status < 400)
  return {
    name: one.name,
    ...{ peak, good, offered },
    accepted: accepted.map(({ ms }) => ms),
    refused: refused.map(({ ms }) => ms),
    other: seen.length - accepted.length - refused.length,
    residentMib: residentMib(atrium.pid),
  }
}

/** A fixed number at once, each beginning anew when it is done. Returns how many were done in a second. */
async function closedLoop({ work }: Case, seconds: number): Promise<number> {
  const endMs = performance.now() + seconds * 1000
  let done = 0
  const repeat = async (): Promise<void> => {
    while (performance.now() < endMs) if (await work(() => {})) done++
  }
  await Promise.all(Array.from({ length: AT_ONCE }, repeat))
  return done / seconds
}

/** So many a second begin, whatever became of those before, as customers do. Returns how many began and were done in a second of the time in which they came. */
async function openLoop(
  { work }: Case,
  rate: { perSecond: number; seconds: number },
  see: (seen: Seen) => void,
): Promise<{ good: number; offered: number }> {
  const startedMs = performance.now()
  const underWay = new Set<Promise<void>>()
  let [due, begun, done] = [0, 0, 0]
  const begin = (): void => {
    begun++
    const one = work(see)
      .catch(() => {
        see({ status: 0, ms: 0, toldWhen: false }) // no answer at all
        return false
      })
      .then((good) => {
        if (good && performance.now() - startedMs < rate.seconds * 1000) done++
        underWay.delete(one)
      })
    underWay.add(one)
  }
  for (let elapsedS = 0; elapsedS < rate.seconds; elapsedS = (performance.now() - startedMs) / 1000) {
    for (; due < elapsedS * rate.perSecond; due++) if (underWay.size < MOST_UNDER_WAY) begin()
    await sleep(PACE_MS)
  }
  await Promise.all(underWay)
  return { good: done / rate.seconds, offered: begun / rate.seconds }
}

function outcome(measured: readonly Measured[]) {
  const rows = measured.map((m) => ({
    case: m.name,
    peak_rps: rounded(m.peak, 1),
    offered_rps: rounded(m.offered, 1),
    good_rps: rounded(m.good, 1),
    ratio: rounded(m.good / m.peak, 2),
    accepted_p99_ms: rounded(quantile(m.accepted, 0.99), 1),
    refused: m.refused.length,
    refused_p50_ms: rounded(quantile(m.refused, 0.5), 1),
    refused_p99_ms: rounded(quantile(m.refused, 0.99), 1),
    neither: m.other,
    resident_mib: rounded(m.residentMib, 0),
  }))
  const head = ['case', 'peak/s', 'offered/s', 'done/s', 'of peak', 'accepted p99 ms', 'refused', 'p50 ms', 'p99 ms', 'neither', 'MiB']
  const lines = rows.map(({ case: name, ...figures }) => [name, ...Object.values(figures).map(String)])
  const broken = rows
    .filter((r) => r.neither > 0)
    .map((r) => `${r.case}: ${r.neither} answers were neither good nor a 503 with Retry-After`)
  const asked = 'Asked: 0.8 of the peak; accepted within 1,000 ms, refused within 100 ms (p99); none of any other kind.'
  return { rows, broken, text: `${table(head, lines)}\n\n${asked}` }
}
