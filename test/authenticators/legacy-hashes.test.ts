import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { loadArgon2 } from '../../src/authenticators/argon2.ts'
import { type LegacyHash, legacyHashRefusal, readLegacyHash, writeLegacyHash } from '../../src/authenticators/legacy-hash.ts'
import { createLegacyHashes, SlowestRefusal } from '../../src/authenticators/legacy-hashes.ts'

const argon2 = await loadArgon2()
const legacy = createLegacyHashes(argon2)
after(() => Promise.all([legacy.close(), argon2.close()]))

const hex = (text: string): string => Buffer.from(text, 'hex').toString('base64')
const text = (of: string): string => Buffer.from(of).toString('base64')
const digest = (name: Extract<LegacyHash, { kind: 'digest' }>['digest'], hash: string, salt = ''): LegacyHash => ({
  kind: 'digest',
  digest: name,
  salt: text(salt),
  position: 'prefix',
  encoding: 'utf8',
  hash: hex(hash),
})

/** Published by others: RFCs, the reference implementations, the vendors. */
const VECTORS: readonly (readonly [string, LegacyHash, string])[] = [
  // the tests of the reference implementation of Argon2
  [
    'argon2id',
    { kind: 'argon2', phc: '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc' },
    'password',
  ],
  ['argon2i', { kind: 'argon2', phc: '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA' }, 'password'],
  // John the Ripper's and Openwall's
  ['bcrypt $2a$', { kind: 'bcrypt', hash: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' }, 'U*U'],
  ['bcrypt $2b$', { kind: 'bcrypt', hash: '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' }, 'U*U'],
  ['bcrypt $2y$', { kind: 'bcrypt', hash: '$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK' }, 'U*U*'],
  [
    'bcrypt of more than 72 bytes',
    { kind: 'bcrypt', hash: '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui' },
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
  ],
  // RFC 6070
  [
    'PBKDF2-SHA1',
    { kind: 'pbkdf2', digest: 'sha1', iterations: 4096, salt: text('salt'), hash: hex('4b007901b765489abead49d926f721d065a429c1') },
    'password',
  ],
  // RFC 7914 §11
  [
    'PBKDF2-SHA256',
    {
      kind: 'pbkdf2',
      digest: 'sha256',
      iterations: 1,
      salt: text('salt'),
      hash: hex(
        '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
          '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
      ),
    },
    'passwd',
  ],
  [
    'PBKDF2-SHA512',
    {
      kind: 'pbkdf2',
      digest: 'sha512',
      iterations: 1,
      salt: text('salt'),
      hash: hex(
        '867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252' +
          'c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce',
      ),
    },
    'password',
  ],
  // RFC 7914 §12
  [
    'scrypt',
    {
      kind: 'scrypt',
      n: 16384,
      r: 8,
      p: 1,
      salt: text('SodiumChloride'),
      hash: hex(
        '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
          'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
      ),
    },
    'pleaseletmein',
  ],
  // github.com/firebase/scrypt
  [
    'Firebase',
    {
      kind: 'firebase_scrypt',
      rounds: 8,
      mem_cost: 14,
      signer_key: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
      salt_separator: 'Bw==',
      salt: '42xEC+ixf3L2lw==',
      hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
    },
    'user1password',
  ],
  // RFC 1320, RFC 1321, FIPS 180
  ['MD4', digest('md4', 'a448017aaf21d8525fc10ae87aa6729d'), 'abc'],
  ['MD5 with a salt', digest('md5', 'f96b697d7cb7938d525a2f31aaf161d0', 'message '), 'digest'],
  ['SHA-1 with a salt', digest('sha1', 'a9993e364706816aba3e25717850c26c9cd0d89d', 'a'), 'bc'],
  ['SHA-256', digest('sha256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'), 'abc'],
  [
    'SHA-512 with the salt behind',
    {
      kind: 'digest',
      digest: 'sha512',
      salt: text('c'),
      position: 'suffix',
      encoding: 'utf8',
      hash: hex(
        'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
          '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
      ),
    },
    'ab',
  ],
  // RFC 4231, case 2
  [
    'HMAC-SHA256',
    { ...digest('sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'), key: text('Jefe') } as LegacyHash,
    'what do ya want for nothing?',
  ],
  // NTLM of "password"
  ['MD4 of UTF-16', { ...digest('md4', '8846f7eaee8fb117ad06bdd830b7586c'), encoding: 'utf16le' } as LegacyHash, 'password'],
]

for (const [name, hash, password] of VECTORS)
  test(`MFA-30 ${name} is verified as its makers publish it, and nothing else matches`, async () => {
    assert.equal(legacyHashRefusal(hash), undefined)
    assert.deepEqual(readLegacyHash(writeLegacyHash(hash)), hash)

    assert.equal(await legacy.verify(hash, new Set([password])), true)

    for (const wrong of [`x${password}`, password.slice(1), '']) assert.equal(await legacy.verify(hash, new Set([wrong])), false)
  })

test('of several spellings of a password the one that was hashed is enough', async () => {
  const hash = digest('sha256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')

  assert.equal(await legacy.verify(hash, new Set(['ａｂｃ', 'abc'])), true)
})

test('MFA-30 a hash that would cost minutes, that says nothing, or that is none, is refused', () => {
  const [salt, hash] = [text('salt'), text('x'.repeat(32))]
  const key = text('k'.repeat(32))
  const refused: readonly (readonly [LegacyHash, ReturnType<typeof legacyHashRefusal>])[] = [
    [{ kind: 'bcrypt', hash: `$2b$15$${'a'.repeat(53)}` }, 'hash_too_costly'],
    [{ kind: 'bcrypt', hash: `$2b$31$${'a'.repeat(53)}` }, 'hash_too_costly'],
    [{ kind: 'bcrypt', hash: `$2b$10$${'a'.repeat(52)}` }, 'hash_malformed'],
    [{ kind: 'bcrypt', hash: `$2x$10$${'a'.repeat(53)}` }, 'hash_malformed'],
    [{ kind: 'pbkdf2', digest: 'sha256', iterations: 2_000_001, salt, hash }, 'hash_too_costly'],
    [{ kind: 'pbkdf2', digest: 'sha1', iterations: 1_000_000, salt, hash: text('x'.repeat(64)) }, 'hash_too_costly'],
    [{ kind: 'pbkdf2', digest: 'sha256', iterations: 0, salt, hash }, 'hash_malformed'],
    [{ kind: 'pbkdf2', digest: 'sha256', iterations: 1000, salt, hash: text('x') }, 'hash_too_short'],
    [{ kind: 'scrypt', n: 2 ** 20, r: 8, p: 1, salt, hash }, 'hash_too_costly'],
    [{ kind: 'scrypt', n: 16384, r: 8, p: 100, salt, hash }, 'hash_too_costly'],
    [{ kind: 'scrypt', n: 16383, r: 8, p: 1, salt, hash }, 'hash_malformed'],
    [{ kind: 'firebase_scrypt', rounds: 8, mem_cost: 20, signer_key: key, salt_separator: '', salt, hash }, 'hash_too_costly'],
    [{ kind: 'firebase_scrypt', rounds: 8, mem_cost: 14, signer_key: '', salt_separator: '', salt, hash }, 'hash_malformed'],
    [digest('sha256', 'abcd'), 'hash_malformed'],
    [{ kind: 'argon2', phc: `$argon2id$v=19$m=4194304,t=1,p=1$${'c'.repeat(22)}$${'h'.repeat(43)}` }, 'hash_too_costly'],
    [{ kind: 'argon2', phc: `$argon2id$v=19$m=65536,t=1000,p=1$${'c'.repeat(22)}$${'h'.repeat(43)}` }, 'hash_too_costly'],
    [{ kind: 'argon2', phc: `$argon2id$v=19$m=65536,t=2,p=1$${'c'.repeat(22)}$hh` }, 'hash_malformed'],
    [{ kind: 'argon2', phc: 'plain' }, 'hash_malformed'],
  ]

  for (const [found, reason] of refused) assert.equal(legacyHashRefusal(found), reason, JSON.stringify(found))
})

test('MFA-30 a wrong answer waits for the slowest imported hash of late, never longer than two seconds', () => {
  const slowest = new SlowestRefusal()
  assert.equal(slowest.missingMs(50), 0, 'nothing was imported')

  slowest.note(300)
  slowest.note(100)
  assert.deepEqual([slowest.missingMs(50), slowest.missingMs(400)], [250, 0])

  for (let i = 0; i < 100; i++) slowest.note(120)
  assert.equal(slowest.missingMs(50), 70, 'it forgets')
  slowest.note(60_000)
  assert.equal(slowest.missingMs(50), 1_950)
})
