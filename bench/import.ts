import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { sealImportedAccount } from '../src/accounts/index.ts'
import { sealImported } from '../src/authenticators/index.ts'
import { createGroups, parseGroupFile } from '../src/group/index.ts'
import { type ImportDeps, runImport } from '../src/import/index.ts'
import { processClock } from '../src/ports/clock.ts'
import { systemRandom } from '../src/ports/random.ts'
import { openStore } from '../src/store/db.ts'
import type { AccountId } from '../src/store/ids.ts'
import { migrate } from '../src/store/migrate.ts'
import { createVault, loadDataKeys } from '../src/vault/index.ts'
import type { Bench, BenchContext, Row } from './bench.ts'
import { type BenchPostgres, openPostgres } from './postgres.ts'
import { table } from './table.ts'

const DEFAULT_ROWS = 20_000
const SEALED = 5_000
const DEMO = new URL('../config/demo.yaml', import.meta.url)
const NAMES = { given_name: 'Ada', family_name: 'Lovelace', name: 'Ada Lovelace' }
const BCRYPT = `$2b$12$${'a'.repeat(53)}`

type Format = 'atrium' | 'auth0' | 'keycloak'
/** What most rows of a system have, and what stands around them. */
const FILES: Readonly<Record<Format, { readonly around: readonly [string, string, string]; row(i: number): unknown }>> = {
  atrium: {
    around: ['', '\n', '\n'],
    row: (i) => ({
      ...{ id: `a${i}`, email: `person.${i}@atrium.example`, email_verified: true, locale: 'de', password: BCRYPT },
      ...{ phone_number: `+4930${String(10_000_000 + i)}`, phone_number_verified: true, attributes: { ...NAMES, shoe_size: '39' } },
    }),
  },
  auth0: {
    around: ['', '\n', '\n'],
    row: (i) => ({ user_id: `auth0|${i}`, email: `person.${i}@auth0.example`, email_verified: true, ...NAMES, passwordHash: BCRYPT }),
  },
  keycloak: {
    around: ['{"realm":"shop","users":[', ',', ']}'],
    row: (i) => ({
      ...{ id: `k${i}`, email: `person.${i}@keycloak.example`, emailVerified: true, enabled: true, firstName: 'Ada', lastName: 'Lovelace' },
      credentials: [
        {
          type: 'password',
          secretData: JSON.stringify({ value: Buffer.alloc(64, 1).toString('base64'), salt: Buffer.alloc(16, 2).toString('base64') }),
          credentialData: JSON.stringify({ hashIterations: 210_000, algorithm: 'pbkdf2-sha512' }),
        },
      ],
    }),
  },
}

/** How many accounts a second one core imports, encryption included, and what share of that it is. */
export const importing: Bench = {
  summary: 'accounts of other systems imported a second and core, and the share spent in encryption (--rows: accounts of each format)',
  async run(context) {
    const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-import-'))
    context.after(() => rm(folder, { recursive: true, force: true }))
    const postgres = await openPostgres(context)
    const deps = await openDeps(context, await postgres.createDatabase())
    const sealing = await sealingMs(deps)
    const rows: Row[] = []
    for (const format of ['atrium', 'auth0', 'keycloak'] as const) {
      const file = await written(join(folder, format), format, context.rows ?? DEFAULT_ROWS)
      rows.push(await measured(deps, postgres, { name: format, format, file, dryRun: false }, sealing))
      if (format !== 'atrium') continue
      rows.push(await measured(deps, postgres, { name: 'the same again', format, file, dryRun: false }, sealing))
      rows.push(await measured(deps, postgres, { name: 'rehearsed', format, file, dryRun: true }, sealing))
    }
    return { rows, text: textOf(rows) }
  },
}

