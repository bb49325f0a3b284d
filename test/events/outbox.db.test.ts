import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createEvents, type Event, type Events } from '../../src/events/index.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { createTestVault, dump } from '../vault/test-vault.ts'

const codeFor = (to: string): Extract<Event, { kind: 'mail' }> => ({
  kind: 'mail',
  mail: { to, subject: '12345678 is your code', text: '12345678', html: '<b>12345678</b>', from_name: 'Aurora' },
})
const logout = (client_id: string): Event => ({
  kind: 'backchannel_logout',
  issuer: 'https://id.example',
  client_id,
  account_id: '0199c1f0-7a7b-7000-8000-00000000ada0',
  sid: 's1',
})

const { db, store, vault, clock } = await createTestVault({ after })
const running: Events[] = []
const lines: { fields: object; sentence: string }[] = []
const keep = (fields: object, sentence: string) => void lines.push({ fields, sentence })

/** One of as many processes on the same database as a test asks for. */
function process(): Events {
  const events = createEvents({ db, vault, clock, random: systemRandom, log: { warn: keep, error: keep } })
  running.push(events)
  return events
}

const rows = () => db.selectFrom('outbox').selectAll().orderBy('created_at').orderBy('id').execute()
const advance = (seconds: number) => clock.set(new Date(clock().getTime() + seconds * 1000).toISOString())

beforeEach(async () => {
  clock.set('2026-03-01T12:00:00Z')
  lines.length = 0
  await db.deleteFrom('outbox').execute()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((events) => events.stop()))
})

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 500 && !(await condition()); i++) await wait(10)
  assert.ok(await condition(), 'it did not happen in five seconds')
}

test('an event is delivered once after its transaction committed, and forgotten', async () => {
  const events = process()
  const delivered: [string, number][] = []
  events.start({ mail: async ({ mail }, attempt) => void delivered.push([mail.to, attempt]) })

  await db.transaction().execute(async (transaction) => {
    await events.emit(transaction, codeFor('ada@home.example'))
    events.wake()
    await wait(50)
    assert.deepEqual(delivered, [])
  })
  events.wake()
  await events.idle()

  assert.deepEqual(delivered, [['ada@home.example', 1]])
  assert.deepEqual(await rows(), [])
})

test('an event of a transaction that rolled back never happened', async () => {
  const events = process()

  const rolledBack = db.transaction().execute(async (transaction) => {
    await events.emit(transaction, codeFor('ada@home.example'))
    throw new Error('changed my mind')
  })

  await assert.rejects(rolledBack, { message: 'changed my mind' })
  assert.deepEqual(await rows(), [])
})

test('without a nudge the poll finds it', async () => {
  const events = process()
  let delivered = 0
  events.start({ mail: async () => void delivered++ })
  await events.idle()

  await events.emit(db, codeFor('ada@home.example'))

  await until(() => delivered === 1)
})

test('everything a handler is given is what was emitted', async () => {
  const events = process()
  const delivered: Event[] = []
  const emitted = [{ ...codeFor('ada@home.example'), useful_until: '2026-03-01T12:10:00.000Z' }, logout('aurora-web')] as const
  events.start({ mail: async (event) => void delivered.push(event), backchannel_logout: async (event) => void delivered.push(event) })

  await events.emit(db, emitted[0])
  await events.emit(db, emitted[1])
  await events.idle()

  assert.deepEqual(
    delivered.sort((a, b) => (a.kind < b.kind ? 1 : -1)),
    emitted,
  )
})

test('SEC-32 a failing delivery is tried again when its time has come, not before', async () => {
  const events = process()
  const attempts: number[] = []
  events.start({
    mail: async (_event, attempt) => {
      attempts.push(attempt)
      if (attempt < 3) throw Object.assign(new Error('550 no such user ada@home.example'), { code: 'EENVELOPE' })
    },
  })

  await events.emit(db, codeFor('ada@home.example'))
  await events.idle()
  advance(3)
  await events.idle()
  assert.deepEqual(attempts, [1])
  advance(4)
  await events.idle()
  assert.deepEqual(attempts, [1, 2])
  const [waiting] = await rows()
  advance(360)
  await events.idle()

  assert.deepEqual(attempts, [1, 2, 3])
  assert.equal(waiting?.last_error, 'EENVELOPE')
  assert.deepEqual(await rows(), [])
  assert.equal(lines.length, 2)
  assert.ok(!JSON.stringify([lines, waiting]).includes('ada@home.example'), 'neither row nor log quotes an address')
})

