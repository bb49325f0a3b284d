import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { WorkQueue } from '../../src/authenticators/work-queue.ts'
import { Overloaded } from '../../src/ports/overloaded.ts'

/** Tasks that end when told, and what the queue has made of them so far. */
function tasks() {
  const started: number[] = []
  const gates = new Map<number, PromiseWithResolvers<void>>()
  let running = 0
  let most = 0
  return {
    started,
    most: () => most,
    task: (id: number) => async () => {
      started.push(id)
      most = Math.max(most, ++running)
      const gate = Promise.withResolvers<void>()
      gates.set(id, gate)
      await gate.promise.finally(() => running--)
      return id
    },
    end: (id: number) => gates.get(id)?.resolve(),
    fail: (id: number) => gates.get(id)?.reject(new Error('task failed')),
  }
}

const settled = () => wait(1)

test('PERF-13 at most so many tasks run at once, the others in order of arrival', async () => {
  const { task, started, end, most } = tasks()
  const queue = new WorkQueue({ concurrency: 2, limit: 10, longestWaitMs: Number.POSITIVE_INFINITY, deadlineMs: 10_000 })

  const results = Promise.all([1, 2, 3, 4, 5].map((id) => queue.run(task(id))))
  await settled()
  assert.deepEqual(started, [1, 2])
  end(2)
  await settled()
  assert.deepEqual(started, [1, 2, 3])
  for (const id of [1, 3, 4, 5]) {
    end(id)
    await settled()
  }

  assert.deepEqual(await results, [1, 2, 3, 4, 5])
  assert.equal(most(), 2)
})

test('one more than may wait is turned away at once, told when to come back', async () => {
  const { task, end } = tasks()
  const queue = new WorkQueue({ concurrency: 1, limit: 2, longestWaitMs: Number.POSITIVE_INFINITY, deadlineMs: 4_200 })
  const accepted = [1, 2, 3].map((id) => queue.run(task(id)))

  const error = await queue.run(task(4)).catch((e: unknown) => e)

  assert.ok(error instanceof Overloaded)
  assert.equal(error.retryAfterS, 5)
  for (const id of [1, 2, 3]) {
    await settled()
    end(id)
  }
  assert.deepEqual(await Promise.all(accepted), [1, 2, 3])
})

test('a task that waits longer than the deadline is turned away and never starts', async () => {
  const { task, started, end } = tasks()
  const queue = new WorkQueue({ concurrency: 1, limit: 10, longestWaitMs: Number.POSITIVE_INFINITY, deadlineMs: 30 })
  const first = queue.run(task(1))

  await assert.rejects(queue.run(task(2)), Overloaded)
  end(1)
  await settled()
  const third = queue.run(task(3))
  await settled()
  end(3)

  assert.deepEqual([await first, await third], [1, 3])
  assert.deepEqual(started, [1, 3])
})

test('a failing task passes its place on', async () => {
  const { task, end, fail } = tasks()
  const queue = new WorkQueue({ concurrency: 1, limit: 10, longestWaitMs: Number.POSITIVE_INFINITY, deadlineMs: 10_000 })
  const first = queue.run(task(1))
  const second = queue.run(task(2))
  await settled()

  fail(1)
  await assert.rejects(first, { message: 'task failed' })
  await settled()
  end(2)

  assert.equal(await second, 2)
})

test('after any number of refusals and failures every place is free again', async () => {
  const { task, most } = tasks()
  const queue = new WorkQueue({ concurrency: 2, limit: 3, longestWaitMs: Number.POSITIVE_INFINITY, deadlineMs: 5 })
  const brief = (id: number) => async () => {
    await wait(id % 3)
    if (id % 2 === 0) throw new Error('task failed')
  }

  await Promise.allSettled(Array.from({ length: 40 }, (_, id) => queue.run(brief(id))))
  queue.run(task(1)).catch(() => {})
  queue.run(task(2)).catch(() => {})
  await settled()

  assert.equal(most(), 2)
})

test('PERF-13 whoever would wait too long behind others, going by how long tasks took lately, is turned away at once', async () => {
  const { task, end } = tasks()
  const queue = new WorkQueue({ concurrency: 1, limit: 10, longestWaitMs: 20, deadlineMs: 10_000 })
  const slow = queue.run(() => wait(300))
  await slow // a tenth of it is believed: some 30 ms a task
  assert.equal(queue.fullness, 0)

  const accepted = [1, 2, 3].map((id) => queue.run(task(id)))
  await assert.rejects(queue.run(task(4)), Overloaded)
  for (const id of [1, 2, 3]) {
    end(id)
    await settled()
  }
  await Promise.all(accepted)

  assert.equal(queue.waiting, 0)
})
