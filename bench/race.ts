import { type AtriumProcess, startAtrium } from './atrium.ts'
import type { Bench, BenchContext } from './bench.ts'
import { type Caller, openCaller } from './caller.ts'
import { openPostgres } from './postgres.ts'
import { cookieOf, shopper, signUp } from './shopper.ts'
import { table } from './table.ts'
import { codeFlow, redemption, requestTokens, type Worker } from './token-cases.ts'

const USES = 50
const DEFAULT_ROUNDS = 20

/** PERF-9: whoever is asked, and however often at once, a code and a refresh token work once. */
export const race: Bench = {
  summary: 'one code, one refresh token used 50 times at once against two processes; exactly one may win (PERF-9; --rows: rounds of each)',
  async run(context) {
    const [first, second] = await twoProcesses(context)
    const callers = [first, second].map((at) => openCaller(context, { origin: at.origin, issuer: first.issuer }, USES / 2))
    const [call] = callers
    if (!call) throw new Error('nobody to call')
    const worker: Worker = { call, cookie: cookieOf(await signUp(first.issuer, shopper(1))) }
    const kinds: Readonly<Record<string, () => Promise<Readonly<Record<string, string>>>>> = {
      code: () => redemption(worker, { resource: false }),
      refresh_token: async () => ({
        grant_type: 'refresh_token',
        refresh_token: (await codeFlow(worker, { resource: false })).refresh_token,
      }),
    }
    const rows = []
    for (const [kind, form] of Object.entries(kinds)) rows.push(await raceKind(kind, callers, form, context.rows ?? DEFAULT_ROUNDS))
    const broken = rows
      .filter((r) => r.exactly_one !== r.rounds)
      .map((r) => `PERF-9: ${r.case} had ${r.least} to ${r.most} winners in a round`)
    const lines = rows.map((r) => [r.case, String(r.rounds), String(r.exactly_one), String(r.least), String(r.most), String(r.odd_answers)])
    return { rows, broken, text: table(['case', 'rounds', 'with one winner', 'least', 'most', 'other answers'], lines) }
  },
}

async function twoProcesses(context: BenchContext): Promise<[AtriumProcess, AtriumProcess]> {
  const databaseUrl = await (await openPostgres(context)).createDatabase()
  const first = await startAtrium(context, { databaseUrl })
  return [first, await startAtrium(context, { databaseUrl, issuer: first.issuer })]
}

async function raceKind(kind: string, callers: readonly Caller[], form: () => Promise<Readonly<Record<string, string>>>, rounds: number) {
  const winners: number[] = []
  let odd = 0
  for (let round = 0; round < rounds; round++) {
    const same = await form()
    const uses = Array.from({ length: USES / callers.length }, () => callers.map((call) => requestTokens(call, same)))
    const answers = await Promise.all(uses.flat())
    winners.push(answers.filter((a) => a.status === 200).length)
    odd += answers.filter((a) => a.status !== 200 && !a.text.includes('invalid_grant')).length
  }
  const exactlyOne = winners.filter((n) => n === 1).length
  return { case: kind, rounds, exactly_one: exactlyOne, least: Math.min(...winners), most: Math.max(...winners), odd_answers: odd }
}
