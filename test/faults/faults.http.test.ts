import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { checkHistory } from './check-history.ts'
import { History } from './history.ts'
import { type Person, Shopper } from './shopper.ts'
import { type Report, trial } from './trial.ts'
import { startWorld } from './world.ts'

/** How many times as long and as often as in a normal run: `ATRIUM_TEST_SOAK=12` has PostgreSQL away for a minute. */
const SOAK = Number(process.env.ATRIUM_TEST_SOAK ?? 1)
/** The target is 5 s, which `bench -- start` measures; here a start competes with every other test. */
const RESTARTED_MS = 30_000
/** The target of the specification (§4). */
const RECOVERED_MS = 10_000
/** An outage is told so soon (SEC-104). */
const TOLD_MS = 2_000
/** Of both servers together: what happened, told once, not once for each request. */
const MOST_LOG_LINES = 20

const world = await startWorld({ after })
const { nodes, proxy, postgres } = world
const people: Person[] = ['Prue', 'Ada', 'Ben', 'Cleo'].map((name) => ({
  email: `${name.toLowerCase()}@example.com`,
  name,
  password: 'survives-a-crash-9',
}))
const reports: Report[] = []

before(async () => {
  for (const person of people) {
    const history = new History()
    const shopper = new Shopper(world, history, person)
    assert.ok(await shopper.signUp(), `${person.name} has an account: ${JSON.stringify(history.operations)} ${nodes[0].takeLog()}`)
    const code = await shopper.code()
    const tokens = code && (await shopper.redeem(code))
    person.sub = JSON.parse(Buffer.from(tokens!.id_token!.split('.')[1]!, 'base64url').toString()).sub
  }
})

/** Each kind of violation once, with how often it was found and one of them. */
function summary(violations: Report['violations']): string[] {
  const kinds = Object.groupBy(violations, (violation) => (typeof violation === 'string' ? violation : violation.rule))
  return Object.entries(kinds).map(([kind, found = []]) => {
    const [first] = found
    return `${found.length} × ${kind}${typeof first === 'object' ? `: ${first.what}` : ''}`
  })
}

async function survives(fault: () => Promise<void>, within = RECOVERED_MS): Promise<Report> {
  const report = await trial(world, people, fault)
  reports.push(report)
  const acknowledged = report.history.operations.filter((op) => op.outcome === 'acknowledged')
  const unknown = report.history.operations.filter((op) => op.outcome === 'unknown')
  console.log(
    `${acknowledged.length} acknowledged, ${unknown.length} unknown, recovered ${report.recoveredMs} ms, ready ${report.readyMs} ms, ${report.logLines.length} log lines`,
  )
  assert.deepEqual(summary(report.violations), [], report.logLines.slice(0, 20).join('\n'))
  assert.ok(report.recoveredMs <= within, `back after ${report.recoveredMs} ms`)
  assert.ok(report.readyMs <= within, `ready after ${report.readyMs} ms`)
  assert.ok(report.logLines.length <= MOST_LOG_LINES, `${report.logLines.length} lines of log:\n${report.logLines.slice(0, 40).join('\n')}`)
  for (const kind of ['redeem', 'refresh'] as const) {
    assert.ok(
      acknowledged.some((op) => op.kind === kind),
      `nothing was proved: no ${kind} was acknowledged`,
    )
  }
  return report
}

test('SEC-102 kill -9 of a server at random moments under load', async () => {
  let worstMs = 0
  await survives(async () => {
    for (let kill = 0; kill < 3 * SOAK; kill++) {
      const node = nodes[kill % 2]!
      await wait(Math.random() * 500)
      await node.kill()
      const startedMs = performance.now()
      await node.start()
      worstMs = Math.max(worstMs, performance.now() - startedMs)
    }
  })
  assert.ok(worstMs <= RESTARTED_MS, `a server that was killed serves again after ${Math.round(worstMs)} ms`)
})

test('SEC-103 kill -9 of one PostgreSQL backend, which ends all connections', async () => {
  await survives(async () => {
    for (let kill = 0; kill < 2 * SOAK; kill++) {
      await wait(Math.random() * 300)
      await postgres.killBackend()
      await postgres.start() // it recovers by itself; this waits for it
    }
  })
})

