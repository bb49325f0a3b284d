import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registrableLabels, relatedOrigins } from '../../src/authenticators/related-origins.ts'

test('MFA-11 related origins are the issuer’s and the brands’, each once; what is no address is left out', () => {
  const origins = relatedOrigins('https://id.polaris.example', ['https://aurora.example/shop?x', 'https://id.polaris.example/', 'nonsense'])

  assert.deepEqual(origins, ['https://id.polaris.example', 'https://aurora.example'])
})

test('MFA-11 browsers count the label before the public suffix, and each once', () => {
  const counted = (...hosts: string[]) => registrableLabels(hosts.map((host) => `https://${host}`))

  assert.deepEqual(counted('aurora.example', 'www.aurora.example', 'aurora.de', 'shop.aurora.co.uk', 'aurora.com.au'), ['aurora'])
  assert.deepEqual(counted('a.example', 'b.example', 'c.a.example'), ['a', 'b'])
  assert.deepEqual(counted('co.uk', 'x.com'), ['co', 'x'])
  assert.deepEqual(counted('localhost:3001', '127.0.0.1', '[::1]:3000'), [])
})
