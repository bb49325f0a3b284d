import type { JWK } from 'jose'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import { newSigningKey } from './new-signing-key.ts'
import { readSigningKeys, SEALED_FIELD, type SigningKeySet, versionOf } from './read-signing-keys.ts'
import type { Field } from './sealed.ts'
import { rotate, type SigningKeyAlg, type SigningKeyLife, type SigningKeyRules, settle, withoutKey } from './signing-key-life.ts'
import * as store from './store.ts'

/** The signing keys of the installation, read from memory and followed (OIDC-27). */
export interface SigningKeys {
  current(): SigningKeySet
  /** Makes the changes whose time has come, once for all processes, and reads the keys again when anybody changed them. True: it did. */
  refresh(): Promise<boolean>
  /** Called after each change of {@link SigningKeys.current}. */
  onChange(listener: () => void): void
  /** Publishes a successor for every algorithm, or makes it sign at once. */
  rotate(options: { readonly immediately: boolean }): Promise<void>
  /** Emergency removal: no longer published, nothing it signed is accepted, its successor signs at once. False: there is no such key. */
  remove(kid: string): Promise<boolean>
}

export interface SigningKeyDeps {
  readonly db: Db
  readonly vault: {
    sealSystem(field: Field, plain: string): Promise<Buffer>
    openSystem(field: Field, sealed: Buffer): Promise<string>
  }
  readonly clock: Clock
  readonly rules: () => SigningKeyRules
}

/** Reads the signing keys; the first process of a new installation makes one for each algorithm. */
export async function createSigningKeys(deps: SigningKeyDeps): Promise<SigningKeys> {
  const listeners: (() => void)[] = []
  await settledKeys(deps)
  let current = await readSigningKeys(deps)
  let refreshing: Promise<boolean> | undefined

  async function readNewer(): Promise<boolean> {
    const lives = await settledKeys(deps)
    if (versionOf(lives, deps.clock()) === current.version) return false
    current = await readSigningKeys(deps)
    for (const listener of listeners) listener()
    return true
  }
  async function refresh(): Promise<boolean> {
    refreshing ??= readNewer().finally(() => {
      refreshing = undefined
    })
    return refreshing
  }
  async function changed(work: Promise<unknown>): Promise<void> {
    await work
    await refreshing?.catch(() => false) // one that began before the change may have seen the keys before it
    await refresh()
  }

  return {
    current: () => current,
    refresh,
    onChange: (listener) => void listeners.push(listener),
    rotate: (options) => changed(changeKeys(deps, (keys, moment) => rotate(keys, options, moment))),
    async remove(kid) {
      let found = false
      const removal = changeKeys(deps, (keys, moment) => {
        found = keys.some((key) => key.kid === kid)
        return withoutKey(keys, kid, moment)
      })
      await changed(removal)
      return found
    },
  }
}

/** The keys as they are now. Nearly always nothing is due, and one small read tells. */
async function settledKeys(deps: SigningKeyDeps): Promise<readonly SigningKeyLife[]> {
  const stored = await store.listSigningKeyLives(deps.db)
  const wouldBe = await settle(stored, { rules: deps.rules(), now: deps.clock(), makeKey: async (alg) => `a new ${alg} key` })
  return differences(stored, wouldBe).length === 0 ? stored : changeKeys(deps, settle)
}

type Change = (keys: readonly SigningKeyLife[], moment: Parameters<typeof settle>[1]) => Promise<readonly SigningKeyLife[]>

/** One process at a time: whoever comes second finds the keys as the first one left them, and most often nothing left to do. */
async function changeKeys(deps: SigningKeyDeps, change: Change): Promise<readonly SigningKeyLife[]> {
  return deps.db.transaction().execute(async (transaction) => {
    await store.lockSigningKeys(transaction)
    const stored = await store.listSigningKeyLives(transaction)
    const made = new Map<string, JWK>()
    const makeKey = async (alg: SigningKeyAlg): Promise<string> => {
      const jwk = await newSigningKey(alg)
      made.set(jwk.kid, jwk)
      return jwk.kid
    }
    const next = await change(stored, { rules: deps.rules(), now: deps.clock(), makeKey })
    for (const write of differences(stored, next)) await write(transaction, (kid) => sealed(deps, made.get(kid)))
    return next
  })
}

type Write = (db: Db, sealedKey: (kid: string) => Promise<Buffer>) => Promise<void>

/** What turns the stored keys into the next ones. An active key gives way before its successor takes its place: the database allows one. */
function differences(stored: readonly SigningKeyLife[], next: readonly SigningKeyLife[]): Write[] {
  const before = new Map(stored.map((key) => [key.kid, key]))
  const kids = new Set(next.map(({ kid }) => kid))
  const gone = stored
    .filter(({ kid }) => !kids.has(kid))
    .map(
      ({ kid }): Write =>
        (db) =>
          store.deleteSigningKey(db, kid),
    )
  const written = next
    .filter((key) => before.get(key.kid) !== key)
    .toSorted((a, b) => Number(a.state === 'active') - Number(b.state === 'active'))
    .map(
      (key): Write =>
        async (db, sealedKey) => {
          if (before.has(key.kid)) return store.updateSigningKey(db, key)
          return store.insertSigningKey(db, { ...key, jwk_sealed: await sealedKey(key.kid) })
        },
    )
  return [...gone, ...written]
}

async function sealed({ vault }: SigningKeyDeps, jwk: JWK | undefined): Promise<Buffer> {
  if (!jwk) throw new Error('a signing key that was not made')
  return vault.sealSystem(SEALED_FIELD, JSON.stringify(jwk))
}
