import type { IncomingMessage } from 'node:http'
import type { Random } from '../ports/random.ts'
import type { ClientAddressOf } from './client-address.ts'

/** What proxies make: 16 bytes as hexadecimal digits, or a UUID. Anything wider could be a token that a client wrote and its proxy passed on. */
const WELL_FORMED = /^(?:[\da-f]{32}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i

/** The id of a request: the one a trusted proxy gave it, so that both logs can be read together; anybody else's is not believed. */
export function createRequestId({ random, addressOf }: { random: Random; addressOf: ClientAddressOf }): (req: IncomingMessage) => string {
  return (req) => {
    const given = req.headers['x-request-id']
    if (typeof given === 'string' && WELL_FORMED.test(given) && addressOf.isProxy(req)) return given
    return random.bytes(9).toString('base64url')
  }
}
