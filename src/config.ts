import { fileURLToPath } from 'node:url'
import { didYouMean } from './group/did-you-mean.ts'
import type { LogLevel } from './ports/log.ts'
import { Secret } from './ports/secret.ts'
import type { SmsProvider } from './ports/sms.ts'
import { SETTINGS, type Setting, type SettingName, type Values } from './settings.ts'
import { readSms } from './sms-config.ts'

/** What the environment says, checked. Read once, frozen all through. */
export interface Config {
  /** `NODE_ENV=production`: no http issuer, no kept mails, no generated keys, no demo secrets. */
  readonly production: boolean
  /** With `--demo`: the demo group and the demo sites. */
  readonly demo: boolean
  /** An origin, without trailing slash. */
  readonly issuer: string
  readonly listen: { readonly hosts: readonly string[]; readonly port: number }
  /** Without a URL: the embedded PostgreSQL. */
  readonly database: { readonly url?: Secret }
  readonly dataDir: string
  /** Where root goes when the database's user cannot reach `dataDir`; absent when `dataDir` was chosen by the operator. */
  readonly fallbackDataDir?: string
  /** Absent: in the data directory. */
  readonly erasureList?: string
  readonly groupFile?: string
  /** The key-encryption keys; absent: generated in the data directory. */
  readonly dataKeys?: { readonly file: string } | { readonly env: Secret }
  readonly opsPort: number
  /** How long a process that was asked to stop goes on answering, so that load balancers notice first. */
  readonly drainS: number
  readonly workers: number | 'auto'
  readonly mail: { readonly from: string; readonly smtpUrl?: Secret }
  /** Absent: outside production text messages are kept with the mails, in production there are none. */
  readonly sms?: SmsProvider
  /** Addresses and CIDR ranges. */
  readonly trustProxy: readonly string[]
  /** Where new passwords are looked up beside the built-in list. */
  readonly breachedPasswords: { readonly file?: string; readonly url?: string }
  readonly geo: { readonly city?: string; readonly asn?: string }
  readonly logLevel: LogLevel
}

/** The configuration, or every problem at once. */
export type LoadedConfig = { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly string[] }

type Environment = Readonly<Record<string, string | undefined>>

/** The group file that `--demo` applies, whatever the working directory is. */
const DEMO_GROUP = fileURLToPath(new URL('../config/demo.yaml', import.meta.url))

/**
 * Reads the configuration from the environment. Pure: nothing is opened.
 *
 * @returns the configuration, or every problem at once, each in one line that names the variable and, unless it is secret, what was found
 */
export function loadConfig(env: Environment, { demo = false }: { demo?: boolean } = {}): LoadedConfig {
  const problems = unknownVariables(env)
  const values = readValues(env, problems)
  const dataKeys = readDataKeys(values.ATRIUM_DATA_KEYS, env, problems)
  const sms = readSms(values, env, problems)
  if (values.NODE_ENV === 'production') problems.push(...refusedInProduction(env, values, demo))
  if (problems.length > 0) return { ok: false, problems }
  const { DATABASE_URL: url, SMTP_URL: smtpUrl, ATRIUM_GEO_CITY: city, ATRIUM_GEO_ASN: asn } = values
  const { ATRIUM_BREACHED_PASSWORDS: breachedFile, ATRIUM_BREACHED_PASSWORDS_URL: breachedUrl } = values
  const issuer = new URL(values.ATRIUM_ISSUER ?? '')
  const groupFile = values.ATRIUM_GROUP ?? (demo ? DEMO_GROUP : undefined)
  const config: Config = {
    production: values.NODE_ENV === 'production',
    demo,
    issuer: issuer.origin,
    listen: { hosts: values.HOST ? [values.HOST] : hostsOf(issuer), port: values.PORT ?? portOf(issuer) },
    database: { ...(url && { url }) },
    dataDir: values.ATRIUM_DATA_DIR ?? '',
    ...(!env.ATRIUM_DATA_DIR && { fallbackDataDir: '/var/lib/atrium' }),
    ...(values.ATRIUM_ERASURE_LIST && { erasureList: values.ATRIUM_ERASURE_LIST }),
    ...(groupFile !== undefined && { groupFile }),
    ...(dataKeys && { dataKeys }),
    opsPort: values.ATRIUM_OPS_PORT ?? 0,
    drainS: values.ATRIUM_DRAIN_S ?? (values.NODE_ENV === 'production' ? 5 : 0),
    workers: values.ATRIUM_WORKERS ?? 1,
    mail: { from: values.MAIL_FROM ?? `no-reply@${issuer.hostname}`, ...(smtpUrl && { smtpUrl }) },
    ...(sms && { sms }),
    trustProxy: values.TRUST_PROXY ?? [],
    breachedPasswords: { ...(breachedFile && { file: breachedFile }), ...(breachedUrl && { url: breachedUrl }) },
    geo: { ...(city && { city }), ...(asn && { asn }) },
    logLevel: values.LOG_LEVEL ?? 'info',
  }
  return { ok: true, config: deepFreeze(config) }
}

