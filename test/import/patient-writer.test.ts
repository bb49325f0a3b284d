import assert from 'node:assert/strict'
import { test } from 'node:test'
import { patient } from '../../src/import/patient-writer.ts'

/** A writer whose every call fails so often before it works, and how long was waited. */
function failing(times: number, error: Error) {
  const waits: number[] = []
  let failures = 0
  const work = async () => {
    if (failures < times) {
      failures++
      throw error
    }
    return []
  }
  return { writer: patient({ prepare: work, write: work }, async (ms) => void waits.push(ms)), waits }
}
const away = Object.assign(new Error('terminating connection'), { code: '57P01' })

test('a database that is away for a while ends no import', async () => {
  const { writer, waits } = failing(3, away)

  assert.deepEqual(await writer.write([]), [])
  assert.deepEqual(await writer.prepare([]), [])
  assert.deepEqual(waits, [1_000, 2_000, 4_000])
})

test('one that stays away does, after some five minutes; any other error at once', async () => {
  const gone = failing(Number.POSITIVE_INFINITY, away)
  await assert.rejects(gone.writer.write([]), away)
  assert.equal(
    gone.waits.reduce((sum, ms) => sum + ms, 0),
    300_000,
  )

  const fault = new Error('column does not exist')
  const wrong = failing(1, fault)
  await assert.rejects(wrong.writer.write([]), fault)
  assert.deepEqual(wrong.waits, [])
})
