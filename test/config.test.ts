import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { type Config, loadConfig } from '../src/config.ts'
import { configurationPage, SETTINGS } from '../src/settings.ts'

const PRODUCTION = {
  NODE_ENV: 'production',
  ATRIUM_ISSUER: 'https://id.example.com',
  SMTP_URL: 'smtp://mail.example.com',
  ATRIUM_DATA_KEYS: '/etc/atrium/keys.json',
}

function load(env: Record<string, string>, options = {}): Config {
  const loaded = loadConfig(env, options)
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.join('\n'))
  return loaded.config
}

function problemsOf(env: Record<string, string>, options = {}): readonly string[] {
  const loaded = loadConfig(env, options)
  assert.ok(!loaded.ok, 'the configuration should have been refused')
  return loaded.problems
}

test('an empty environment gives the defaults of the contract', () => {
  const config = load({})

  assert.deepEqual(config, {
    production: false,
    demo: false,
    issuer: 'http://localhost:3000',
    listen: { hosts: ['127.0.0.1', '::1'], port: 3000 },
    database: {},
    dataDir: './data',
    fallbackDataDir: '/var/lib/atrium',
    opsPort: 9000,
    drainS: 0,
    workers: 1,
    mail: { from: 'no-reply@localhost' },
    trustProxy: [],
    breachedPasswords: {},
    geo: {},
    logLevel: 'info',
  })
})

test('host and port follow the issuer unless they are set', () => {
  const listen = (env: Record<string, string>) => load(env).listen

  assert.deepEqual(listen({ ATRIUM_ISSUER: 'https://id.example.com' }), { hosts: ['id.example.com'], port: 443 })
  assert.deepEqual(listen({ ATRIUM_ISSUER: 'http://[::1]:4000' }), { hosts: ['::1'], port: 4000 })
  assert.deepEqual(listen({ ATRIUM_ISSUER: 'https://id.example.com', HOST: '0.0.0.0', PORT: '8080' }), { hosts: ['0.0.0.0'], port: 8080 })
})

test('an empty value counts as unset', () => {
  assert.deepEqual(load({ DATABASE_URL: '', PORT: '', ATRIUM_DATA_DIR: '' }), load({}))
})

test('a data directory that the operator chose has no stand-in', () => {
  assert.equal(load({ ATRIUM_DATA_DIR: '/srv/atrium' }).fallbackDataDir, undefined)
})

test('the demo brings its group file, unless another one is named', () => {
  assert.match(load({}, { demo: true }).groupFile ?? '', /config\/demo\.yaml$/)
  assert.equal(load({ ATRIUM_GROUP: 'our.yaml' }, { demo: true }).groupFile, 'our.yaml')
  assert.equal(load({}).groupFile, undefined)
})

test('every problem is told at once, each with the variable, what it must be and what was found', () => {
  const problems = problemsOf({
    ATRIUM_ISSUER: 'https://id.example.com/auth/',
    PORT: '70000',
    LOG_LEVEL: 'loud',
    TRUST_PROXY: '10.0.0.0/8,nonsense',
    ATRIUM_WORKERS: '0',
    NODE_ENV: 'prod',
  })

  assert.deepEqual(problems, [
    'ATRIUM_ISSUER: must be an origin without path and trailing slash, such as https://id.example.com, found "https://id.example.com/auth/"',
    'PORT: must be a port from 1 to 65535, found "70000"',
    'ATRIUM_WORKERS: must be a number of processes, or auto, found "0"',
    'TRUST_PROXY: must be addresses or CIDR ranges, separated by commas, found "10.0.0.0/8,nonsense"',
    'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent, found "loud"',
    'NODE_ENV: must be production, development or test, found "prod"',
  ])
})

for (const issuer of [
  'https://id.example.com/',
  'https://ID.example.com',
  'https://a@id.example.com',
  'id.example.com',
  'ftp://id.example.com',
  'https://id.example.com?x',
]) {
  test(`${issuer} is no issuer`, () => {
    assert.match(problemsOf({ ATRIUM_ISSUER: issuer }).join(), /^ATRIUM_ISSUER: must be an origin/)
  })
}

test('an unknown variable of ours is a problem and names the likely one; those of others are not ours to judge', () => {
  assert.deepEqual(problemsOf({ ATRIUM_ISUER: 'x' }), ['ATRIUM_ISUER: there is no such setting, did you mean ATRIUM_ISSUER?'])
  assert.ok(loadConfig({ ISSUER: 'x' }).ok)
})

test('a secret is printed nowhere: not when it is wrong, not with the configuration', () => {
  const wrong = problemsOf({ DATABASE_URL: 'mysql://u:hunter2@db/x', SMTP_URL: 'https://u:hunter2@mail' }).join()
  const right = load({
    DATABASE_URL: 'postgres://u:hunter2@db/x',
    SMTP_URL: 'smtp://u:hunter2@mail',
    ATRIUM_DATA_KEYS: 'env:KEYS',
    KEYS: 'hunter2',
  })

  assert.doesNotMatch(wrong, /hunter2/)
  assert.doesNotMatch(inspect(right, { depth: null, showHidden: true }) + JSON.stringify(right), /hunter2/)
  assert.equal(right.database.url?.reveal(), 'postgres://u:hunter2@db/x')
})

test('a database behind a socket is a database', () => {
  assert.ok(load({ DATABASE_URL: 'postgres://u:p@/atrium?host=/run/postgresql' }).database.url)
})

