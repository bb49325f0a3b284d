import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createClientAddress } from '../../src/web/client-address.ts'

const PROXIES = ['192.0.2.0/24', '2001:db8:1::/48']
const addressOf = createClientAddress(PROXIES)
const place = (peer: string, forwardedFor: string) =>
  addressOf({ socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwardedFor } } as never)

const byte = fc.integer({ min: 0, max: 255 })
const proxy = fc.oneof(
  byte.map((last) => `192.0.2.${last}`),
  fc.integer({ min: 0, max: 0xffff }).map((last) => `2001:db8:1::${last.toString(16)}`),
)
const outsider = fc.oneof(
  fc.tuple(byte, byte).map(([third, last]) => `203.0.${third}.${last}`),
  fc.integer({ min: 2, max: 0xffff }).map((third) => `2001:db8:${third.toString(16)}::1`),
)
const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.ipV4(),
  fc.ipV6(),
  fc.array(fc.oneof(fc.ipV4(), proxy)).map(String),
)

test('whatever an untrusted peer writes into X-Forwarded-For changes nothing', () => {
  fc.assert(fc.property(outsider, anything, (peer, written) => assert.deepEqual(place(peer, written), place(peer, ''))))
})

test('behind trusted proxies, whatever the client wrote before they added it changes nothing', () => {
  fc.assert(
    fc.property(proxy, fc.array(proxy, { maxLength: 5 }), outsider, anything, (peer, hops, client, written) => {
      assert.deepEqual(place(peer, [written, client, ...hops].join(', ')), place(client, ''))
    }),
  )
})

test('any address belongs to one network, and so does everybody in it', () => {
  fc.assert(
    fc.property(fc.tuple(byte, byte, byte, byte, byte), ([a, b, c, d, e]) => {
      assert.equal(place(`${a}.${b}.${c}.${d}`, '').network, place(`${a}.${b}.${c}.${e}`, '').network)
    }),
  )
  fc.assert(
    fc.property(fc.ipV6(), (ip) => {
      const { address, network } = place(ip, '')
      assert.ok(network.length > 0 && (address === undefined || address.endsWith('/64') || address.endsWith('/32')), ip)
    }),
  )
})
