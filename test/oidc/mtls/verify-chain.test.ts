import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { parseCertificate } from '../../../src/oidc/mtls/certificate.ts'
import { verifyChain } from '../../../src/oidc/mtls/verify-chain.ts'
import { authority, CLIENT_AUTH, type Issued, issue, SERVER_AUTH, SIGNS_CERTIFICATES, SIGNS_MESSAGES } from './certificates.ts'

const root = authority('Root')
const between = authority('Between', { issuer: root })
const shop = (issuer: Issued, more: Partial<Parameters<typeof issue>[0]> = {}) => issue({ subject: [['CN', 'shop']], issuer, ...more })

const read = ({ der }: Issued) => parseCertificate(der)!
const isBelieved = (leaf: Issued, chain: readonly Issued[] = [], authorities: readonly Issued[] = [root], now = new Date()) =>
  verifyChain({ certificate: read(leaf), chain: chain.map(read) }, authorities.map(read), now)

test('OIDC-15 a certificate of an authority of the group file is believed, directly and over others that came along', () => {
  const lower = authority('Lower', { issuer: between })

  assert.equal(isBelieved(shop(root)), true)
  assert.equal(isBelieved(shop(between), [between]), true)
  assert.equal(isBelieved(shop(lower), [authority('Noise'), lower, between, root]), true, 'in whatever order, with whatever else')
  assert.equal(isBelieved(shop(between), [], [between]), true, 'an authority need not be a root')
  assert.equal(isBelieved(shop(root), [], [authority('Another'), root]), true)
  assert.equal(isBelieved(shop(root, { extendedKeyUsage: [SERVER_AUTH, CLIENT_AUTH], keyUsage: SIGNS_MESSAGES, ca: false })), true)
  assert.equal(isBelieved(shop(root, { unknown: { critical: false } })), true)
})

test('OIDC-15 one of nobody, of another authority of the same name, or of one that is none, is not', () => {
  const impostor = authority('Root')
  const noAuthority = issue({ subject: [['CN', 'Shop CA']], issuer: root })
  const saysNo = issue({ subject: [['CN', 'Shop CA']], issuer: root, ca: false })
  const cannotSign = authority('Between', { issuer: root, keyUsage: SIGNS_MESSAGES })
  const mayOnlySign = authority('Between', { issuer: root, keyUsage: SIGNS_CERTIFICATES })

  assert.equal(isBelieved(shop(impostor)), false)
  assert.equal(isBelieved(shop(impostor), [impostor]), false, 'what comes along is no authority')
  assert.equal(isBelieved(issue({ subject: [['CN', 'shop']] })), false, 'signed by itself')
  assert.equal(isBelieved(shop(between)), false, 'the one between is missing')
  assert.equal(isBelieved(shop(root), [], []), false)
  assert.equal(isBelieved(shop(noAuthority), [noAuthority]), false)
  assert.equal(isBelieved(shop(saysNo), [saysNo]), false)
  assert.equal(isBelieved(shop(cannotSign), [cannotSign]), false)
  assert.equal(isBelieved(shop(mayOnlySign), [mayOnlySign]), true)
})

test('OIDC-15 dates count on the whole way', () => {
  const old = authority('Root', { valid: [-20, -10], key: { publicKey: root.x509.publicKey, privateKey: root.privateKey } })
  const oldBetween = authority('Between', { issuer: root, valid: [-20, -10] })

  assert.equal(isBelieved(shop(root, { valid: [-3, -2] })), false)
  assert.equal(isBelieved(shop(root, { valid: [1, 2] })), false)
  assert.equal(isBelieved(shop(old), [], [old]), false)
  assert.equal(isBelieved(shop(oldBetween), [oldBetween]), false)
  assert.equal(isBelieved(shop(root), [], [root], new Date(Date.now() + 3 * 86_400_000)), false)
})

test('OIDC-15 path lengths, usages, weak signatures, short keys and critical extensions nobody knows are refused', () => {
  const short = authority('Short', { pathLength: 0 })
  const belowShort = authority('Below', { issuer: short })
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const strong = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const critical = authority('Critical', { issuer: root, unknown: { critical: true } })

  assert.equal(isBelieved(shop(short), [], [short]), true)
  assert.equal(isBelieved(shop(belowShort), [belowShort], [short]), false)
  assert.equal(isBelieved(shop(root, { extendedKeyUsage: [SERVER_AUTH] })), false)
  assert.equal(isBelieved(shop(root, { hash: 'sha1' })), false)
  assert.equal(isBelieved(shop(root, { key: weak })), false)
  assert.equal(isBelieved(shop(root, { key: strong })), true)
  assert.equal(isBelieved(shop(root, { unknown: { critical: true } })), false)
  assert.equal(isBelieved(shop(critical), [critical]), false)
})

test('a tangle of authorities that all issue each other is walked through once', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const first = authority('Tangle', { key })
  const tangle = Array.from({ length: 10 }, () => authority('Tangle', { key, issuer: first }))
  const started = performance.now()

  assert.equal(isBelieved(shop(first), tangle), false)
  assert.ok(performance.now() - started < 2_000)
})
