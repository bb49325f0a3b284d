import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { LOG_LEVELS } from './ports/log.ts'
import { Secret } from './ports/secret.ts'

/** One environment variable: the only place that says what it means. `docs/configuration.md` is written from these. */
export interface Setting<T> {
  /** Of a value that is there; an empty one counts as unset. */
  readonly type: z.ZodType<T, string>
  /** What a value must be, to complete "must be …". */
  readonly expected: string
  /** Used when unset. */
  readonly fallback?: NoInfer<T>
  /** In words, where the default is computed. */
  readonly fallbackText?: string
  /** Never printed, not even in an error about it. */
  readonly secret?: true
  /** One or two sentences for the operator. */
  readonly doc: string
}

const setting = <T>(declaration: Setting<T>): Setting<T> => declaration

const text = z.string()
const when = (holds: (value: string) => boolean) => text.refine(holds)

const port = text
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .pipe(z.number().min(1).max(65_535))
const portDoc = 'a port from 1 to 65535'

const isOrigin = (value: string): boolean => {
  const url = URL.parse(value)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === value
}
const hasScheme =
  (...schemes: string[]) =>
  (value: string): boolean =>
    schemes.some((scheme) => value.startsWith(`${scheme}://`)) && URL.canParse(value.replace('@/', '@socket/'))
