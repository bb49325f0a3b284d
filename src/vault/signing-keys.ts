import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import { sha256 } from './hash.ts'
import type { Field } from './sealed.ts'
import { insertSigningKeys, listSigningKeys, lockSigningKeys, type SigningKeyRow } from './store.ts'

/** What signs, private parts included: for the protocol engine only, never for a log or an answer. */
export interface SigningKeys {
  /** Changes with every key that is added, removed or changes its state. */
  readonly version: string
  /** RFC 7517 §5: active keys before others, ES256 first, each with `kid` (RFC 7638), `alg` and `use`. */
  readonly jwks: { readonly keys: JWK[] }
}

interface Deps {
  readonly db: Db
  readonly vault: {
    sealSystem(field: Field, plain: string): Promise<Buffer>
    openSystem(field: Field, sealed: Buffer): Promise<string>
  }
  readonly clock: Clock
}

const ALGS = ['ES256', 'RS256', 'EdDSA'] as const
type Alg = (typeof ALGS)[number]
const STATES: readonly SigningKeyRow['state'][] = ['active', 'retiring', 'pending']
const SEALED_FIELD = 'signing_keys.jwk_sealed'

/** Reads the signing keys; the first process of a new installation makes one for each algorithm. */
export async function loadSigningKeys(deps: Deps): Promise<SigningKeys> {
  const stored = await listSigningKeys(deps.db)
  const rows = stored.length > 0 ? stored : await makeFirstKeys(deps)
  const sorted = rows.toSorted((a, b) => rank(a) - rank(b))
  return { version: versionOf(sorted), jwks: { keys: await Promise.all(sorted.map((row) => openKey(deps, row))) } }
}

/** The keys are made before the lock is taken: an RSA key takes a while. Of two processes the second finds the first one's keys and drops its own. */
async function makeFirstKeys({ db, vault, clock }: Deps): Promise<readonly SigningKeyRow[]> {
  const now = clock()
  const made = await Promise.all(
    ALGS.map(async (alg) => {
      const jwk = await generateSigningKey(alg)
      const jwk_sealed = await vault.sealSystem(SEALED_FIELD, JSON.stringify(jwk))
      return { kid: jwk.kid, alg, state: 'active' as const, jwk_sealed, created_at: now, activated_at: now, retired_at: null }
    }),
  )
  return db.transaction().execute(async (transaction) => {
    await lockSigningKeys(transaction)
    const stored = await listSigningKeys(transaction)
    if (stored.length > 0) return stored
    await insertSigningKeys(transaction, made)
    return made
  })
}

async function generateSigningKey(alg: Alg): Promise<JWK & { kid: string }> {
  const { privateKey } = await newKeyPair(alg)
  // Node and jose both follow RFC 7517; only their TypeScript names differ.
  const jwk = privateKey.export({ format: 'jwk' }) as JWK
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' }
}

const generate = promisify(generateKeyPair)

async function newKeyPair(alg: Alg): Promise<{ privateKey: KeyObject }> {
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

const privateJwk = z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string(), use: z.literal('sig') })

async function openKey({ vault }: Deps, { jwk_sealed }: SigningKeyRow): Promise<JWK> {
  // What was sealed here came from generateSigningKey; the members jose names beyond the shape are its text members.
  return privateJwk.parse(JSON.parse(await vault.openSystem(SEALED_FIELD, jwk_sealed))) as JWK
}

const rank = ({ state, alg }: SigningKeyRow): number => STATES.indexOf(state) * ALGS.length + (ALGS as readonly string[]).indexOf(alg)

const versionOf = (rows: readonly SigningKeyRow[]): string =>
  sha256(
    rows
      .map(({ kid, state }) => `${kid} ${state}`)
      .sort()
      .join('\n'),
  ).toString('base64url')