test('SEC-103 kill -9 of PostgreSQL', async () => {
  await survives(async () => {
    for (let kill = 0; kill < SOAK; kill++) {
      await postgres.kill()
      await wait(300)
      await postgres.start()
    }
  })
})

const WRITES = /^(?:commit|with\b|update|insert|delete)/i

/** Every nth of what is asked for. */
function every<T>(nth: number, what: T): () => T | undefined {
  let count = 0
  return () => (++count % nth === 0 ? what : undefined)
}

for (const [when, words] of [
  ['after', 'the answer to a commit gets lost'],
  ['before', 'a commit never arrives'],
] as const) {
  test(`SEC-103 ${words}: nobody is told that it worked, and nothing happens twice`, async () => {
    const { history } = await survives(async () => {
      const cut = every(7, when)
      proxy.disturb({ at: (statement) => (WRITES.test(statement) ? cut() : undefined) })
      await wait(2_000 * SOAK)
      proxy.heal()
    })
    assert.ok(history.operations.some((op) => op.outcome === 'unknown'))
  })
}

test('SEC-104 PostgreSQL away: health tells, keys are served, everything else says when to come back within 2 s', async () => {
  const metadata = ['/.well-known/openid-configuration', '/jwks'].map((path) => new URL(path, world.issuer))
  const seen: { ready: number[]; alive: number[]; metadata: number[]; slowestMs: number } = {
    ready: [],
    alive: [],
    metadata: [],
    slowestMs: 0,
  }
  world.takeOutagesMs()
  await survives(async () => {
    await postgres.kill()
    const fromMs = performance.now()
    while (performance.now() - fromMs < 5_000 * SOAK) {
      seen.ready.push(...(await Promise.all(nodes.map((node) => node.health('/readyz')))))
      seen.alive.push(...(await Promise.all(nodes.map((node) => node.health('/healthz')))))
      for (const url of metadata) seen.metadata.push((await world.send(url)).status)
      await wait(200)
    }
    await postgres.start()
  }, 5_000)
  assert.deepEqual([...new Set(seen.ready)], [503])
  assert.deepEqual([...new Set(seen.alive)], [200])
  assert.deepEqual([...new Set(seen.metadata)], [200])
  const toldMs = world.takeOutagesMs().sort((a, b) => a - b)
  const most = toldMs[Math.floor(toldMs.length * 0.9)] ?? Number.POSITIVE_INFINITY // not the slowest: other tests share the machine
  assert.ok(toldMs.length > 10 && most <= TOLD_MS, `an outage took ${Math.round(most)} ms to be told`)
})

test('SEC-105 every query takes 300 ms longer: slow, and right', async () => {
  await survives(async () => {
    proxy.disturb({ delayMs: 300 })
    await wait(2_000 * SOAK)
    proxy.heal()
  })
})

test('SEC-105 a network that swallows packets: requests end, and no connection stays wedged', async () => {
  await survives(async () => {
    proxy.disturb({ silent: true })
    await wait(6_000 * SOAK)
    proxy.heal()
  })
})