/** A typing mistake in a name would silently leave the default in force. Only our own prefix can be checked. */
function unknownVariables(env: Environment): string[] {
  const known = Object.keys(SETTINGS)
  const referred = [env.ATRIUM_DATA_KEYS ?? '', ...(env.ATRIUM_SMS_HEADERS ?? '').split('"')].map((text) => text.replace(/^env:/, ''))
  const ours = Object.keys(env).filter((name) => name.startsWith('ATRIUM_') && !known.includes(name) && !referred.includes(name))
  return ours.map((name) => `${name}: there is no such setting${didYouMean(name, known)}`)
}

function readValues(env: Environment, problems: string[]): Values {
  const entries = Object.entries(SETTINGS as Readonly<Record<string, Setting<unknown>>>)
  const values = entries.map(([name, { type, expected, fallback, secret }]) => {
    const found = env[name]
    if (!found) return [name, fallback]
    const parsed = type.safeParse(found)
    if (!parsed.success) problems.push(`${name}: must be ${expected}${secret ? '' : `, found ${JSON.stringify(found)}`}`)
    return [name, parsed.data]
  })
  return Object.fromEntries(values) as Values // each entry was parsed by the type of its own name
}

function readDataKeys(setting: string | undefined, env: Environment, problems: string[]): Config['dataKeys'] {
  if (setting === undefined || !setting.startsWith('env:')) return setting === undefined ? undefined : { file: setting }
  const name = setting.slice('env:'.length)
  const keys = env[name]
  if (keys) return { env: new Secret(keys) }
  problems.push(`ATRIUM_DATA_KEYS: names the variable ${JSON.stringify(name)}, which is not set`)
  return undefined
}

function refusedInProduction(env: Environment, values: Values, demo: boolean): string[] {
  const inProduction = (name: SettingName, rule: string) => `${name}: ${rule} when NODE_ENV is production`
  return [
    ...(values.ATRIUM_ISSUER?.startsWith('http:')
      ? [inProduction('ATRIUM_ISSUER', `must be https, found "${values.ATRIUM_ISSUER}",`)]
      : []),
    ...(values.ATRIUM_BREACHED_PASSWORDS_URL?.startsWith('http:') ? [inProduction('ATRIUM_BREACHED_PASSWORDS_URL', 'must be https')] : []),
    ...(values.ATRIUM_SMS_URL?.reveal().startsWith('http:') ? [inProduction('ATRIUM_SMS_URL', 'must be https')] : []),
    ...(env.SMTP_URL ? [] : [inProduction('SMTP_URL', 'must be set')]),
    ...(env.ATRIUM_DATA_KEYS ? [] : [inProduction('ATRIUM_DATA_KEYS', 'must be set')]),
    ...(demo ? [inProduction('NODE_ENV', '--demo is refused')] : []),
  ]
}

/** A browser may take either family for `localhost`. */
function hostsOf({ hostname }: URL): string[] {
  return hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname.replace(/^\[|\]$/g, '')]
}

const portOf = ({ port, protocol }: URL): number => (port ? Number(port) : protocol === 'https:' ? 443 : 80)

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
