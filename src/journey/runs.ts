import type { Db } from '../store/db.ts'
import { sha256, type Vault } from '../vault/index.ts'
import { freshRun, type RequestFacts, type RunFacts, runFactsSchema } from './facts.ts'
import { deleteRun, findRun, saveRun } from './store.ts'

/** A run lives as long as the protocol engine's interaction, and a little longer to answer the back button. */
const RUN_LIFE_S = 3_600

export interface Run {
  readonly facts: RunFacts
  /** Row version this was read at; 0: nothing was saved yet. */
  readonly version: number
}

export interface Runs {
  load(db: Db, uid: string, request: RequestFacts, now: Date): Promise<Run>
  /** What is left of a run whose interaction is over. */
  find(db: Db, uid: string, now: Date): Promise<RunFacts | undefined>
  /** Forgets it, in the transaction that makes use of what it proved. False: somebody else did. */
  spend(tx: Db, uid: string): Promise<boolean>
  /** The version it has now; undefined when another request changed the run since it was loaded. */
  save(db: Db, uid: string, version: number, facts: RunFacts, now: Date): Promise<number | undefined>
}

/** Keeps a journey's facts as one sealed row, found by the hash of issuer and interaction uid. */
export function createRuns({ vault, issuer }: { vault: Vault; issuer: string }): Runs {
  const keyOf = (uid: string): Buffer => sha256(`${issuer}\njourney\n${uid}`)
  const read = async (db: Db, uid: string, now: Date): Promise<Run | undefined> => {
    const stored = await findRun(db, keyOf(uid), now)
    if (!stored) return undefined
    const facts = runFactsSchema.parse(JSON.parse(await vault.openSystem('journey_runs.facts_sealed', stored.facts_sealed)))
    return { facts, version: stored.version }
  }
  return {
    load: async (db, uid, request, now) => (await read(db, uid, now)) ?? { facts: freshRun(request), version: 0 },
    find: async (db, uid, now) => (await read(db, uid, now))?.facts,
    spend: (tx, uid) => deleteRun(tx, keyOf(uid)),
    async save(db, uid, version, facts, now) {
      const sealed = await vault.sealSystem('journey_runs.facts_sealed', JSON.stringify(facts))
      const saved = await saveRun(db, keyOf(uid), version, sealed, new Date(now.getTime() + RUN_LIFE_S * 1000))
      return saved ? version + 1 : undefined
    },
  }
}
