import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { Secret } from '../ports/secret.ts'
import type { Db } from '../store/db.ts'
import type { ClientId } from '../store/ids.ts'
import { applyGroup } from './apply-group.ts'
import type { Difference } from './differences.ts'
import { exportGroup } from './export-group.ts'
import type { Group } from './group.ts'
import type { GroupFile } from './group-file.ts'
import { planGroup, type SecretSealer } from './plan-group.ts'
import { withRegistered } from './registered-clients.ts'
import { listRegistered } from './registration-store.ts'
import { isWeakSecret } from './secret-rules.ts'
import { findGroupVersion } from './store.ts'
import { loadStoredGroup } from './stored-group.ts'
import { toGroup } from './to-group.ts'

/** The group: read from memory, changed by file. `plan` and `apply` throw `GroupFileRefused` when this database can't take the file. */
export interface Groups {
  /** The snapshot; at most as old as the last {@link Groups.refresh}. Before the first `apply` it is an empty group of version 0. */
  current(): Group
  /** What {@link Groups.apply} would change. */
  plan(db: Db, file: GroupFile): Promise<Difference[]>
  /** Makes the database say what the file says, in one transaction, and refreshes; in a transaction of the caller's, the next refresh sees it. */
  apply(db: Db, file: GroupFile): Promise<Difference[]>
  /** The database's group as YAML, secrets as `{kept: CLIENT_ID}`. */
  exportFile(db: Db): Promise<string>
  /** Reads the group again when the database has a newer version. True: it had. */
  refresh(): Promise<boolean>
  /** Called after each change of {@link Groups.current}. */
  onChange(listener: (group: Group) => void): void
  /** In production: clients whose stored secret is a demo's or short. They can't authenticate; the start should name them and stop. */
  demoSecrets(): readonly ClientId[]
}

interface Deps {
  readonly db: Db
  readonly vault: SecretSealer
  readonly random: Random
  readonly clock: Clock
  readonly production: boolean
}

/** Reads the group and keeps it. */
export async function createGroups(deps: Deps): Promise<Groups> {
  const listeners: ((group: Group) => void)[] = []
  let snapshot = await loadSnapshot(deps)
  let refreshing: Promise<boolean> | undefined

  async function readNewer(): Promise<boolean> {
    if ((await findGroupVersion(deps.db)) <= snapshot.group.version) return false
    snapshot = await loadSnapshot(deps)
    for (const listener of listeners) listener(snapshot.group)
    return true
  }

  async function refresh(): Promise<boolean> {
    refreshing ??= readNewer().finally(() => {
      refreshing = undefined
    })
    return refreshing
  }

  return {
    current: () => snapshot.group,
    demoSecrets: () => snapshot.weak,
    plan: (db, file) => planGroup(deps, db, file),
    async apply(db, file) {
      const differences = await applyGroup(deps, db, file)
      if (!db.isTransaction && differences.length > 0) {
        // one that began before the commit may have seen the version before; what it failed at is told to whoever began it
        await refreshing?.catch(() => false)
        await refresh()
      }
      return differences
    },
    exportFile: exportGroup,
    refresh,
    onChange(listener) {
      listeners.push(listener)
    },
  }
}

interface Snapshot {
  readonly group: Group
  readonly weak: readonly ClientId[]
}

async function loadSnapshot({ db, vault, random, production }: Deps): Promise<Snapshot> {
  const { document, version, secrets: sealedSecrets, providerSecrets: sealedProviderSecrets } = await loadStoredGroup(db)
  const secrets = new Map<string, Secret>()
  const weak: ClientId[] = []
  for (const [id, sealed] of sealedSecrets) {
    const secret = await vault.openSystem('clients.secret_sealed', sealed)
    const refused = production && isWeakSecret(secret)
    // a database that grew up outside production may still hold the demo's: nobody gets in with them
    secrets.set(id, new Secret(refused ? random.bytes(32).toString('base64url') : secret))
    if (refused) weak.push(id as ClientId) // keys of `clients` are client ids
  }
  const providerSecrets = new Map<string, Secret>()
  for (const [key, sealed] of sealedProviderSecrets)
    providerSecrets.set(key, new Secret(await vault.openSystem('identity_providers.secret_sealed', sealed)))
  return { group: withRegistered(toGroup(document, version, secrets, providerSecrets), await listRegistered(db), secrets), weak }
}
