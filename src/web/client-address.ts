import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Where a request comes from, as far as limits care. */
export interface ClientAddress {
  /** An IPv4 address or an IPv6 /64, which is one subscriber; undefined when it tells nobody apart. */
  readonly address: string | undefined
  /** The block around it: IPv4 /24, IPv6 /48. */
  readonly network: string
}

export type ClientAddressOf = (req: IncomingMessage) => ClientAddress

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

/** Longer chains are somebody's joke. */
const MOST_HOPS = 20

/** @param trustProxy addresses and CIDR ranges of the proxies in front, each of which adds its peer to `X-Forwarded-For` */
export function createClientAddress(trustProxy: readonly string[]): ClientAddressOf {
  const trusted = trustProxy.map(parseRange)
  return (req) => {
    const forwarded = req.headers['x-forwarded-for']
    return placeOf(clientAddress(req.socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(',') : forwarded, trusted))
  }
}

/**
 * Walks from our own peer to the left of `X-Forwarded-For`, as far as each address is a proxy we trust: the first that is not is the client.
 * What stands left of it the client wrote itself. A header from a peer that is no trusted proxy is not read at all.
 */
export function clientAddress(peer: string | undefined, forwardedFor: string | undefined, trusted: readonly Range[]): Address | undefined {
  let current = parseAddress(peer ?? '')
  const hops = (forwardedFor ?? '').split(',').slice(-MOST_HOPS)
  while (current && hops.length > 0 && isTrusted(current, trusted)) {
    const next = parseAddress(withoutPort(hops.pop()?.trim() ?? ''))
    if (!next) return current
    current = next
  }
  return current
}

/** An address of this machine or a private network is a proxy nobody declared, or a development machine: it stands for many people, as a network does. */
export function placeOf(address: Address | undefined): ClientAddress {
  if (!address) return { address: undefined, network: 'unknown' }
  const isV4 = address instanceof ipaddr.IPv4
  const isShared = ['loopback', 'private', 'carrierGradeNat', 'uniqueLocal', 'linkLocal'].includes(address.range())
  const [own, around] = isV4 ? [32, 24] : [64, 48]
  return { address: isShared ? undefined : blockOf(address, own), network: blockOf(address, around) }
}

/** An address or a CIDR range. @throws Error when it is neither; the configuration has checked it */
export function parseRange(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address instanceof ipaddr.IPv4 ? 32 : 128]
}

/** IPv4 in any of its IPv6 spellings is IPv4. */
function parseAddress(text: string): Address | undefined {
  const [address = ''] = text.split('%')
  return isIP(address) === 0 ? undefined : ipaddr.process(address)
}

/** Some proxies write `192.0.2.1:443` or `[2001:db8::1]:443`. */
const withoutPort = (text: string): string => /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text

const isTrusted = (address: Address, trusted: readonly Range[]): boolean => trusted.some((range) => contains(range, address))

function contains([network, bits]: Range, address: Address): boolean {
  if (network instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(network, bits)
  return address instanceof ipaddr.IPv6 && address.match(network, bits)
}

function blockOf(address: Address, bits: number): string {
  const bytes = address.toByteArray().map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, 8 * (i + 1) - bits))))
  return `${ipaddr.fromByteArray(bytes)}/${bits}`
}
