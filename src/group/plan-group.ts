import type { Db } from '../store/db.ts'
import { type Difference, differencesOf } from './differences.ts'
import { type GroupFile, GroupFileRefused } from './group-file.ts'
import type { ClientEntry } from './schema.ts'
import { isWeakSecret } from './secret-rules.ts'
import { sectorHasSubjects } from './store.ts'
import { loadStoredGroup, type StoredGroup } from './stored-group.ts'

/** The part of the vault that seals client secrets. */
export interface SecretSealer {
  sealSystem(field: 'clients.secret_sealed', plain: string): Promise<Buffer>
  openSystem(field: 'clients.secret_sealed', sealed: Buffer): Promise<string>
}

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
  /** Client id → the secret it has after applying, for those whose secret differs; undefined: none. */
  readonly changedSecrets: ReadonlyMap<string, string | undefined>
}

/** The difference between the file and the database, everything that only the database or the environment can refuse included. */
export async function compare({ vault, production }: PlanDeps, db: Db, file: GroupFile): Promise<Comparison> {
  const stored = await loadStoredGroup(db)
  const problems = await sectorProblems(db, stored, file)
  const changedSecrets = new Map<string, string | undefined>()
  for (const [index, client] of file.document.clients.entries()) {
    const sealed = stored.secrets.get(client.client_id)
    const current = sealed && (await vault.openSystem('clients.secret_sealed', sealed))
    const wanted = wantedSecret(client, current)
    const problem = secretProblem(client, wanted, production)
    if (problem) problems.push(file.problem(['clients', index, 'client_secret'], problem))
    if (wanted !== current) changedSecrets.set(client.client_id, wanted)
  }
  if (problems.length > 0) throw new GroupFileRefused(problems)
  return { stored, changedSecrets, differences: differencesOf(stored.document, file.document, new Set(changedSecrets.keys())) }
}

const wantedSecret = ({ client_secret: secret }: ClientEntry, current: string | undefined): string | undefined =>
  typeof secret === 'object' ? current : secret

function secretProblem({ client_secret, client_id }: ClientEntry, wanted: string | undefined, production: boolean): string | undefined {
  if (client_secret === undefined) return undefined
  if (wanted === undefined) return `the database has no secret of ${client_id} to keep`
  return production && isWeakSecret(wanted) ? 'is a demo secret or shorter than 32 characters, which production refuses' : undefined
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
