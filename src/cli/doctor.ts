import pg from 'pg'
import { type Config, loadConfig } from '../config.ts'
import { processClock, realNowMs } from '../ports/clock.ts'
import { probeSmtp } from '../ports/mail.ts'
import { openStore } from '../store/db.ts'
import { hasEmbeddedData } from '../store/embedded-postgres.ts'
import { pendingMigrations } from '../store/migrate.ts'
import { missingPartitions } from '../store/partitions.ts'
import { readSigningKeys } from '../vault/index.ts'
import { describeFailure } from './command-failed.ts'
import { examineErasures } from './examine-erasures.ts'
import { keyFindings } from './key-findings.ts'
import { erasureListOf } from './open-app.ts'
import { type OpenDatabase, openDatabase } from './open-database.ts'
import { type OpenVault, withVaultOf } from './open-vault.ts'
import { proxyWarnings } from './proxy-warnings.ts'
import type { Surroundings } from './run-command.ts'

interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly about: 'configuration' | 'database' | 'clock' | 'keys' | 'mail' | 'sms' | 'passwords' | 'erasures'
  readonly line: string
}

/** `atrium doctor`: one line a finding. Returns the exit status: 1 when one is an error. */
export async function doctor({ env, print }: Surroundings): Promise<number> {
  const loaded = loadConfig(env)
  const findings = loaded.ok ? await examine(loaded.config) : loaded.problems.map((line) => finding('error', 'configuration', line))
  for (const { level, about, line } of findings) print(`${level.padEnd(7)}  ${about.padEnd(13)}  ${line}`)
  return findings.some(({ level }) => level === 'error') ? 1 : 0
}

const finding = (level: Finding['level'], about: Finding['about'], line: string): Finding => ({ level, about, line })

async function examine(config: Config): Promise<Finding[]> {
  const mode = config.production ? 'production' : 'development'
  return [
    finding('ok', 'configuration', `issuer ${config.issuer}, ${mode}`),
    ...proxyWarnings(config).map((line) => finding('warning', 'configuration', line)),
    ...(await examineStore(config).catch((error) => [failed('database', error)])),
    await examineMail(config),
    smsFinding(config),
    ...(await examineBreached(config)),
  ]
}

const failed = (about: Finding['about'], error: unknown): Finding => finding('error', about, describeFailure(error).lines[0] ?? 'failed')

async function examineStore(config: Config): Promise<Finding[]> {
  if (!config.database.url && !(await hasEmbeddedData(config))) {
    return [finding('warning', 'database', `none yet in ${config.dataDir}: atrium start makes it`)]
  }
  const database = await openDatabase(config)
  try {
    const pending = await pendingMigrations(database.url)
    const facts = await serverFacts(database.url)
    const schema = pending.length > 0 ? [finding('error', 'database', `lacks ${pending.join(', ')}: run atrium migrate`)] : []
    return [
      finding('ok', 'database', `PostgreSQL ${facts.version}${config.database.url ? '' : ` in ${database.dataDir}`}`),
      ...schema,
      ...(pending.length > 0 ? [] : [await examinePartitions(database), ...(await examineKeys(config, database))]),
      clockFinding(facts.clockAheadMs),
    ]
  } finally {
    await database.close()
  }
}

async function serverFacts(url: string): Promise<{ version: string; clockAheadMs: number }> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const before = realNowMs()
    const { rows } = await client.query<{ version: string; ms: number }>(
      `select current_setting('server_version') as version, extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
    )
    const here = (before + realNowMs()) / 2
    return { version: rows[0]?.version ?? '', clockAheadMs: (rows[0]?.ms ?? here) - here }
  } finally {
    await client.end()
  }
}

/** Codes live a minute: a server whose clock differs by more refuses what another one issued. */
const CLOCK_ERROR_MS = 30_000
const CLOCK_WARNING_MS = 2_000

function clockFinding(aheadMs: number): Finding {
  const off = Math.abs(aheadMs)
  const level = off > CLOCK_ERROR_MS ? 'error' : off > CLOCK_WARNING_MS ? 'warning' : 'ok'
  return finding(level, 'clock', `differs from the database's by ${(off / 1000).toFixed(1)} s`)
}

async function examinePartitions({ url }: OpenDatabase): Promise<Finding> {
  const store = openStore({ url, maxConnections: 1 })
  try {
    const missing = await missingPartitions(store.pool, processClock())
    if (missing.length === 0) return finding('ok', 'database', 'the schema is up to date, every partition is there')
    return finding('warning', 'database', `${missing.length} partitions are missing: a running Atrium makes them within the hour`)
  } finally {
    await store.close()
  }
}

async function examineKeys(config: Config, database: OpenDatabase): Promise<Finding[]> {
  try {
    return await withVaultOf(config, database, (opened) => examineOpened(opened, erasureListOf(config, database)), { generate: false })
  } catch (error) {
    return [failed('keys', error)]
  }
}

async function examineOpened(opened: OpenVault, erasureList: string): Promise<Finding[]> {
  const { jwks } = await readSigningKeys({ ...opened, db: opened.store.db })
  const signing = jwks.keys.length === 0 ? 'no signing key is there yet: atrium start makes them' : `${jwks.keys.length} signing keys open`
  const warnings = await keyFindings(opened)
  const erasures = await examineErasures(opened, erasureList)
  return [
    finding('ok', 'keys', `the data keys open the vault, ${signing}`),
    ...warnings.map((line) => finding('warning', 'keys', line)),
    finding(erasures.level, 'erasures', erasures.line),
  ]
}

async function examineBreached({ breachedPasswords: { file } }: Config): Promise<Finding[]> {
  if (file === undefined) return []
  const { openBreachedFile } = await import('../authenticators/index.ts')
  try {
    await (await openBreachedFile(file)).close()
    return [finding('ok', 'passwords', `new ones are looked up in ${file}`)]
  } catch (error) {
    return [failed('passwords', error)]
  }
}

async function examineMail({ mail, issuer }: Config): Promise<Finding> {
  if (!mail.smtpUrl) return finding('ok', 'mail', `kept for ${issuer}/dev/mailbox`)
  const { at, problem } = await probeSmtp(mail.smtpUrl.reveal())
  return problem === undefined ? finding('ok', 'mail', `${at} answers, sender ${mail.from}`) : finding('error', 'mail', `${at} ${problem}`)
}

/** Nothing is sent to find out: a message costs money. */
function smsFinding({ sms, mail, issuer, production }: Config): Finding {
  if (sms) return finding('ok', 'sms', `sent through ${new URL(sms.url.reveal()).host}`)
  if (!production && !mail.smtpUrl) return finding('ok', 'sms', `kept for ${issuer}/dev/mailbox`)
  return finding('warning', 'sms', 'none is sent, so codes by SMS are not offered: set ATRIUM_SMS_URL')
}
