import type { JWK } from 'jose'
import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import { sha256 } from './hash.ts'
import type { Field } from './sealed.ts'
import { type ShownState, SIGNING_KEY_ALGS, type SigningKeyLife, type SigningKeyRules, shownState, shownUntil } from './signing-key-life.ts'
import * as store from './store.ts'

/** What signs, private parts included: for the protocol engine only, never for a log or an answer. */
export interface SigningKeySet {
  /** Changes with every key that is added, removed or changes its state. */
  readonly version: string
  /** RFC 7517 §5: active keys before others, ES256 first, each with `kid` (RFC 7638), `alg` and `use`. */
  readonly jwks: { readonly keys: readonly JWK[] }
  /** The `kid`s that everybody may see. The others verify what comes back to us as a hint, and nothing else. */
  readonly published: ReadonlySet<string>
}

/** A signing key as an operator sees it. */
export interface ListedSigningKey {
  readonly kid: string
  readonly alg: string
  readonly state: ShownState
  readonly since: Date
  readonly until: Date | null
}

interface ReadDeps {
  readonly db: Db
  readonly vault: { openSystem(field: Field, sealed: Buffer): Promise<string> }
  readonly clock: Clock
}

const ORDER: readonly ShownState[] = ['active', 'retiring', 'retired', 'pending']
/** What a stored key is sealed as. */
export const SEALED_FIELD = 'signing_keys.jwk_sealed'

/** Every key as it is, changing none. */
export async function listSigningKeys({
  db,
  clock,
  rules,
}: Pick<ReadDeps, 'db' | 'clock'> & { readonly rules: () => SigningKeyRules }): Promise<readonly ListedSigningKey[]> {
  const now = clock()
  return sorted(await store.listSigningKeyLives(db), now).map((life) => listed(life, rules(), now))
}

/** Reads and opens the keys, changing none. Lives and keys come in one read, so that they belong together. */
export async function readSigningKeys(deps: ReadDeps): Promise<SigningKeySet> {
  const now = deps.clock()
  const rows = sorted(await store.listSigningKeys(deps.db), now)
  return {
    version: versionOf(rows, now),
    jwks: { keys: await Promise.all(rows.map(({ jwk_sealed }) => openKey(deps, jwk_sealed))) },
    published: new Set(rows.filter((row) => shownState(row, now) !== 'retired').map(({ kid }) => kid)),
  }
}

const privateJwk = z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string(), use: z.literal('sig') })

async function openKey({ vault }: ReadDeps, jwkSealed: Buffer): Promise<JWK> {
  // What was sealed here came from newSigningKey; the members jose names beyond the shape are its text members.
  return privateJwk.parse(JSON.parse(await vault.openSystem(SEALED_FIELD, jwkSealed))) as JWK
}

/** Signing takes the first key of its algorithm, so active ones stand before all others. */
const sorted = <Key extends SigningKeyLife>(lives: readonly Key[], now: Date): readonly Key[] => {
  const rank = (life: Key): number =>
    ORDER.indexOf(shownState(life, now)) * SIGNING_KEY_ALGS.length + (SIGNING_KEY_ALGS as readonly string[]).indexOf(life.alg)
  return lives.toSorted((a, b) => rank(a) - rank(b) || a.created_at.getTime() - b.created_at.getTime())
}

/** Changes with every key that comes, goes or is shown in another state. */
export const versionOf = (lives: readonly SigningKeyLife[], now: Date): string =>
  sha256(
    lives
      .map((life) => `${life.kid} ${shownState(life, now)}`)
      .sort()
      .join('\n'),
  ).toString('base64url')

function listed(life: SigningKeyLife, rules: SigningKeyRules, now: Date): ListedSigningKey {
  const state = shownState(life, now)
  const sinceOf = { pending: life.created_at, active: life.activated_at, retiring: life.retired_at, retired: life.published_until }
  return { kid: life.kid, alg: life.alg, state, since: sinceOf[state] ?? life.created_at, until: shownUntil(life, rules, now) }
}
