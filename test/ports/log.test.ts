import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../../src/ports/log.ts'

function listen(level: Parameters<typeof createLogger>[0] = 'info') {
  const lines: string[] = []
  const log = createLogger(level, { write: (line) => void lines.push(line) })
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) }
}

test('an entry is one line of JSON with ISO time and the level by name', () => {
  const { log, lines, last } = listen()

  log.info({ duration_ms: 3 }, 'The group file was applied')

  assert.equal(lines.length, 1)
  assert.match(last().time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  assert.deepEqual({ ...last(), time: '' }, { level: 'info', time: '', duration_ms: 3, msg: 'The group file was applied' })
})

test('what is below the level is not written', () => {
  const { log, lines } = listen('warn')

  log.info('nothing')

  assert.deepEqual(lines, [])
})

test('a secret that gets into a log by accident does not leave it', () => {
  const { log, lines } = listen()

  log.info({ password: 'hunter2', params: { code: 'hunter2', refresh_token: 'hunter2' } }, 'Oops')

  log.info({ query: Object.assign(Object.create(null), { email: 'hunter2' }), rest: [1] }, 'Oops')

  assert.doesNotMatch(lines.join(), /hunter2/)
  assert.equal(lines.length, 2)
})

test('an error keeps name, stack, code and causes, never the row or request it carries', () => {
  const { log, lines, last } = listen()
  const cause = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (email)=(ada@example.com) exists',
    parameters: ['hunter2'],
  })

  log.error(
    { err: Object.assign(new TypeError('not saved', { cause }), { code: 'E_SAVE', config: { password: 'hunter2' } }) },
    'A request failed',
  )

  assert.equal(last().err.type, 'TypeError')
  assert.equal(last().err.error_code, 'E_SAVE')
  assert.match(last().err.stack, /caused by: Error: duplicate key/)
  assert.doesNotMatch(lines.join(), /hunter2|ada@example/)
})
