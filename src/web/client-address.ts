import type { IncomingMessage } from 'node:http'
import { isIP, type Socket } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Where a request comes from, as far as limits care. */
export interface ClientAddress {
  /** An IPv4 address or an IPv6 /64, which is one subscriber; undefined when it tells nobody apart. */
  readonly address: string | undefined
  /** The block around it: IPv4 /24, IPv6 /48. */
  readonly network: string
}

export interface PlacedAddress extends ClientAddress {
  /** What a log may know: IPv4 /24, IPv6 /56. */
  readonly prefix: string
}

export interface ClientAddressOf {
  (req: IncomingMessage): PlacedAddress
  /** Whether the other end of the connection is one of our proxies. */
  isProxy(req: IncomingMessage): boolean
}

/** The other end of a connection. */
interface Peer {
  readonly place: PlacedAddress
  readonly isProxy: boolean
}

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

/** Longer chains are somebody's joke. */
const MOST_HOPS = 20

/** @param trustProxy addresses and CIDR ranges of the proxies in front, each of which adds its peer to `X-Forwarded-For` */
export function createClientAddress(trustProxy: readonly string[]): ClientAddressOf {
  const trusted = trustProxy.map(parseRange)
  const peers = new WeakMap<Socket, Peer>()
  const peerOf = ({ socket }: IncomingMessage): Peer => {
    const known = peers.get(socket)
    if (known) return known
    const address = parseAddress(socket.remoteAddress ?? '')
    const peer = { place: placeOf(address), isProxy: address !== undefined && isTrusted(address, trusted) }
    peers.set(socket, peer) // a connection is from one place, and has many requests
    return peer
  }
  const isProxy = (req: IncomingMessage): boolean => peerOf(req).isProxy
  const addressOf = (req: IncomingMessage): PlacedAddress => {
    const peer = peerOf(req)
    const forwarded = req.headers['x-forwarded-for']
    if (!peer.isProxy || forwarded === undefined) return peer.place
    return placeOf(clientAddress(req.socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(',') : forwarded, trusted))
  }
  return Object.assign(addressOf, { isProxy })
}

/**
 * Walks from our own peer to the left of `X-Forwarded-For`, as far as each address is a proxy we trust: the first that is not is the client.
 * What stands left of it the client wrote itself. A header from a peer that is no trusted proxy is not read at all.
 */
function clientAddress(peer: string | undefined, forwardedFor: string | undefined, trusted: readonly Range[]): Address | undefined {
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
export function placeOf(address: Address | undefined): PlacedAddress {
  if (!address) return { address: undefined, network: 'unknown', prefix: 'unknown' }
  const isV4 = address instanceof ipaddr.IPv4
  const isShared = ['loopback', 'private', 'carrierGradeNat', 'uniqueLocal', 'linkLocal'].includes(address.range())
  const [own, around, logged] = isV4 ? [32, 24, 24] : [64, 48, 56]
  return { address: isShared ? undefined : blockOf(address, own), network: blockOf(address, around), prefix: blockOf(address, logged) }
}

/** An address or a CIDR range. @throws Error when it is neither; the configuration has checked it */
function parseRange(text: string): Range {
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