test('SEC-105 PostgreSQL has no connection left', async () => {
  const greedy: pg.Client[] = []
  const report = await survives(async () => {
    const fromMs = performance.now()
    const isOver = () => performance.now() - fromMs > 3_000 * SOAK && greedy.length > 20 && world.takeOutagesMs().length > 0
    while (!isOver() && performance.now() - fromMs < 20_000 * SOAK) {
      const client = new pg.Client(postgres.url)
      client.on('error', () => {})
      await client.connect().then(
        () =>
          client
            .query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'atrium' limit 1`)
            .then(() => greedy.push(client)),
        () => wait(20),
      )
    }
    await Promise.all(greedy.map((client) => client.end()))
  })
  assert.ok(greedy.length > 20 && report.history.operations.some((op) => op.outcome === 'unknown'))
})

test('SEC-107 the disk is full: refused cleanly, and all is well once there is room', async () => {
  await survives(async () => {
    if (postgres.hasOwnDisk) postgres.fillDisk()
    else proxy.disturb({ at: (statement) => (/insert|update/i.test(statement) ? { sqlState: '53100' } : undefined) })
    await wait(3_000 * SOAK)
    if (postgres.hasOwnDisk) postgres.freeDisk()
    proxy.heal()
    await postgres.start() // it ends itself when it cannot write its log; whoever watches over it starts it
  })
})

test('SEC-107 a database that takes no writes, as a replica that was not promoted', async () => {
  const { history } = await survives(async () => {
    const operator = new pg.Client({ connectionString: postgres.url, options: '-c default_transaction_read_only=off' })
    await operator.connect()
    await operator.query('alter system set default_transaction_read_only = on')
    await operator.query('select pg_reload_conf()')
    await wait(2_000 * SOAK)
    await operator.query('alter system reset default_transaction_read_only')
    await operator.query('select pg_reload_conf()')
    await operator.end()
  })
  assert.ok(history.operations.some((op) => op.status === 503))
})

test('SEC-106 a replica takes over: it is asked nothing before it is promoted, so nothing that was revoked passes', async () => {
  let replica = { fromMs: 0, untilMs: 0 }
  const { history } = await survives(async () => {
    await postgres.kill()
    await postgres.startAsReplica()
    replica = { fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY }
    await wait(2_000 * SOAK)
    replica.untilMs = performance.now()
    await postgres.promote()
  })
  const meanwhile = history.operations.filter((op) => op.invokedMs > replica.fromMs && op.endedMs < replica.untilMs)
  assert.ok(meanwhile.length > 10)
  assert.deepEqual(
    meanwhile.filter((op) => op.outcome === 'acknowledged'),
    [],
  )
})

test('SEC-106 every connection is lost at once, again and again, also under the outbox', async () => {
  await survives(async () => {
    const cut = every(3, 'after' as const)
    proxy.disturb({ at: (statement) => (/outbox/.test(statement) ? cut() : undefined) })
    for (let round = 0; round < 5 * SOAK; round++) {
      await wait(300)
      proxy.cutAll()
    }
    proxy.heal()
  })
})

test('SEC-39 the wall clock of one server goes back an hour and comes forward again', async () => {
  const prue = new Shopper(world, new History(), people[0]!)
  await prue.signIn()
  const code = await prue.code()
  const first = code && (await prue.redeem(code))
  assert.ok(first?.refresh_token && (await prue.refresh(first.refresh_token)), 'a token that was rotated')
  await survives(async () => {
    for (const node of nodes) await node.setWallClock(-3_600_000)
    assert.equal(await prue.refresh(first.refresh_token!), undefined, 'a spent refresh token is no lost answer an hour before it was spent')
    await nodes[1].setWallClock(0)
    await wait(1_500)
    await nodes[0].setWallClock(0)
  })
})

test('SEC-102 every mail that was acknowledged has come in the end, also what a server had in its hands when it was killed', async () => {
  let advancedS = 0
  // the lease of whoever was killed, then the second pause after failures
  for (const advance_s of [180, 200]) {
    if ((await mailsDueWithin(3_600)) === 0) break
    await world.advance(advance_s)
    advancedS += advance_s
    for (const deadlineMs = performance.now() + 10_000; (await mailsDueWithin(advancedS)) > 0 && performance.now() < deadlineMs; )
      await wait(100)
  }
  const history = new History()
  const operations = reports.flatMap((report) => report.history.operations)
  for (const op of operations) {
    const ageS = (performance.now() - op.invokedMs) / 1000 + advancedS
    if (op.kind !== 'request_mail' || ageS > CODE_LIFE_S) continue // a code that nobody can use any more is not sent
    const shopper = new Shopper(world, history, { ...people[0]!, email: op.input.email })
    await history.record(op.actor, 'see_mail', op.input, async () => ({ count: await shopper.mailCount() }))
  }

  assert.deepEqual(checkHistory([...operations, ...history.operations]), [])
})

const CODE_LIFE_S = 600

const mailsDueWithin = async (seconds: number): Promise<number> =>
  (
    await postgres.query<{ count: number }>(
      `select count(*)::int as count from outbox where kind = 'mail' and due_at < now() + interval '${seconds} seconds'`,
    )
  )[0]?.count ?? 0
