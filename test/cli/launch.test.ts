import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const LAUNCHER = fileURLToPath(new URL('../../bin/launch.js', import.meta.url))

/** `node bin/launch.js --run` with a script of these lines. */
async function launched(t: TestContext, script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-launch-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'script.mjs')
  await writeFile(file, script)
  return spawn(process.execPath, [LAUNCHER, '--run', file, 'one', 'two'], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('the launcher goes on with the pinned Node, passes arguments, and ends with the status of what it ran', async (t) => {
  const child = await launched(t, 'console.log(process.version, ...process.argv.slice(2)); process.exitCode = 7')

  const [[said], [status]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')])

  assert.equal(String(said), `${process.version} one two\n`)
  assert.equal(status, 7)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`the launcher hands ${signal} on and waits for what it ran to stop`, async (t) => {
    const child = await launched(
      t,
      `process.on('${signal}', () => setTimeout(() => { console.log('stopped'); process.exit(0) }, 200)); setInterval(() => {}, 1000); console.log('ready')`,
    )
    let said = ''
    child.stdout.on('data', (chunk) => (said += chunk))
    await once(child.stdout, 'data')

    const ended = once(child, 'close')
    child.kill(signal)

    assert.deepEqual(await ended, [0, null])
    assert.equal(said, 'ready\nstopped\n')
  })
}

test('what a signal killed ends the launcher with 128 and the number of the signal', async (t) => {
  const child = await launched(t, `process.kill(process.pid, 'SIGKILL')`)

  assert.deepEqual(await once(child, 'exit'), [137, null])
})

test('a misspelt test file is named instead of running every test there is', async () => {
  const child = spawn(process.execPath, [LAUNCHER, '--test', 'test/no-such-thing'], { stdio: ['ignore', 'ignore', 'pipe'] })

  const [[said], [status]] = await Promise.all([once(child.stderr, 'data'), once(child, 'exit')])

  assert.equal(String(said), 'there is no test file or folder test/no-such-thing\n')
  assert.equal(status, 1)
})
