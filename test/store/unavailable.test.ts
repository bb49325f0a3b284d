import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Outage } from '../../src/store/outage.ts'
import { databaseUnavailable, endsConnection, unavailableCode } from '../../src/store/unavailable.ts'

const coded = (code: string, extra: object = {}) => Object.assign(new Error('failed'), { code, ...extra })

test('SEC-104 what the database failed at is told from what a statement failed at', () => {
  const database = ['57P01', '57P03', '53300', '53100', '58030', '25006', '57014', '40P01', '08006', 'ECONNREFUSED', 'ECONNRESET'].map(
    (code) => coded(code),
  )
  const driver = ['Connection terminated unexpectedly', 'timeout exceeded when trying to connect', 'Query read timeout'].map(
    (text) => new Error(text),
  )
  const away = [...database, ...driver, coded('ENOENT', { syscall: 'connect' }), new Error('wrapped', { cause: coded('57P02') })]
  const faults = [
    coded('23505'),
    coded('42P01'),
    coded('22P02'),
    coded('ENOENT', { syscall: 'open' }),
    new Error('anything'),
    'no error',
    undefined,
  ]

  assert.deepEqual(
    away.map(databaseUnavailable).filter((answer) => answer === undefined),
    [],
  )
  assert.deepEqual(
    away.map((error) => databaseUnavailable(error)?.retryAfterS).filter((s) => !s || s < 1),
    [],
  )
  assert.deepEqual(
    faults.map(databaseUnavailable),
    faults.map(() => undefined),
  )
})

test('a connection that may be to blame is not used again; one that told of a conflict is', () => {
  const gone = [coded('25006'), coded('57P01'), coded('ECONNRESET'), coded('EPIPE'), new Error('Query read timeout')]
  const good = [coded('40001'), coded('57014'), coded('53100'), coded('23505')]

  assert.deepEqual([...gone, ...good].map(endsConnection), [true, true, true, true, true, false, false, false, false])
})

test('a loop of causes ends', () => {
  const first = new Error('first')
  first.cause = new Error('second', { cause: first })

  assert.equal(unavailableCode(first), undefined)
})

test('SEC-104 an outage is told once a minute for each reason, and its end once', async () => {
  const lines: string[] = []
  let nowMs = 0
  const log = {
    warn: (fields: object, text: string) => lines.push(`${JSON.stringify(fields)} ${text}`),
    info: (_: object, text: string) => lines.push(text),
  }
  const outage = new Outage(log, () => nowMs)
  const fail = () => Promise.reject(coded('57P03'))

  for (let request = 0; request < 1_000; request++) outage.met(coded('57P03'))
  await outage.watch(fail)
  nowMs = 61_000
  await outage.watch(fail)
  await outage.watch(async () => {})
  await outage.watch(async () => {})

  assert.deepEqual(lines, [
    '{"reason":"57P03","failures":1} the database does not serve; requests are told to come back',
    '{"reason":"57P03","failures":1001} the database does not serve; requests are told to come back',
    'the database answers again',
  ])
  await assert.rejects(
    outage.watch(() => Promise.reject(coded('23505'))),
    { code: '23505' },
  )
})
