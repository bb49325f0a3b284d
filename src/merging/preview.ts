import { type Profile, type ProfileConflict, profileConflicts } from '../accounts/index.ts'
import type { Enrolled } from '../authenticators/index.ts'
import type { Grant } from '../sharing/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { MergingDeps } from './deps.ts'
import { sideOf } from './known-recipients.ts'
import { type MergeProblem, mergeProblem } from './may-merge.ts'

/** One of two accounts before they become one. */
export interface PreviewSide {
  readonly accountId: AccountId
  readonly profile: Profile
  readonly version: number
  readonly enrolled: Enrolled
}

/** What would come of two accounts. Nothing is changed by looking. */
export interface MergePreview {
  readonly problem: MergeProblem | undefined
  readonly survivor: PreviewSide
  readonly absorbed: PreviewSide
  readonly conflicts: readonly ProfileConflict[]
  /** What is shared afterwards. */
  readonly shared: readonly Grant[]
}

/** What the customer is shown before two accounts become one. */
export async function previewMerge(deps: MergingDeps, db: Db, survivorId: AccountId, absorbedId: AccountId): Promise<MergePreview> {
  const states = await deps.accounts.merges.states(db, [survivorId, absorbedId])
  const [survivor, absorbed] = [await previewSide(deps, db, survivorId), await previewSide(deps, db, absorbedId)]
  return {
    problem: mergeProblem(states.get(survivorId), states.get(absorbedId)),
    survivor,
    absorbed,
    conflicts: profileConflicts(survivor.profile, absorbed.profile),
    shared: await deps.sharing.sharedTogether(db, await sideOf(deps, db, survivorId), await sideOf(deps, db, absorbedId)),
  }
}

async function previewSide({ accounts, authenticators }: MergingDeps, db: Db, accountId: AccountId): Promise<PreviewSide> {
  const { profile, version } = await accounts.readOwnProfile(db, accountId)
  return { accountId, profile, version, enrolled: await authenticators.enrolled(db, accountId) }
}
