import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopbackAddress, isPublicAddress } from '../../src/ports/public-address.ts'

test('SEC-88 addresses of the public internet are public', () => {
  const addresses = ['8.8.8.8', '193.0.6.139', '2001:4860:4860::8888', '2a00:1450:4001::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8']

  assert.deepEqual(addresses.map(isPublicAddress), Array(addresses.length).fill(true))
})

const NOT_PUBLIC = {
  'this machine': ['127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '::'],
  'private networks': ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1', 'fec0::1'],
  'link-local and metadata services': ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192'],
  'multicast and broadcast': ['224.0.0.1', '255.255.255.255', 'ff02::1'],
  'reserved and documentation': ['192.0.2.1', '198.18.0.1', '203.0.113.1', '240.0.0.1', '2001:db8::1', '3fff::1', '100::1', '5f00::1'],
  'IPv4 inside IPv6': [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '::10.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::8.8.8.8',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    '::ffff:0:127.0.0.1',
  ],
  'no addresses at all': ['', 'localhost', '2130706433', '0x7f.1', '0177.0.0.1', '1.2.3', '[::1]', '8.8.8.8 '],
}

for (const [what, addresses] of Object.entries(NOT_PUBLIC)) {
  test(`SEC-88 not public: ${what}`, () => {
    assert.deepEqual(addresses.filter(isPublicAddress), [])
  })
}

test('loopback is recognised in every notation', () => {
  assert.deepEqual(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '8.8.8.8', '::2', 'localhost'].map(isLoopbackAddress), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})