const isAddressRange = (value: string): boolean => ipaddr.isValid(value) || ipaddr.isValidCIDR(value)
const list = (value: string): string[] => value.split(',').map((part) => part.trim())
const isSender = (value: string): boolean => /^(?:[^<>\r\n]+<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/.test(value)

const isHttp = (value: string): boolean => /^https?:$/.test(URL.parse(value)?.protocol ?? '')
const isHeaders = (value: string): boolean => headersSchema.safeParse(value).success

/** `ATRIUM_SMS_HEADERS`: JSON that holds a flat object of texts that may stand in a header. */
export const headersSchema = z.preprocess(
  (text) => {
    try {
      return JSON.parse(String(text))
    } catch {
      return undefined
    }
  },
  z.record(z.string().regex(/^[\w-]{1,60}$/), z.string().regex(/^[\x20-\x7e]{1,2000}$/)),
)

const secret = (holds: (value: string) => boolean) => when(holds).transform((value) => new Secret(value))

/** Every variable Atrium reads, in the order of the documentation. */
export const SETTINGS = {
  ATRIUM_ISSUER: setting({
    type: when(isOrigin),
    expected: 'an origin without path and trailing slash, such as https://id.example.com',
    fallback: 'http://localhost:3000',
    doc: 'The public origin, which is the OpenID Connect issuer too. Relying parties store it: choose it once. Only its host is answered.',
  }),
  HOST: setting({
    type: when((value) => /^[\w.:-]+$/.test(value)),
    expected: 'a host name or an address',
    fallbackText: "the issuer's host; `localhost` is both loopback families",
    doc: 'Where to listen. Behind a proxy in another container: `0.0.0.0` or `::`.',
  }),
  PORT: setting({ type: port, expected: portDoc, fallbackText: "the issuer's port", doc: 'The port to listen on.' }),
  DATABASE_URL: setting({
    type: secret(hasScheme('postgres', 'postgresql')),
    expected: 'a postgres:// URL',
    secret: true,
    doc: 'PostgreSQL 15 or newer. Unset, Atrium runs a PostgreSQL of its own in `ATRIUM_DATA_DIR`, for one node only.',
  }),
  ATRIUM_DATA_DIR: setting({
    type: text,
    expected: 'a path',
    fallback: './data',
    fallbackText: "`./data`; `/var/lib/atrium` when started as root and the database's user cannot reach `./data`",
    doc: 'Where the embedded PostgreSQL and the generated keys are.',
  }),
  ATRIUM_ERASURE_LIST: setting({
    type: text,
    expected: 'a path',
    fallbackText: '`erased-accounts` in the data directory',
    doc: 'File that names the accounts that were erased, as HMACs, so that a database that is put back from a backup is purged of them. It is only ever appended to: keep it where restoring the database does not roll it back.',
  }),
  ATRIUM_GROUP: setting({
    type: text,
    expected: 'a path',
    fallbackText: '`config/demo.yaml` with `--demo`, else none',
    doc: 'A group file that is applied at each start.',
  }),
  ATRIUM_DATA_KEYS: setting({
    type: text,
    expected: 'a file, or env: and the name of a variable, that holds a JWK set',
    fallbackText: 'generated in the data directory outside production',
    doc: 'The keys that wrap all data keys: a JWK set, newest first, in a file or (`env:NAME`) in another variable. Without them the data cannot be read.',
  }),
  ATRIUM_OPS_PORT: setting({
    type: port,
    expected: portDoc,
    fallback: 9000,
    doc: '`/healthz`, `/readyz` and `/metrics`, on loopback, never on the public port.',
  }),
  ATRIUM_DRAIN_S: setting({
    type: text
      .regex(/^\d{1,2}$/)
      .transform(Number)
      .pipe(z.number().max(15)),
    expected: 'seconds from 0 to 15',
    fallbackText: '`5` in production, else `0`',
    doc: 'How long a process that was asked to stop goes on answering while `/readyz` says no. It stops within 25 seconds in any case.',
  }),
  ATRIUM_WORKERS: setting({
    type: z.union([
      z.literal('auto'),
      text
        .regex(/^\d{1,3}$/)
        .transform(Number)
        .pipe(z.number().min(1)),
    ]),
    expected: 'a number of processes, or auto',
    fallback: 1,
    doc: 'Processes to serve with; `auto` is one for each core. With more than one, another process starts them, and starts again what dies. Each has up to fourteen connections to the database.',
  }),
  SMTP_URL: setting({
    type: secret(hasScheme('smtp', 'smtps')),
    expected: 'an smtp:// or smtps:// URL',
    secret: true,
    doc: 'Where mail goes. Unset outside production, mails are kept for `/dev/mailbox`.',
  }),
  MAIL_FROM: setting({
    type: when(isSender),
    expected: 'an address such as id@example.com, or "Name <id@example.com>"',
    fallbackText: "`no-reply@` and the issuer's host",
    doc: "The sender's address of every mail; the name is the brand's.",
  }),
  ATRIUM_SMS_URL: setting({
    type: secret(isHttp),
    expected: 'an http(s):// URL',
    secret: true,
    doc: 'Where text messages go: the address at which an SMS provider takes one message by HTTP. In production https and a public address. Unset outside production, messages are kept for `/dev/mailbox`; unset in production, nothing that needs SMS is offered.',
  }),
  ATRIUM_SMS_METHOD: setting({
    type: z.enum(['POST', 'PUT']),
    expected: 'POST or PUT',
    fallback: 'POST',
    doc: 'How the provider is asked. Not by GET: numbers and codes would stand in an address, which is what others log.',
  }),
  ATRIUM_SMS_HEADERS: setting({
    type: secret(isHeaders),
    expected: 'a JSON object of header names and values',
    fallbackText: 'the type of the body',
    secret: true,
    doc: 'Headers of that request, such as `{"Authorization": "env:SMS_AUTHORIZATION"}`: a value that begins with `env:` is the value of another variable.',
  }),
  ATRIUM_SMS_BODY: setting({
    type: secret((value) => value.includes('{text}') && /\{to(_digits)?\}/.test(value)),
    expected: 'a text with {text} and {to} or {to_digits}',
    secret: true,
    doc: 'Body of that request: JSON when it begins with `{`, such as `{"to": "{to}", "from": "{from}", "text": "{text}"}`, else a form, such as `To={to}&From={from}&Body={text}`. `{to_digits}` is the number without its plus. Values are quoted as the form needs.',
  }),
  ATRIUM_SMS_FROM: setting({
    type: when((value) => /^[\p{L}\p{N} +._-]{1,32}$/u.test(value)),
    expected: 'a sender of at most 32 letters, digits and spaces',
    doc: 'What `{from}` stands for: a number or a name that the provider knows as yours.',
  }),
  TRUST_PROXY: setting({
    type: text.transform(list).refine((ranges) => ranges.every(isAddressRange)),
    expected: 'addresses or CIDR ranges, separated by commas',
    fallbackText: 'none',
    doc: 'Proxies whose `X-Forwarded-*` and `Client-Cert` headers are believed.',
  }),
  ATRIUM_BREACHED_PASSWORDS: setting({
    type: text,
    expected: 'a path',
    fallbackText: 'a list of 49,000 common ones',
    doc: 'A file of stolen passwords that new ones are looked up in: SHA-1 hashes in hex and counts (`HASH:COUNT`), one a line, ordered by hash, as the downloader of "Pwned Passwords" writes it. It is searched on the disk, not loaded.',
  }),
  ATRIUM_BREACHED_PASSWORDS_URL: setting({
    type: when((value) => isHttp(value) && value.endsWith('/')),
    expected: 'an http(s):// URL that ends with a slash, such as https://api.pwnedpasswords.com/range/',
    fallbackText: 'none is asked',
    doc: 'A service that new passwords are looked up at too, by the first five hex digits of their SHA-1. When it does not answer within two seconds nobody is kept waiting. In production https and a public address.',
  }),
  ATRIUM_GEO_CITY: setting({
    type: text,
    expected: 'a path',
    fallbackText: 'the bundled free data, if installed',
    doc: 'An MMDB file with cities, for risk signals.',
  }),
  ATRIUM_GEO_ASN: setting({
    type: text,
    expected: 'a path',
    fallbackText: 'the bundled free data, if installed',
    doc: 'An MMDB file with networks, for risk signals.',
  }),
  LOG_LEVEL: setting({
    type: z.enum(LOG_LEVELS),
    expected: `one of ${LOG_LEVELS.join(', ')}`,
    fallback: 'info',
    doc: 'How much is logged.',
  }),
  NODE_ENV: setting({
    type: z.enum(['production', 'development', 'test']),
    expected: 'production, development or test',
    doc: '`production` refuses an http issuer, the embedded mailbox, generated keys and demo secrets, and does not read `.env`.',
  }),
} as const

export type SettingName = keyof typeof SETTINGS
/** What a variable's value is once parsed; undefined: unset and without a plain default. */
export type Values = { readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T | undefined : never }

/** `docs/configuration.md`. */
export function configurationPage(): string {
  const rows = Object.entries(SETTINGS as Readonly<Record<string, Setting<unknown>>>).map(
    ([name, { expected, doc, fallback, fallbackText }]) => {
      const value = fallbackText ?? (fallback === undefined ? 'unset' : `\`${fallback}\``)
      return `| \`${name}\` | ${doc} | ${expected} | ${value} |`
    },
  )
  return `# Configuration

Atrium is configured by environment variables; everything about brands, partners and clients is in the group file.
Outside production a file \`.env\` in the working directory is read too; what the environment says wins.
A value that is wrong, or an unknown \`ATRIUM_*\` variable, stops the start with one line for each.

This page is written from \`src/settings.ts\` by \`npm run docs:config\`.

| variable | meaning | must be | default |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}
