import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOutdated, LOADERS, loadArgon2, PARAMETERS } from '../../src/authenticators/argon2.ts'
import { NOBODYS_HASH } from '../../src/authenticators/passwords.ts'

const PASSWORDS = ['correct horse battery staple', 'пароль с пробелами', '🙂🙃🙂🙃', 'a\0b', '']

const loaded = await Promise.allSettled(LOADERS.map((load) => load()))
/** Both, wherever the optional one is installed. */
const engines = loaded.flatMap((engine) => (engine.status === 'fulfilled' ? [engine.value] : []))

for (const maker of engines) {
  for (const reader of engines) {
    test(`MFA-30 ${reader.name} verifies the hashes of ${maker.name}`, async () => {
      for (const password of PASSWORDS) {
        const phc = await maker.hash(password)

        assert.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
        assert.deepEqual([await reader.verify(phc, password), await reader.verify(phc, `${password}x`)], [true, false])
      }
    })
  }
}

test('the same password hashes differently each time', async () => {
  const argon2 = await loadArgon2()

  assert.notEqual(await argon2.hash('correct horse'), await argon2.hash('correct horse'))
})

test('the optional engine is preferred, and argon2 used where it does not load', async () => {
  const broken = () => Promise.reject(new Error('not built for this machine'))

  assert.equal((await loadArgon2()).name, engines[0]?.name)
  assert.equal(engines.at(-1)?.name, 'argon2')
  assert.equal((await loadArgon2([broken, ...LOADERS.slice(1)])).name, 'argon2')
  await assert.rejects(loadArgon2([broken]), { message: 'no implementation of argon2 could be loaded' })
})

test('an engine throws on what is no hash, rather than calling it a wrong password', async () => {
  for (const argon2 of engines) {
    for (const phc of ['', 'plain', '$argon2id$v=19$m=19456,t=2,p=1$xx$yy']) await assert.rejects(argon2.verify(phc, 'password'))
  }
})

test('MFA-30 a hash is outdated when any parameter is lower, and only then', async () => {
  const { m, t, p } = PARAMETERS
  const hash = (parameters: string, algorithm = 'argon2id', version = 'v=19') =>
    `$${algorithm}$${version}$${parameters}$I0OSZpBjpEQYxtCCnNQkZw$HkizF7h3oO01yvBwKejbG+uIp0dC50Em+ZHhfgHSFjg`
  const good = [`m=${m},t=${t},p=${p}`, `m=${m},p=${p},t=${t}`, `m=${m * 2},t=${t},p=${p}`, `m=${m},t=${t + 1},p=4`]
  const outdated = [`m=${m - 1},t=${t},p=${p}`, `m=${m},t=${t - 1},p=${p}`, `m=${m},t=${t}`, '']

  assert.deepEqual([...good.map((parameters) => isOutdated(hash(parameters)))], [false, false, false, false])
  assert.deepEqual([...outdated.map((parameters) => isOutdated(hash(parameters)))], [true, true, true, true])
  assert.ok(isOutdated(hash(`m=${m},t=${t},p=${p}`, 'argon2i')))
  assert.ok(isOutdated(hash(`m=${m},t=${t},p=${p}`, 'argon2id', 'v=16')))
  assert.ok(isOutdated('$2b$12$abcdefghijklmnopqrstuv'))
})

test('MFA-30 the hash for missing accounts costs what today’s hashes cost', async () => {
  const argon2 = await loadArgon2()

  const own = await argon2.hash('any')

  assert.equal(NOBODYS_HASH.replace(/\$[^$]*\$[^$]*$/, ''), own.replace(/\$[^$]*\$[^$]*$/, ''))
  assert.equal(NOBODYS_HASH.length, own.length)
  assert.equal(await argon2.verify(NOBODYS_HASH, ''), false)
})
