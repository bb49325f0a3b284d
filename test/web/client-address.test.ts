import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClientAddress } from '../../src/web/client-address.ts'

const place = (peer: string | undefined, forwardedFor?: string, trustProxy: string[] = []) =>
  createClientAddress(trustProxy)({
    socket: { remoteAddress: peer },
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
  } as never)
const addressOf = (...args: Parameters<typeof place>) => place(...args).address

test('an address is one IPv4 address or one IPv6 subscriber, in a network around it; a log may know a block', () => {
  assert.deepEqual(place('203.0.113.77'), { address: '203.0.113.77/32', network: '203.0.113.0/24', prefix: '203.0.113.0/24' })
  const subscriber = { address: '2001:db8:aaaa:bbbb::/64', network: '2001:db8:aaaa::/48', prefix: '2001:db8:aaaa:bb00::/56' }
  assert.deepEqual(place('2001:db8:aaaa:bbbb:1:2:3:4'), subscriber)
  assert.deepEqual(place('::ffff:203.0.113.77'), place('203.0.113.77'))
})

test('this machine, a private network and what cannot be read tell nobody apart: they count as networks', () => {
  for (const [peer, network, prefix] of [
    ['127.0.0.1', '127.0.0.0/24', '127.0.0.0/24'],
    ['172.17.0.1', '172.17.0.0/24', '172.17.0.0/24'],
    ['::1', '::/48', '::/56'],
    ['fe80::1%eth0', 'fe80::/48', 'fe80::/56'],
    [undefined, 'unknown', 'unknown'],
  ] as const)
    assert.deepEqual(place(peer), { address: undefined, network, prefix })
})

test('X-Forwarded-For is read from right to left, through trusted proxies only', () => {
  const proxies = ['10.0.0.0/8', '2001:db8:1::/48', '192.0.2.5']

  assert.equal(addressOf('203.0.113.1', '198.51.100.1', []), '203.0.113.1/32')
  assert.equal(addressOf('203.0.113.1', '198.51.100.1', proxies), '203.0.113.1/32')
  assert.equal(addressOf('10.1.2.3', '198.51.100.1', proxies), '198.51.100.1/32')
  assert.equal(addressOf('10.1.2.3', '6.6.6.6, 198.51.100.1, 192.0.2.5,10.9.9.9', proxies), '198.51.100.1/32')
  assert.equal(addressOf('2001:db8:1::7', '6.6.6.6, 2001:db8:2::1', proxies), '2001:db8:2::/64')
  assert.equal(addressOf('::ffff:10.1.2.3', '198.51.100.1', proxies), '198.51.100.1/32')
})

test('ports are no part of an address, and what is none ends the walk', () => {
  const proxies = ['192.0.2.5']

  assert.equal(addressOf('192.0.2.5', '198.51.100.1:4711', proxies), '198.51.100.1/32')
  assert.equal(addressOf('192.0.2.5', '[2001:db8:2::1]:443', proxies), '2001:db8:2::/64')
  for (const nonsense of ['', ' ', 'unknown', '198.51.100.1, unknown', '198.51.100.1,', '1.2.3', '198.51.100.1 198.51.100.2'])
    assert.equal(addressOf('192.0.2.5', nonsense, proxies), '192.0.2.5/32', nonsense)
})
