import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { buildConnector } from 'undici'
import { isLoopbackAddress, isPublicAddress } from './public-address.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Every address of a host name. Rejects when it has none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

/** Opens the connection to one of `addresses`, which have been checked. */
export type Dial = (target: buildConnector.Options, addresses: readonly ResolvedAddress[], done: buildConnector.Callback) => void

/** Which addresses besides public ones may be connected to, and without TLS. */
export type Allow = (hostname: string, address: string) => boolean

/** For development: this machine under its own name or number. A foreign name that points at loopback stays refused. */
export const allowLoopback: Allow = (hostname, address) =>
  isLoopbackAddress(address) && (hostname === 'localhost' || hostname.endsWith('.localhost') || isIP(hostname) !== 0)

/** The system's name server. */
export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true })

/** A target that must not be connected to. */
export class AddressRefused extends Error {
  constructor(hostname: string) {
    super(`refused to connect to ${hostname}`)
    this.name = 'AddressRefused'
  }
}

/**
 * Decides on every address of a host before the first packet, then dials exactly those addresses: resolving again while connecting would let
 * a name server answer differently the second time. Literals (`127.0.0.1`, and what the URL parser turns into one) pass the same rule.
 * One bad address refuses the host, as the attacker would only need it to be tried once.
 */
export function guardedConnect(deps: { resolve: Resolve; allow: Allow; dial: Dial }): buildConnector.connector {
  return (target, done) => {
    checkedAddresses(deps, target).then(
      (addresses) => deps.dial(target, addresses, done),
      (cause) => done(cause instanceof Error ? cause : new Error('name resolution failed', { cause }), null),
    )
  }
}

async function checkedAddresses(
  deps: { resolve: Resolve; allow: Allow },
  target: buildConnector.Options,
): Promise<readonly ResolvedAddress[]> {
  const hostname = target.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(hostname)
  const addresses = family === 0 ? await deps.resolve(hostname) : [{ address: hostname, family }]
  const permitted = ({ address }: ResolvedAddress) =>
    deps.allow(hostname, address) || (target.protocol === 'https:' && isPublicAddress(address))
  if (addresses.length === 0 || !addresses.every(permitted)) throw new AddressRefused(hostname)
  return addresses
}

/** undici's own connector, pinned to the addresses that were checked. */
export const systemDial =
  (build: typeof buildConnector, timeoutMs: number): Dial =>
  (target, addresses, done) => {
    const connect = build({
      timeout: timeoutMs,
      allowH2: false,
      lookup: (_hostname, options, callback) => {
        const first = addresses[0]
        if (options.all || !first) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
    })
    connect(target, done)
  }
