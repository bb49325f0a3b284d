import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { clusterIn, readPostmaster } from '../../src/store/postgres-cluster.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, codeFrom, protocolOf, redemption, type TestClient } from '../oidc/protocol.ts'
import { installation, served } from './installation.ts'

const env = await installation({ after })
const { child, said } = await served({ after }, { ...env, ATRIUM_WORKERS: '2' })
const issuer = env.ATRIUM_ISSUER!
const ops = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${env.ATRIUM_OPS_PORT}${path}`)
const auroraWeb: TestClient = { client_id: 'aurora-web', secret: 'aurora-demo-secret', redirect_uri: 'http://localhost:3001/callback' }
const protocol = protocolOf({ issuer })

/** Processes that serve: the children of the first one that are Atrium. */
const workers = (): number[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(child.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('main.ts'))
    .map((line) => Number.parseInt(line, 10))

async function until<T>(found: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await found().catch(() => undefined)
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const bothReady = () =>
  until(async () => ((await (await ops('/readyz')).json()) as { checks: { workers: string } }).checks.workers === '2 of 2' || undefined)

const answeredBy = (): Set<unknown> =>
  new Set(
    said()
      .split('\n')
      .filter((line) => line.includes('request answered'))
      .map((line) => (JSON.parse(line) as { worker: unknown }).worker),
  )

async function signUp(): Promise<HttpBrowser> {
  const browser = new HttpBrowser(issuer)
  let page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), {}, { name: 'action', value: 'sign-up' })
  page = await browser.submit(page, { email: 'wanda@example.com' })
  const code = await until(async () => {
    const [mail] = (await (await fetch(`${issuer}/dev/mailbox.json?to=wanda@example.com`)).json()) as { text: string }[]
    return /\d{8}/.exec(mail?.text ?? '')?.[0]
  })
  page = await browser.submit(page, { code })
  page = await browser.submit(page, { name: 'Wanda', password: 'correct-horse-battery-9' })
  assert.ok(page.url.searchParams.has('code'), page.text)
  return browser
}

async function raceRefresh(browser: HttpBrowser): Promise<void> {
  const request = authorizationRequest(auroraWeb)
  const { body } = await protocol.token(auroraWeb, redemption(request, await codeFrom(browser, request)))
  const answers = await Promise.all(Array.from({ length: 8 }, () => protocol.refresh(auroraWeb, body.refresh_token!)))
  const successors = new Set(answers.filter(({ status }) => status === 200).map((answer) => answer.body.refresh_token))
  assert.equal(successors.size, 1, 'one successor')
}

test('two workers serve one issuer; one that is killed is missed by nobody for long and started again; a race has one winner throughout', {
  timeout: 90_000,
}, async () => {
  await bothReady()
  const browser = await signUp()
  await until(async () => {
    await (await fetch(`${issuer}/jwks`, { headers: { connection: 'close' } })).text()
    return answeredBy().size === 2 || undefined // who is busy is not asked, so a fixed number may all go to one
  })
  await raceRefresh(browser)
  const [victim] = workers()
  assert.equal(workers().length, 2)

  process.kill(victim!, 'SIGKILL')

  // What was in the dead worker's hands is lost with it; once it is missed nothing more is given to it.
  await until(async () => /a worker died and is started again/.test(said()) || undefined)
  for (let i = 0; i < 10; i++) assert.equal((await fetch(`${issuer}/jwks`, { headers: { connection: 'close' } })).status, 200)
  await raceRefresh(browser)
  await bothReady()
  assert.equal(workers().length, 2)
  assert.ok(!workers().includes(victim!))
})

test('the ops port answers for all of them', async () => {
  await bothReady()
  const text = await (await ops('/metrics')).text()
  const [, answered] =
    /^http_server_request_duration_seconds_count\{http_request_method="GET",http_route="\/jwks",http_response_status_code="200"\} (\d+)$/m.exec(
      text,
    ) ?? []

  assert.ok(Number(answered) >= 10, 'what both counted')
  assert.match(text, /^atrium_build_info\{[^}]+\} 1$/m)
  assert.equal((await ops('/healthz')).status, 200)
})

test('the clock of /dev/clock is everybody’s within a second', async () => {
  const advance = await fetch(`${issuer}/dev/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"advance_s": 3600}',
  })
  assert.equal(advance.status, 200)
  const startedMs = performance.now()

  const offsets = async (): Promise<number[]> =>
    Promise.all(
      Array.from({ length: 6 }, async () => {
        const answer = await fetch(`${issuer}/dev/clock`, { headers: { connection: 'close' } })
        return ((await answer.json()) as { offset_s: number }).offset_s
      }),
    )
  await until(async () => (await offsets()).every((offset) => offset === 3600) || undefined)

  assert.ok(performance.now() - startedMs < 5_000)
})

test('SIGTERM ends all of them, and the database last', async () => {
  const all = workers()
  const exited = once(child, 'exit')

  child.kill('SIGTERM')

  assert.equal((await exited)[0], 0, said().slice(-2_000))
  assert.equal(await readPostmaster(clusterIn(env.ATRIUM_DATA_DIR!, undefined)), undefined)
  for (const pid of all) assert.throws(() => readFileSync(`/proc/${pid}/stat`), 'gone')
})
