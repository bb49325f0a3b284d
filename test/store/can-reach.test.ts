import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { canReach } from '../../src/store/postgres-user.ts'

test('a user reaches a path when every folder above lets them pass: as owner, by group or like anybody', async (t) => {
  const closed = await mkdtemp(join(tmpdir(), 'atrium-reach-'))
  t.after(() => rm(closed, { recursive: true }))
  const inside = join(closed, 'a/not-made-yet')
  await mkdir(join(closed, 'a'))
  const { uid, gid } = await stat(closed)
  const [owner, member, stranger] = [
    { uid, gid },
    { uid: uid + 7, gid },
    { uid: uid + 7, gid: gid + 7 },
  ]
  const reached = async (mode: number) => {
    await chmod(closed, mode)
    return Promise.all([owner, member, stranger].map((user) => canReach(inside, user)))
  }

  assert.deepEqual(await reached(0o700), [true, false, false])
  assert.deepEqual(await reached(0o710), [true, true, false])
  assert.deepEqual(await reached(0o701), [true, false, true])
  assert.deepEqual(await reached(0o711), [true, true, true])
  assert.equal(await canReach(inside, undefined), true)
})
