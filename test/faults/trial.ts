import { setTimeout as wait } from 'node:timers/promises'
import { checkHistory, type Violation } from './check-history.ts'
import { checkFinalState } from './final-state.ts'
import { History, type Operation } from './history.ts'
import { type Person, Shopper } from './shopper.ts'
import { startWorkload, type Workload } from './workload.ts'
import type { World } from './world.ts'

/** How a trial went: what clients did and were told, what was wrong with it, and how soon all was well again. */
export interface Report {
  readonly history: History
  readonly violations: readonly (Violation | string)[]
  /** From the end of the fault until a signed-in shopper got tokens again, without signing in. */
  readonly recoveredMs: number
  /** From the end of the fault until both nodes said that they are ready. */
  readonly readyMs: number
  readonly newcomers: readonly Person[]
  /** What the servers wrote at `warn` and above. */
  readonly logLines: readonly string[]
}

/** Longer than anything should take, so that a report says how long it took. */
const GIVE_UP_MS = 30_000
const CALM_MS = 600
const MOST_READ_BACK = 5

/** Has everybody at work, lets something break, mends it, and looks what is left. */
export async function trial(world: World, people: readonly Person[], fault: () => Promise<void>): Promise<Report> {
  const history = new History()
  const [probing = people[0], ...shopping] = people
  const prober = new Shopper(world, new History(), probing as Person)
  if (!(await prober.signIn())) throw new Error('the trial before left the world broken')
  for (const node of world.nodes) node.takeLog()
  const work = startWorkload(world, history, shopping)
  await until(async () => hasWorked(history))
  try {
    await fault()
  } catch (error) {
    await work.stop()
    throw error
  }
  const [recoveredMs, readyMs] = await Promise.all([until(() => completes(prober)), until(() => allReady(world))])
  await wait(CALM_MS)
  await work.stop()
  history.readBack = true
  await readBack(history, work)
  const violations = [...checkHistory(history.operations), ...(await checkFinalState(world.postgres))]
  return {
    history,
    violations,
    recoveredMs,
    readyMs,
    newcomers: work.newcomers,
    logLines: world.nodes.flatMap((node) => node.takeLog()),
  }
}

async function completes(shopper: Shopper): Promise<boolean> {
  const code = await shopper.code()
  const tokens = code && (await shopper.redeem(code))
  const next = tokens?.refresh_token && (await shopper.refresh(tokens.refresh_token))
  return next ? (await shopper.userinfo(next.access_token)) !== undefined : false
}

const allReady = async (world: World): Promise<boolean> =>
  (await Promise.all(world.nodes.map((node) => node.health('/readyz')))).every((status) => status === 200)

/** Enough was done to have something to lose, however busy the machine is. */
const hasWorked = ({ operations }: History): boolean =>
  (['redeem', 'refresh'] as const).every((kind) => operations.filter((op) => op.kind === kind && op.outcome === 'acknowledged').length >= 3)

async function until(condition: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now()
  while (!(await condition()) && performance.now() - startMs < GIVE_UP_MS) await wait(50)
  return Math.round(performance.now() - startMs)
}

/** Asks for everything that was acknowledged, and tries everything that has ended. */
async function readBack(history: History, { shoppers, newcomers }: Workload): Promise<void> {
  const before = [...history.operations]
  for (const shopper of shoppers) {
    const own = before.filter((op) => op.actor === shopper.person.email)
    for (const tokens of newestTokens(own).slice(-MOST_READ_BACK)) {
      await shopper.refresh(tokens.refresh_token)
      await shopper.userinfo(tokens.access_token)
    }
    await shopper.signIn()
    await shopper.readProfile()
    await shopper.visitSister()
  }
  const acknowledged = new Set(before.flatMap((op) => (op.kind === 'sign_up' && op.outcome === 'acknowledged' ? [op.input.email] : [])))
  const made = newcomers.filter(({ email }) => acknowledged.has(email)).slice(-MOST_READ_BACK)
  for (const person of made) {
    const shopper = shoppers[0]?.as(person)
    await shopper?.signIn()
    await shopper?.visitSister()
  }
}

/** Of each family of tokens the last that a client was given. */
function newestTokens(operations: readonly Operation[]): { access_token: string; refresh_token: string }[] {
  const newest = new Map<string, { access_token: string; refresh_token: string }>()
  const familyOf = new Map<string, string>()
  for (const op of operations) {
    if (op.outcome !== 'acknowledged' || (op.kind !== 'redeem' && op.kind !== 'refresh')) continue
    const family = op.kind === 'redeem' ? op.input.code : (familyOf.get(op.input.refresh_token) ?? op.input.refresh_token)
    familyOf.set(op.output.refresh_token, family)
    newest.set(family, op.output)
  }
  return [...newest.values()]
}
