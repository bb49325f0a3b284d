import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { Difference } from './differences.ts'
import { type Entry, type EntryKind, entriesOf, orderOf } from './entries.ts'
import type { GroupFile } from './group-file.ts'
import { type ChangedSecret, compare, type PlanDeps, SECRET_FIELDS } from './plan-group.ts'
import { adoptRegistered, deleteRegistrationsOf } from './registration-store.ts'
import type { GroupDocument } from './schema.ts'
import * as store from './store.ts'

export interface ApplyDeps extends PlanDeps {
  readonly clock: Clock
}

/**
 * Makes the database say what the file says, in one transaction: the caller's, if it has one. What the file does not have goes.
 *
 * @returns what it changed; nothing, and no new version, when the file is what the database says already
 */
export async function applyGroup(deps: ApplyDeps, db: Db, file: GroupFile): Promise<Difference[]> {
  return inTransaction(db, async (tx) => {
    await store.lockGroup(tx)
    const { differences, changedSecrets } = await compare(deps, tx, file)
    if (differences.length === 0) return []
    const now = deps.clock()
    const entries = new Map(entriesOf(file.document).map((entry) => [nameOf(entry), entry]))
    for (const { kind, key } of distinct(differences)) await writeEntry(tx, kind, key, entries.get(nameOf({ kind, key })))
    for (const { change, kind, key } of differences) {
      if (change === 'add' && kind === 'client') await adoptRegistered(tx, key)
      if (change === 'remove' && kind === 'recipient') await deleteRegistrationsOf(tx, key)
    }
    for (const changed of changedSecrets) await writeSecret(deps, tx, changed)
    await store.saveHead(tx, headOf(file.document), now)
    await store.raiseGroupVersion(tx, now)
    return differences
  })
}

const inTransaction = <Result>(db: Db, work: (tx: Db) => Promise<Result>): Promise<Result> =>
  db.isTransaction ? work(db) : db.transaction().execute(work)

const nameOf = ({ kind, key }: Pick<Entry, 'kind' | 'key'>): string => `${kind} ${key}`

const distinct = (differences: readonly Difference[]): readonly Difference[] => [
  ...new Map(differences.map((difference) => [nameOf(difference), difference])).values(),
]

const TABLES = { attribute: 'attributes', purpose: 'purposes', journey: 'journeys', policy: 'policies' } as const

async function writeEntry(db: Db, kind: EntryKind, key: string, entry: Entry | undefined): Promise<void> {
  switch (kind) {
    case 'recipient':
      return entry ? store.saveRecipient(db, entry) : store.deleteRecipient(db, key)
    case 'client':
      return entry ? store.saveClient(db, entry) : store.deleteClient(db, key)
    case 'identity_provider':
      return entry ? store.saveIdentityProvider(db, entry) : store.deleteIdentityProvider(db, key)
    case 'attribute':
    case 'purpose':
    case 'journey':
    case 'policy':
      return entry ? store.saveDefinition(db, TABLES[kind], entry) : store.deleteDefinition(db, TABLES[kind], key)
    case 'group':
    case 'keys':
    case 'attribute_group':
      return // these stand in the head, which every apply writes
    default:
      throw new Error(`unknown kind of entry: ${kind satisfies never}`)
  }
}

async function writeSecret({ vault }: ApplyDeps, tx: Db, { holder, key, secret }: ChangedSecret): Promise<void> {
  const sealed = secret === undefined ? null : await vault.sealSystem(SECRET_FIELDS[holder], secret)
  await (holder === 'client' ? store.saveClientSecret(tx, key, sealed) : store.saveIdentityProviderSecret(tx, key, sealed))
}

function headOf(document: GroupDocument): store.GroupHead {
  const entries = entriesOf(document)
  const attributeGroups = entries.filter(({ kind }) => kind === 'attribute_group')
  return {
    group: document.group,
    keys: document.keys ?? {},
    attribute_groups: Object.fromEntries(attributeGroups.map(({ key, definition }) => [key, definition])),
    order: orderOf(document),
  }
}
