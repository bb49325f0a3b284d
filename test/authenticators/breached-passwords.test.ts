import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openBreachedFile } from '../../src/authenticators/breached-file.ts'
import { BreachedFileError, type BreachedSources, createBreachedPasswords } from '../../src/authenticators/index.ts'
import { fixedClock } from '../../src/ports/clock.ts'
import { allowLoopback, createGuardedFetch } from '../../src/ports/guarded-fetch.ts'
import { createLogger } from '../../src/ports/log.ts'

const folder = mkdtempSync(join(tmpdir(), 'atrium-breached-'))
after(() => rmSync(folder, { recursive: true }))
const fetch = createGuardedFetch({ allow: allowLoopback })
after(() => fetch.close())

const sha1 = (text: string): string => hash('sha1', text, 'hex').toUpperCase()
const STOLEN = Array.from({ length: 3_000 }, (_, i) => `stolen password ${i}`)
const write = (lines: readonly string[], name = 'list.txt', end = '\r\n'): string => {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => line + end).join(''))
  return path
}
const linesOf = (passwords: readonly string[]): string[] => passwords.map((p, i) => `${sha1(p)}:${(i * 7_919) % 100_000}`).sort()

/** With a log of what is said, and a service on loopback that answers as it is told. */
async function breached(t: { after(hook: () => Promise<void>): void }, sources: BreachedSources) {
  const lines: string[] = []
  const clock = fixedClock('2026-03-01T12:00:00Z')
  const passwords = await createBreachedPasswords(
    { fetch, clock, log: createLogger('info', { write: (line: string) => void lines.push(line) }) },
    sources,
  )
  t.after(() => passwords.close())
  return { has: passwords.has, lines, clock }
}

async function rangeService(
  t: { after(hook: () => void): void },
  answer: (request: IncomingMessage) => { status?: number; body?: string } | undefined,
) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const { status = 200, body = '' } = answer(request) ?? { status: 0 }
    if (status > 0) response.writeHead(status).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/`, asked }
}

test('MFA-29 every password of the file is found and no other, first and last included, whatever its line ends', async () => {
  for (const [name, end] of [
    ['crlf', '\r\n'],
    ['lf', '\n'],
  ] as const) {
    const file = await openBreachedFile(write(linesOf(STOLEN), name, end))
    for (const password of STOLEN) assert.ok(await file.has(sha1(password)), password)
    for (let i = 0; i < 300; i++) assert.equal(await file.has(sha1(`not stolen ${i}`)), false)
    assert.equal(await file.has('0'.repeat(40)), false)
    assert.equal(await file.has('F'.repeat(40)), false)
    await file.close()
  }
})

test('MFA-29 a file of any size is searched rightly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 400 }), fc.nat({ max: 450 }), async (size, asked) => {
      const file = await openBreachedFile(write(linesOf(STOLEN.slice(0, size)), 'some.txt'))
      assert.equal(await file.has(sha1(`stolen password ${asked}`)), asked < size)
      await file.close()
    }),
    { numRuns: 60 },
  )
})

test('a file that is not there, is empty or holds something else stops the start with its name', async () => {
  const wrong = [
    join(folder, 'nowhere'),
    write([], 'empty'),
    write(['password', 'letmein'], 'plain'),
    write(linesOf(STOLEN).reverse(), 'reversed'),
  ]
  for (const path of wrong) {
    await assert.rejects(openBreachedFile(path), (error) => error instanceof BreachedFileError && error.message.includes(path))
  }
})

test('MFA-29 the service is told five digits of a hash, asked for padding, and believed unless the count is padding', async (t) => {
  const [stolen, padded] = ['a stolen one', 'only padding'].map(sha1) as [string, string]
  const { url, asked } = await rangeService(t, () => ({ body: `${'0'.repeat(35)}:0\r\n${stolen.slice(5)}:12\r\n${padded.slice(5)}:0\r\n` }))
  const { has, lines } = await breached(t, { url })

  assert.deepEqual([await has('a stolen one'), await has('only padding'), await has('a good one')], [true, false, false])
  assert.deepEqual(
    asked.map((request) => request.url),
    ['a stolen one', 'only padding', 'a good one'].map((p) => `/range/${sha1(p).slice(0, 5)}`),
  )
  for (const { headers } of asked) assert.equal(headers['add-padding'], 'true')
  assert.deepEqual(lines, [])
})

test('MFA-29 a service that fails, hangs or talks nonsense keeps nobody out; the file is still asked, and no line names a hash', async (t) => {
  const answers: Record<string, { status?: number; body?: string } | undefined> = {
    failing: { status: 503 },
    hanging: undefined,
    nonsense: { body: '<html>not a range</html>' },
    endless: { body: 'x'.repeat(2_000_000) },
  }
  const file = write(linesOf(STOLEN))
  for (const [what, answer] of Object.entries(answers)) {
    const { url, asked } = await rangeService(t, () => answer)
    const { has, lines, clock } = await breached(t, { file, url })

    assert.equal(await has('a good password'), false, what)
    assert.equal(await has('stolen password 7'), true, what)
    if (what === 'nonsense') continue
    assert.equal(await has('another good password'), false)
    assert.equal(asked.length, 1, `${what}: a service that failed is left alone for a while`)
    clock.set('2026-03-01T12:01:00Z')
    await has('a third good password')
    assert.equal(asked.length, 2)
    assert.equal(lines.length, 2, what)
    const digits = ['a good password', 'another good password', 'a third good password'].map((p) => sha1(p).slice(0, 5))
    for (const line of lines) assert.ok(!digits.some((d) => line.toUpperCase().includes(d)), line)
  }
})
