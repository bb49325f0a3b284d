import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto'
import { findPasskey, recordPasskeyUse } from '../src/authenticators/passkey-store.ts'
import { type CeremonyAnswer, createPasskeys, type Passkeys } from '../src/authenticators/passkeys.ts'
import { processClock } from '../src/ports/clock.ts'
import { systemRandom } from '../src/ports/random.ts'
import { openStore } from '../src/store/db.ts'
import type { AccountId } from '../src/store/ids.ts'
import { migrate } from '../src/store/migrate.ts'
import { createVault, loadDataKeys, sha256 } from '../src/vault/index.ts'
import { SoftPasskey } from '../test/authenticators/soft-passkey.ts'
import { inputValue, type Shown } from '../test/harness/http-browser.ts'
import { startAtrium } from './atrium.ts'
import type { Bench, BenchContext } from './bench.ts'
import { type Driven, driveSlice, type Slice } from './drive.ts'
import { type BenchPostgres, openPostgres } from './postgres.ts'
import { cpuOf } from './process-cpu.ts'
import { arrived, mailedCode, newBrowser, open } from './shopper.ts'
import { startStatementProxy } from './statement-proxy.ts'
import { median, rounded } from './statistics.ts'
import { table } from './table.ts'
import type { Work } from './token-cases.ts'

const CONCURRENCY = 8
const DEFAULT_SECONDS = 6
const SLICE_MS = 1_000
const WARM_UP_MS = 2_000
const COUNTED_SIGN_INS = 5
const ORIGIN = 'http://localhost:3000'
const HERE = 'bench'
const DATA_KEYS = JSON.stringify({ keys: [{ kty: 'oct', kid: 'bench', alg: 'A256GCMKW', k: Buffer.alloc(32, 7).toString('base64url') }] })

/** How much of a passkey's sign-in is its signature and the queries it cannot do without, and what the pages around it cost. */
export const passkey: Bench = {
  summary: 'what a passkey’s answer costs, how much of it is signature and queries (90 % asked), and whole sign-ins with one',
  async run(context) {
    const postgres = await openPostgres(context)
    const answers = await compareAnswers(context, postgres)
    return outcome(answers, await wholeSignIns(context, postgres))
  },
}

interface Person {
  readonly accountId: AccountId
  readonly answer: CeremonyAnswer
  readonly credentialId: string
  readonly parts: Signed
}

/** What was signed, and with what. */
interface Signed {
  readonly jwk: { readonly kty: string; readonly crv: string; readonly x: string; readonly y: string }
  readonly authenticatorData: Buffer
  readonly clientDataJSON: Buffer
  readonly signature: Buffer
}

type Sides = Readonly<Record<'answer' | 'signature' | 'queries', readonly Slice[]>>

/** In this process: all that is done with an answer, then its signature alone and its queries alone, in turn. */
async function compareAnswers(context: BenchContext, postgres: BenchPostgres): Promise<Sides> {
  const url = await postgres.createDatabase()
  await migrate(url)
  const store = openStore({ url })
  context.after(() => store.close())
  const { db } = store
  const vault = await createVault({
    ...{ db, clock: processClock, random: systemRandom },
    dataKeys: await loadDataKeys({ env: DATA_KEYS }, { generate: false }),
  })
  const relyingParty = () => ({ id: 'localhost', name: 'Bench', origins: [ORIGIN] })
  const passkeys = createPasskeys({ vault, clock: processClock, random: systemRandom, relyingParty })
  const people: Person[] = []
  for (let n = 0; n < CONCURRENCY; n++) {
    const accountId = systemRandom.uuid() as AccountId // where account ids come from
    await vault.createAccountKey(db, accountId)
    people.push(await enrol(passkeys, db, accountId))
  }
  const cpuMs = () => ({ process: ownCpuMs(), postgres: postgres.cpuMs() })
  const side = (work: (person: Person) => Promise<unknown>): Driven => ({
    works: people.map((person) => async () => void (await work(person))),
    cpuMs,
  })
  const sides = {
    answer: side(async ({ answer }) => {
      const verified = await passkeys.verify(db, answer)
      if (!verified.ok || !(await verified.record(db))) throw new Error('a good answer was refused')
    }),
    signature: side(async ({ parts }) => {
      if (!isSigned(parts)) throw new Error('a good signature was refused')
    }),
    queries: side(async ({ accountId, credentialId }) => {
      const stored = await findPasskey(db, sha256(credentialId))
      const use = { id: stored?.id ?? '', counter: 0, backupEligible: true, backedUp: true, now: processClock() }
      if (!(await recordPasskeyUse(db, accountId, use))) throw new Error('a passkey is gone')
    }),
  }
  for (const each of Object.values(sides)) await driveSlice(each, WARM_UP_MS)
  const slices: Record<keyof typeof sides, Slice[]> = { answer: [], signature: [], queries: [] }
  for (let second = 0; second < (context.seconds ?? DEFAULT_SECONDS); second++)
    for (const name of ['answer', 'signature', 'queries'] as const) slices[name].push(await driveSlice(sides[name], SLICE_MS))
  return slices
}

const ownCpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function enrol(passkeys: Passkeys, db: Parameters<Passkeys['add']>[0], accountId: AccountId): Promise<Person> {
  const soft = new SoftPasskey(ORIGIN)
  const creation = await passkeys.creation(db, { accountId, name: 'a', displayName: 'a' }, HERE)
  const registered = await passkeys.register({ where: HERE, askedAt: creation.askedAt, response: soft.create(creation.options) })
  if (!registered.ok || !(await passkeys.add(db, accountId, registered.passkey))) throw new Error('a passkey could not be added')
  const asked = await passkeys.request(db, HERE)
  const response = soft.get(asked.options)
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')
  const { authenticatorData, clientDataJSON, signature } = response.response
  return {
    accountId,
    credentialId: soft.id,
    answer: { where: HERE, askedAt: asked.askedAt, response },
    parts: {
      jwk: soft.publicJwk(),
      authenticatorData: bytes(authenticatorData),
      clientDataJSON: bytes(clientDataJSON),
      signature: bytes(signature),
    },
  }
}

/** The least a signature takes: the key read, the data hashed, the curve's mathematics. */
function isSigned({ jwk, authenticatorData, clientDataJSON, signature }: Signed): boolean {
  const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientDataJSON).digest()])
  return verifySignature('sha256', signed, createPublicKey({ key: { ...jwk }, format: 'jwk' }), signature)
}

interface Whole {
  readonly slices: readonly Slice[]
  readonly statements: number
}

/** From the shop's button to the code, at a server of its own. */
async function wholeSignIns(context: BenchContext, postgres: BenchPostgres): Promise<Whole> {
  const databaseUrl = await postgres.createDatabase()
  const proxy = await startStatementProxy(context, databaseUrl)
  const counted = await startAtrium(context, { databaseUrl: proxy.url })
  const one = signInWork(counted.issuer, await signUp(counted.issuer, CONCURRENCY))
  const counts: number[] = []
  for (let n = 0; n < COUNTED_SIGN_INS; n++) {
    proxy.take()
    await one()
    counts.push(proxy.take().length)
  }
  await counted.stop()
  const atrium = await startAtrium(context, { databaseUrl: await postgres.createDatabase() })
  const softs = await Promise.all(Array.from({ length: CONCURRENCY }, (_, n) => signUp(atrium.issuer, n)))
  const cpuMs = () => ({ server: cpuOf(atrium.pid), postgres: postgres.cpuMs() })
  const side: Driven = { works: softs.map((soft) => signInWork(atrium.issuer, soft)), cpuMs }
  await driveSlice(side, WARM_UP_MS * 2)
  const slices: Slice[] = []
  for (let second = 0; second < (context.seconds ?? DEFAULT_SECONDS); second++) slices.push(await driveSlice(side, SLICE_MS))
  await atrium.stop()
  return { slices, statements: median(counts) }
}

const optionsOn = <T>(page: Shown): T =>
  JSON.parse((/data-options="([^"]*)"/.exec(page.text)?.[1] ?? '{}').replaceAll('&quot;', '"').replaceAll('&amp;', '&')) as T // written by our own page

const fieldsOf = (page: Shown, step: string) => ({
  step,
  csrf: inputValue(page, 'csrf') ?? '',
  passkey_asked_at: inputValue(page, 'passkey_asked_at') ?? '',
})

/** An account without a password. */
async function signUp(origin: string, number: number): Promise<SoftPasskey> {
  const [browser, email, soft] = [newBrowser(origin), `passkey-${number}@example.com`, new SoftPasskey(origin)]
  let page = await browser.submit(await open(browser), {}, { name: 'action', value: 'sign-up' })
  page = await browser.submit(page, { email })
  page = await browser.submit(page, { code: await mailedCode(browser, email) })
  const passkey = JSON.stringify(soft.create(optionsOn(page)))
  arrived(await browser.post(page.url, { ...fieldsOf(page, 'sign_up'), name: 'Ada Lovelace', passkey }))
  return soft
}

const signInWork =
  (origin: string, soft: SoftPasskey): Work =>
  async () => {
    const browser = newBrowser(origin)
    const page = await open(browser)
    arrived(await browser.post(page.url, { ...fieldsOf(page, 'identify'), passkey: JSON.stringify(soft.get(optionsOn(page))) }))
  }

function outcome(sides: Sides, { slices, statements }: Whole) {
  const cpu = (of: readonly Slice[]) => median(of.map((s) => s.totalMs))
  const part = (of: readonly Slice[], who: string) => median(of.map((s) => s.cpuMs[who] ?? 0))
  const [answer, signature, queries] = [cpu(sides.answer), cpu(sides.signature), cpu(sides.queries)]
  const share = (signature + queries) / answer
  const rps = rounded(median(slices.map((s) => s.rps)), 1)
  const rows = [
    {
      case: 'answer',
      share: rounded(share, 2),
      cpu_ms: rounded(answer, 3),
      signature_cpu_ms: rounded(signature, 3),
      queries_cpu_ms: rounded(queries, 3),
    },
    { case: 'sign_in', atrium: { cpu_ms: rounded(cpu(slices), 2), rps }, statements },
  ]
  const line = (name: string, of: readonly Slice[], own: string) => [
    name,
    cpu(of).toFixed(2),
    part(of, own).toFixed(2),
    part(of, 'postgres').toFixed(2),
  ]
  const text = [
    table(
      ['', 'CPU ms', 'of that here', 'PostgreSQL'],
      [
        line('an answer', sides.answer, 'process'),
        line('  its signature alone', sides.signature, 'process'),
        line('  its queries alone', sides.queries, 'process'),
        line('a whole sign-in', slices, 'server'),
      ],
    ),
    `${(share * 100).toFixed(0)} % of an answer is signature and queries; asked 90 %.`,
    `A whole sign-in: ${statements} statements, ${rps} a second.`,
  ].join('\n\n')
  return { rows, text }
}