test('after 28 hours of failures an event is kept for a month, but not tried any more', async () => {
  const events = process()
  let attempts = 0
  events.start({
    mail: async () => {
      attempts++
      throw new Error('no server')
    },
  })
  await events.emit(db, codeFor('ada@home.example'))

  for (let i = 0; i < 12; i++) {
    await events.idle()
    advance(13 * 3600)
  }

  assert.equal(attempts, 8)
  const [row] = await rows()
  assert.equal(String(row?.due_at), 'Infinity')
  assert.match(lines.at(-1)!.sentence, /given up/)
  assert.equal(await events.sweep(db, new Date(row!.created_at.getTime() + 29 * 86_400_000)), 0)
  assert.equal(await events.sweep(db, new Date(row!.created_at.getTime() + 31 * 86_400_000)), 1, 'it holds an address')
})

test('an event whose process was killed is delivered by another one after its lease', async () => {
  const [killed, survivor] = [process(), process()]
  const gate = Promise.withResolvers<void>()
  let taken = 0
  const delivered: number[] = []
  killed.start({
    mail: () => {
      taken++
      return gate.promise
    },
  })
  await killed.emit(db, codeFor('ada@home.example'))
  killed.wake()
  await until(() => taken === 1)

  survivor.start({ mail: async (_event, attempt) => void delivered.push(attempt) })
  advance(119)
  await survivor.idle()
  assert.deepEqual(delivered, [])
  advance(2)
  await survivor.idle()

  assert.deepEqual(delivered, [2])
  assert.deepEqual(await rows(), [])
  gate.resolve()
})

test('the failure of a process that had lost its lease does not disturb the one that has it', async () => {
  const [slow, quick] = [process(), process()]
  const [slowGate, quickGate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const taken: string[] = []
  const hold = (who: string, gate: PromiseWithResolvers<void>) => {
    taken.push(who)
    return gate.promise
  }
  slow.start({ mail: () => hold('slow', slowGate) })
  await slow.emit(db, codeFor('ada@home.example'))
  slow.wake()
  await until(() => taken.length === 1)
  advance(121)
  quick.start({ mail: () => hold('quick', quickGate) })
  await until(() => taken.length === 2)
  const [leased] = await rows()

  slowGate.reject(new Error('too late'))
  await slow.stop()

  const [row] = await rows()
  assert.deepEqual([row?.due_at, row?.attempts, row?.last_error], [leased?.due_at, 2, null])
  quickGate.resolve()
  await quick.idle()
  assert.deepEqual(await rows(), [])
})

test('several processes share the work: each event once, none in two hands, four at once in each', async () => {
  const inHand = new Set<string>()
  const delivered: string[] = []
  const doubled: string[] = []
  const most = [0, 0, 0]
  const workers = [process(), process(), process()]
  for (let i = 0; i < 60; i++) await workers[0]!.emit(db, codeFor(`shopper-${i}@home.example`))

  workers.forEach((worker, n) => {
    let busy = 0
    worker.start({
      mail: async ({ mail }) => {
        if (inHand.has(mail.to)) doubled.push(mail.to)
        inHand.add(mail.to)
        most[n] = Math.max(most[n]!, ++busy)
        await wait(5)
        busy--
        inHand.delete(mail.to)
        delivered.push(mail.to)
      },
    })
  })
  await Promise.all(workers.map((worker) => worker.idle()))

  assert.deepEqual([delivered.length, new Set(delivered).size, doubled], [60, 60, []])
  assert.ok(
    most.every((n) => n <= 4),
    `at once: ${most}`,
  )
  assert.deepEqual(await rows(), [])
})

test('what a process still holds is not taken again by it when the clock jumps', async () => {
  const events = process()
  const gate = Promise.withResolvers<void>()
  let taken = 0
  events.start({
    mail: () => {
      taken++
      return gate.promise
    },
  })
  await events.emit(db, codeFor('ada@home.example'))
  events.wake()
  await until(() => taken === 1)

  advance(3600)
  events.wake()
  await wait(50)

  assert.equal(taken, 1)
  gate.resolve()
})

test('stopping waits for what is under way and takes nothing more', async () => {
  const events = process()
  const gate = Promise.withResolvers<void>()
  const done: string[] = []
  events.start({
    mail: async ({ mail }) => {
      await gate.promise
      done.push(mail.to)
    },
  })
  for (let i = 0; i < 6; i++) await events.emit(db, codeFor(`shopper-${i}@home.example`))
  events.wake()
  await until(async () => (await rows()).filter((row) => row.attempts === 1).length === 4)

  const stopped = events.stop().then(() => done.length)
  gate.resolve()

  assert.equal(await stopped, 4)
  assert.equal((await rows()).length, 2)
})

test('SEC-109 stopping does not wait for a mail server that says nothing: the event is tried again, by whoever is there', async () => {
  const [stopping, other] = [process(), process()]
  let aborted = false
  stopping.start({
    mail: (_event, _attempt, signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
      }),
  })
  await stopping.emit(db, codeFor('ada@home.example'))
  stopping.wake()
  await until(async () => (await rows())[0]?.attempts === 1)
  const startedMs = performance.now()

  await stopping.stop()

  assert.ok(performance.now() - startedMs < 10_000)
  assert.ok(aborted)
  assert.equal((await rows())[0]?.last_error, 'stopped')
  advance(60)
  const delivered: string[] = []
  other.start({ mail: async ({ mail }) => void delivered.push(mail.to) })
  await other.idle()
  assert.deepEqual(delivered, ['ada@home.example'])
})

