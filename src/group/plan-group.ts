import type { Db } from '../store/db.ts'
import { type Difference, differencesOf } from './differences.ts'
import { type GroupFile, GroupFileRefused } from './group-file.ts'
import { isWeakSecret } from './secret-rules.ts'
import { type SecretHolder, type SecretPlace, secretName, secretPlaces } from './secrets.ts'
import { sectorHasSubjects } from './store.ts'
import { loadStoredGroup, type StoredGroup, storedSecret } from './stored-group.ts'

/** The part of the vault that seals client secrets. */
export interface SecretSealer {
  sealSystem(field: SecretField, plain: string): Promise<Buffer>
  openSystem(field: SecretField, sealed: Buffer): Promise<string>
}

/** Where each is sealed. */
export const SECRET_FIELDS = {
  client: 'clients.secret_sealed',
  identity_provider: 'identity_providers.secret_sealed',
} as const satisfies Record<SecretHolder, string>
type SecretField = (typeof SECRET_FIELDS)[SecretHolder]

export interface PlanDeps {
  readonly vault: SecretSealer
  /** Production refuses secrets that could be guessed. */
  readonly production: boolean
}

/** What applying the file would change in this database, without changing it. Throws {@link GroupFileRefused} when it could not be applied. */
export async function planGroup(deps: PlanDeps, db: Db, file: GroupFile): Promise<Difference[]> {
  return (await compare(deps, db, file)).differences
}

export interface Comparison {
  readonly stored: StoredGroup
  readonly differences: Difference[]
  readonly changedSecrets: readonly ChangedSecret[]
}

/** The secret that a client or a provider has after applying; undefined: none. */
export interface ChangedSecret extends Pick<SecretPlace, 'holder' | 'key'> {
  readonly secret: string | undefined
}

/** The difference between the file and the database, everything that only the database or the environment can refuse included. */
export async function compare({ vault, production }: PlanDeps, db: Db, file: GroupFile): Promise<Comparison> {
  const stored = await loadStoredGroup(db)
  const problems = await sectorProblems(db, stored, file)
  const changedSecrets: ChangedSecret[] = []
  for (const place of secretPlaces(file.document)) {
    const sealed = storedSecret(stored, place)
    const current = sealed && (await vault.openSystem(SECRET_FIELDS[place.holder], sealed))
    const secret = typeof place.typed === 'object' ? current : place.typed
    const problem = secretProblem(place, secret, production)
    if (problem) problems.push(file.problem(place.path, problem))
    if (secret !== current) changedSecrets.push({ holder: place.holder, key: place.key, secret })
  }
  if (problems.length > 0) throw new GroupFileRefused(problems)
  return { stored, changedSecrets, differences: differencesOf(stored.document, file.document, new Set(changedSecrets.map(secretName))) }
}

function secretProblem({ holder, key, typed }: SecretPlace, wanted: string | undefined, production: boolean): string | undefined {
  if (typed === undefined) return undefined
  if (wanted === undefined) return `the database has no secret of ${key} to keep`
  // what a provider's secrets look like is the provider's to say
  if (!production || holder !== 'client' || !isWeakSecret(wanted)) return undefined
  return 'is a demo secret or shorter than 32 characters, which production refuses'
}

/** Moving a recipient to another sector would give all its customers new subjects: its shops would no longer know them. */
async function sectorProblems(db: Db, { document }: StoredGroup, file: GroupFile): Promise<string[]> {
  const sectors = new Map(document.recipients.map(({ key, subject_sector }) => [key, subject_sector ?? key]))
  const problems: string[] = []
  for (const [index, { key, subject_sector }] of file.document.recipients.entries()) {
    const sector = sectors.get(key)
    if (sector === undefined || sector === (subject_sector ?? key) || !(await sectorHasSubjects(db, sector))) continue
    problems.push(file.problem(['recipients', index, 'subject_sector'], `must stay ${sector}: customers have subjects there`))
  }
  return problems
}
