import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyWarnings } from '../../src/cli/proxy-warnings.ts'

const warnings = (issuer: string, ...trustProxy: string[]): number => proxyWarnings({ issuer, trustProxy }).length

test('doctor warns of a TLS proxy that nobody declared, and of one declared as everybody', () => {
  assert.equal(warnings('https://id.example.com'), 1)
  assert.equal(warnings('https://id.example.com', '10.0.0.0/8', '2001:db8::/32', '192.0.2.1', '::1'), 0)
  assert.equal(warnings('http://localhost:3000'), 0)
  assert.equal(warnings('https://id.example.com', '0.0.0.0/0', '::/0', '10.0.0.0/4'), 3)
})