test('data keys come from a file or from the variable they name', () => {
  const fromVariable = load({ ATRIUM_DATA_KEYS: 'env:ATRIUM_KEY_SET', ATRIUM_KEY_SET: '{}' }).dataKeys

  assert.deepEqual(load({ ATRIUM_DATA_KEYS: 'keys.json' }).dataKeys, { file: 'keys.json' })
  assert.ok(fromVariable && 'env' in fromVariable && fromVariable.env.reveal() === '{}')
  assert.deepEqual(problemsOf({ ATRIUM_DATA_KEYS: 'env:NOWHERE' }), ['ATRIUM_DATA_KEYS: names the variable "NOWHERE", which is not set'])
})

test('production needs https, mail and keys of its own, and has no demo', () => {
  const problems = problemsOf({ NODE_ENV: 'production' }, { demo: true })

  assert.equal(load(PRODUCTION).production, true)
  assert.deepEqual(
    problems.map((line) => line.split(':')[0]),
    ['ATRIUM_ISSUER', 'SMTP_URL', 'ATRIUM_DATA_KEYS', 'NODE_ENV'],
  )
})

test('the configuration cannot be changed after it was read', () => {
  const config = load({ TRUST_PROXY: '10.0.0.1' }) as unknown as { listen: { port: number }; trustProxy: string[] }

  assert.throws(() => {
    config.listen.port = 1
  }, TypeError)
  assert.throws(() => config.trustProxy.push('::1'), TypeError)
})

test('docs/configuration.md says what the declarations say (npm run docs:config writes it)', () => {
  assert.equal(readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8'), configurationPage())
})

test('every setting is explained in whole sentences', () => {
  for (const [name, { doc }] of Object.entries(SETTINGS)) assert.match(doc, /^[A-Z`].+\.$/s, name)
})

test('production drains for five seconds unless told otherwise', () => {
  assert.equal(load(PRODUCTION).drainS, 5)
  assert.equal(load({ ...PRODUCTION, ATRIUM_DRAIN_S: '0' }).drainS, 0)
  assert.match(problemsOf({ ATRIUM_DRAIN_S: '60' }).join(), /^ATRIUM_DRAIN_S: must be seconds from 0 to 15/)
})

const SMS = {
  ATRIUM_SMS_URL: 'https://sms.example/v1/messages',
  ATRIUM_SMS_BODY: '{"to":"{to}","from":"{from}","text":"{text}"}',
  ATRIUM_SMS_FROM: 'Shop',
}

test('an SMS provider is an address, a body and headers, whose secrets may stand in other variables and are never printed', () => {
  const { sms } = load({ ...SMS, ATRIUM_SMS_HEADERS: '{"Authorization":"env:ATRIUM_SMS_KEY","X-Plain":"1"}', ATRIUM_SMS_KEY: 'Bearer k3y' })

  assert.equal(sms?.url.reveal(), SMS.ATRIUM_SMS_URL)
  assert.equal(sms?.body.reveal(), SMS.ATRIUM_SMS_BODY)
  assert.deepEqual(
    sms?.headers.map(({ name, value }) => [name, value.reveal()]),
    [
      ['Authorization', 'Bearer k3y'],
      ['X-Plain', '1'],
    ],
  )
  assert.equal(sms?.method, 'POST')
  assert.doesNotMatch(inspect(sms, { depth: 5 }), /k3y|sms\.example/)
})

test('an SMS provider that is told in part, or in a way that cannot work, is refused with the reason', () => {
  const of = (env: Record<string, string>) => problemsOf(env).join('\n')

  assert.match(of({ ATRIUM_SMS_BODY: SMS.ATRIUM_SMS_BODY }), /^ATRIUM_SMS_BODY: says how ATRIUM_SMS_URL is asked, which is not set$/)
  assert.match(of({ ATRIUM_SMS_URL: SMS.ATRIUM_SMS_URL }), /^ATRIUM_SMS_BODY: must be set with ATRIUM_SMS_URL$/)
  assert.match(of({ ...SMS, ATRIUM_SMS_FROM: '' }), /^ATRIUM_SMS_FROM: must be set, ATRIUM_SMS_BODY names \{from\}$/)
  assert.match(of({ ...SMS, ATRIUM_SMS_BODY: 'hello {to}' }), /^ATRIUM_SMS_BODY: must be a text with \{text\} and \{to\} or \{to_digits\}$/)
  assert.match(of({ ...SMS, ATRIUM_SMS_HEADERS: '{"A":"env:NOT_THERE"}' }), /^ATRIUM_SMS_HEADERS: A names a variable that is not set$/)
  for (const headers of ['x', '[]', '{"A":1}', '{"A b":"1"}', '{"A":"1\\r\\nB: 2"}'])
    assert.match(of({ ...SMS, ATRIUM_SMS_HEADERS: headers }), /^ATRIUM_SMS_HEADERS: must be a JSON object/, headers)
  assert.match(
    of({ ...PRODUCTION, ...SMS, ATRIUM_SMS_URL: 'http://sms.example/' }),
    /ATRIUM_SMS_URL: must be https when NODE_ENV is production/,
  )
  assert.doesNotMatch(of({ ...PRODUCTION, ...SMS, ATRIUM_SMS_URL: 'http://sms.example/' }), /sms\.example/)
})
