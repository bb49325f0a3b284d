import type { RecipientKey } from '../store/ids.ts'
import { mergePatch } from './merge-patch.ts'
import { changedProfile, type Profile } from './profile.ts'

export interface AttributeWrite {
  /** Whose values they are from now on. */
  readonly source: RecipientKey
  /** Attribute → JSON merge patch of its value (RFC 7396), checked against the group. */
  readonly patch: Readonly<Record<string, unknown>>
}

/** Pure: the profile after a recipient's write. An object without members is no value. */
export function patchedProfile(profile: Profile, { source, patch }: AttributeWrite, now: Date): Profile {
  const values = Object.entries(mergePatch(valuesOf(profile), patch) as object).map(([name, value]) => [name, emptyIsNull(value)] as const) // a patch of members gives members
  const after = new Map<string, unknown>(values)
  return changedProfile(profile, Object.fromEntries(Object.keys(patch).map((name) => [name, after.get(name) ?? null])), source, now)
}

const valuesOf = (profile: Profile): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(profile).map(([name, entry]) => [name, entry?.value]))

const emptyIsNull = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0 ? null : value