test('a kind this process cannot deliver is left to one that can', async () => {
  const events = process()
  events.start({ mail: async () => {} })

  await events.emit(db, logout('aurora-web'))
  await events.emit(db, codeFor('ada@home.example'))
  await events.idle()

  const left = await rows()
  assert.deepEqual(
    left.map(({ kind, attempts }) => [kind, attempts]),
    [['backchannel_logout', 0]],
  )
})

test('a mail that has lost its use is dropped, not sent late', async () => {
  const events = process()
  const sent: number[] = []
  events.start({
    mail: async (_event, attempt) => {
      sent.push(attempt)
      throw new Error('no server')
    },
  })

  await events.emit(db, { ...codeFor('ada@home.example'), useful_until: '2026-03-01T12:10:00.000Z' })
  await events.idle()
  advance(599)
  await events.idle()
  advance(3600)
  await events.idle()

  assert.deepEqual(sent, [1, 2])
  assert.deepEqual(await rows(), [])
})

test('a payload that cannot be read is a failed delivery, and does not hold up the others', async () => {
  const events = process()
  const sent: string[] = []
  await events.emit(db, codeFor('ada@home.example'))
  await db
    .updateTable('outbox')
    .set({ payload_sealed: Buffer.from('not sealed') })
    .execute()
  await events.emit(db, { kind: 'mail', mail: { to: 'ada@home.example' } } as unknown as Event)
  await events.emit(db, codeFor('grace@home.example'))

  events.start({ mail: async ({ mail }) => void sent.push(mail.to) })
  await events.idle()

  assert.deepEqual(sent, ['grace@home.example'])
  assert.deepEqual(
    (await rows()).map((row) => row.attempts),
    [1, 1],
  )
  assert.deepEqual((await rows()).map((row) => row.last_error).sort(), ['VaultError', 'ZodError'])
})

test('a dump of the outbox shows no address and no code', async () => {
  await process().emit(db, codeFor('ada@home.example'))

  const text = await dump(store, 'outbox')

  assert.ok(text.includes('mail'))
  assert.ok(!text.includes('home.example') && !text.includes('12345678'))
})
