import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { SigningKeyAlg } from './signing-key-life.ts'

/** A new private key as a JWK (RFC 7517) with `kid` (RFC 7638), `alg` and `use`. */
export async function newSigningKey(alg: SigningKeyAlg): Promise<JWK & { kid: string }> {
  const { privateKey } = await newKeyPair(alg)
  // Node and jose both follow RFC 7517; only their TypeScript names differ.
  const jwk = privateKey.export({ format: 'jwk' }) as JWK
  const kid = await calculateJwkThumbprint(jwk)
  // One in 64 begins with a hyphen, and would be an option in `atrium keys remove KID`.
  return kid.startsWith('-') ? newSigningKey(alg) : { ...jwk, kid, alg, use: 'sig' }
}

const generate = promisify(generateKeyPair)

async function newKeyPair(alg: SigningKeyAlg): Promise<{ privateKey: KeyObject }> {
  switch (alg) {
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' })
    case 'RS256':
      return generate('rsa', { modulusLength: 2048 })
    case 'EdDSA':
      return generate('ed25519')
    default:
      throw new Error(`no key pair for ${alg satisfies never}`)
  }
}