async function openDeps(context: BenchContext, url: string): Promise<ImportDeps> {
  await migrate(url)
  const store = openStore({ url, maxConnections: 3 })
  context.after(() => store.close())
  const [db, clock, random] = [store.db, processClock, systemRandom]
  const keys = JSON.stringify({ keys: [{ kty: 'oct', kid: 'bench', k: random.bytes(32).toString('base64url') }] })
  const vault = await createVault({ db, dataKeys: await loadDataKeys({ env: keys }, { generate: false }), clock, random })
  const groups = await createGroups({ db, vault, random, clock, production: false })
  const parsed = parseGroupFile(readFileSync(DEMO, 'utf8'), 'demo.yaml')
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  await groups.apply(db, parsed.file)
  return { db, vault, clock, random, group: groups.current(), rpId: 'localhost' }
}

async function written(path: string, format: Format, rows: number): Promise<string> {
  const { around, row } = FILES[format]
  const out = createWriteStream(path)
  out.write(around[0])
  for (let i = 0; i < rows; i++) if (!out.write(`${i > 0 ? around[1] : ''}${JSON.stringify(row(i))}`)) await once(out, 'drain')
  out.end(around[2])
  await once(out, 'close')
  return path
}

interface Case {
  readonly name: string
  readonly format: Format
  readonly file: string
  readonly dryRun: boolean
}

async function measured(deps: ImportDeps, postgres: BenchPostgres, { name, ...options }: Case, sealing: number): Promise<Row> {
  const [own, of, startedMs] = [process.cpuUsage(), postgres.cpuMs(), performance.now()]
  const summary = await runImport(deps, { ...options, source: 'customer', mapping: {} })
  const seconds = (performance.now() - startedMs) / 1000
  const { user, system } = process.cpuUsage(own)
  const [server, database] = [(user + system) / 1000, postgres.cpuMs() - of]
  const perAccount = (ms: number): number => Math.round((ms / summary.rows) * 1000) / 1000
  return {
    case: name,
    accounts: summary.rows,
    imported: summary.imported,
    per_s: Math.round(summary.rows / seconds),
    per_s_and_core: Math.round((summary.rows / (server + database)) * 1000),
    cpu_ms: perAccount(server),
    postgres_ms: perAccount(database),
    encryption_share: summary.imported === 0 || options.dryRun ? 0 : Math.round((sealing / perAccount(server + database)) * 100) / 100,
    resident_mib: Math.round(process.memoryUsage.rss() / 2 ** 20),
  }
}

/** CPU of everything the vault does for one account: its data key made, wrapped and used, its blind indexes. */
async function sealingMs({ vault, clock, random }: ImportDeps): Promise<number> {
  const imported = {
    ...({ status: 'active', locale: 'de', attributes: NAMES, source: 'customer' } as const),
    identifiers: [{ kind: 'email', value: 'ada@example.com', proven: true } as const],
  }
  const proofs = { password: { kind: 'bcrypt', hash: BCRYPT } as const, totp: undefined, passkeys: [] }
  const sealMany = async (many: number): Promise<number> => {
    const before = process.cpuUsage()
    for (let i = 0; i < many; i++) {
      const key = await vault.prepareAccountKey(random.uuid() as AccountId)
      sealImportedAccount({ vault, clock }, key, imported)
      sealImported({ clock, random }, key, proofs)
      vault.blindIndex('import', `auth0\0customer\0${i}`)
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / many
  }
  await sealMany(SEALED) // the compiler has seen it
  return sealMany(SEALED)
}

const COLUMNS = ['accounts', 'per_s', 'per_s_and_core', 'cpu_ms', 'postgres_ms', 'encryption_share', 'resident_mib'] as const
const HEADS = ['case', 'accounts', 'a second', 'a second and core', 'CPU ms', 'PostgreSQL ms', 'encryption', 'MiB resident']

const textOf = (rows: readonly Row[]): string =>
  table(
    HEADS,
    rows.map((row) => [row.case, ...COLUMNS.map((column) => String(row[column]))]),
  )
