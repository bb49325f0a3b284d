import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../ports/clock.ts'
import { epochSeconds } from '../../ports/clock.ts'

/** What proofs may be signed with, at the protocol's endpoints and at our own APIs. */
export const DPOP_ALGS = ['ES256', 'PS256', 'EdDSA', 'Ed25519'] as const

/** How far a proof's time may be from ours, in seconds. A clock further off is helped with a nonce. */
export const PROOF_WINDOW_S = 300
const NONCE_STEP_S = 60
/** Steps before and after the present one whose nonce is taken. */
const NONCE_STEPS = 2
const MAX_PROOF = 8_000

export type DpopResult =
  | { readonly ok: true; readonly jkt: string; readonly jti: string }
  | { readonly ok: false; readonly reason: 'invalid_dpop_proof' | 'use_dpop_nonce' }

export interface DpopProofs {
  /** Verifies everything about a proof (RFC 9449 §4.3) but that it comes for the first time. */
  verify(proof: string, request: { readonly method: string; readonly url: string; readonly token: string }): Promise<DpopResult>
  /** For the `DPoP-Nonce` header. The same on every node. */
  nonce(): string
}

const headerSchema = z.looseObject({ jwk: z.looseObject({}), jku: z.undefined().optional(), x5u: z.undefined().optional() })
const payloadSchema = z.looseObject({
  iat: z.number(),
  jti: z.string().min(1).max(500),
  htm: z.string(),
  htu: z.string(),
  ath: z.string(),
  nonce: z.string().optional(),
})

/**
 * DPoP proofs at our own APIs (OIDC-29). The engine verifies them at its endpoints and offers no way to have one verified elsewhere, so this does
 * the same: a proof is recent or has a nonce of ours; a nonce is offered with every answer that needs one, and asked of nobody else.
 *
 * @param key of the nonces, the same on every node; not the engine's, because a nonce belongs to one server (RFC 9449 §9)
 */
export function createDpopProofs({ key, clock }: { readonly key: Buffer; readonly clock: Clock }): DpopProofs {
  const nonceOf = (step: number): Buffer => createHmac('sha256', key).update(String(step)).digest()
  const step = (): number => Math.floor(epochSeconds(clock()) / NONCE_STEP_S)
  const isNonce = (text: string): boolean => {
    const given = Buffer.from(text, 'base64url')
    const steps = Array.from({ length: 2 * NONCE_STEPS + 1 }, (_, i) => step() - NONCE_STEPS + i)
    return steps.filter((each) => given.length === 32 && timingSafeEqual(nonceOf(each), given)).length > 0
  }

  return {
    nonce: () => nonceOf(step()).toString('base64url'),
    async verify(proof, { method, url, token }) {
      const read = await readProof(proof)
      if (!read || read.payload.htm !== method || !isSameUrl(read.payload.htu, url) || read.payload.ath !== hashOf(token))
        return { ok: false, reason: 'invalid_dpop_proof' }
      const { iat, jti, nonce } = read.payload
      const isRecent = Math.abs(epochSeconds(clock()) - iat) <= PROOF_WINDOW_S
      if (nonce === undefined ? !isRecent : !isNonce(nonce)) return { ok: false, reason: 'use_dpop_nonce' }
      return { ok: true, jti, jkt: await calculateJwkThumbprint(read.jwk) }
    },
  }
}

/** The proof's claims, when its signature is by the key it names itself and by no key of another place. */
async function readProof(proof: string): Promise<{ jwk: JWK; payload: z.output<typeof payloadSchema> } | undefined> {
  if (proof.length > MAX_PROOF) return undefined
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { algorithms: [...DPOP_ALGS], typ: 'dpop+jwt' })
    return { payload: payloadSchema.parse(payload), jwk: headerSchema.parse(protectedHeader).jwk }
  } catch {
    return undefined // jose says in many ways what is wrong with a proof; here it is none
  }
}

/** Without query and fragment, and as URLs are normalised (RFC 9449 §4.3). */
function isSameUrl(htu: string, url: string): boolean {
  const named = URL.parse(htu)
  if (!named) return false
  named.search = ''
  named.hash = ''
  return named.href === new URL(url).href
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')
