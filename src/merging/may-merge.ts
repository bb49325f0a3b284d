import type { MergeState } from '../accounts/index.ts'

/** Why two accounts cannot become one that way. */
export const MERGE_PROBLEMS = ['same_account', 'not_active', 'has_absorbed', 'too_many'] as const
export type MergeProblem = (typeof MERGE_PROBLEMS)[number]

/** More than anybody has accounts; a bound all the same, because their rows are read along. */
export const MOST_ABSORBED = 5

/**
 * Whether one account may absorb another. Pure.
 *
 * An account that has absorbed one, and may have to let it go again, is never absorbed itself, and one that was absorbed absorbs nobody: so a way
 * from an account to its survivor is one step long, and a circle cannot be. The other way round the same two may well become one.
 */
export function mergeProblem(survivor: MergeState | undefined, absorbed: MergeState | undefined): MergeProblem | undefined {
  if (!survivor || !absorbed) return 'not_active'
  if (survivor.id === absorbed.id) return 'same_account'
  // Locked, about to be closed, absorbed already: what an account's state keeps it from, it is kept from as a part of another, too.
  if ([survivor, absorbed].some(({ status, merged_into }) => status !== 'active' || merged_into !== null)) return 'not_active'
  if (absorbed.absorbed > 0) return 'has_absorbed'
  return survivor.absorbed >= MOST_ABSORBED ? 'too_many' : undefined
}
