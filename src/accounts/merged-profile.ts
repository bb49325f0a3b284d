import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { AttributeName } from '../store/ids.ts'
import { EMAIL, EMAIL_VERIFIED, PHONE_NUMBER, PHONE_NUMBER_VERIFIED, type Profile, type ProfileValue } from './profile.ts'

/** Which value of two profiles becomes the one of the account that two become, and what it is again when they part. Pure. */

/** A value that says whether another was proven goes where that one goes. */
const FLAG_OF: Readonly<Record<string, AttributeName>> = { [EMAIL]: EMAIL_VERIFIED, [PHONE_NUMBER]: PHONE_NUMBER_VERIFIED }
const FLAGS: ReadonlySet<string> = new Set(Object.values(FLAG_OF))

/** Both accounts have a value, and they differ. */
export interface ProfileConflict {
  readonly attribute: AttributeName
  readonly survivor: ProfileValue
  readonly absorbed: ProfileValue
  /** Whether the customer may have the other one. The address the customer is written to stays the survivor's. */
  readonly choice: boolean
}

/** Where the profiles differ, in the order of the survivor's. */
export function profileConflicts(survivor: Profile, absorbed: Profile): readonly ProfileConflict[] {
  return attributesOf(survivor).flatMap((attribute) => {
    const [own, other] = [survivor[attribute], absorbed[attribute]]
    if (!own || !other || isDeepStrictEqual(own.value, other.value)) return []
    return [{ attribute, survivor: own, absorbed: other, choice: attribute !== EMAIL }]
  })
}

/**
 * The profile of the account that two become: the survivor's values, and the other's where it has none or the customer chose so.
 *
 * @param chosen attributes of which the absorbed account's value is wanted; such a one without a choice is ignored
 */
export function mergedProfile(survivor: Profile, absorbed: Profile, chosen: ReadonlySet<string>): Profile {
  const taken = attributesOf(absorbed).filter((name) => !survivor[name] || (name !== EMAIL && chosen.has(name)))
  return taken.reduce((profile, name) => withUnit(profile, name, unitOf(absorbed, name)), survivor)
}

const valueSchema = z.object({ value: z.unknown(), source: z.string(), updated_at: z.string() }).nullable()
const unitSchema = z.tuple([valueSchema, valueSchema])
export const profileChangeSchema = z.object({ attribute: z.string(), before: unitSchema, after: unitSchema })
/** One attribute that a merge changed, with its flag: what it was and what it became. Stored, so that it can be undone. */
export type ProfileChange = z.infer<typeof profileChangeSchema>

/** What has to be known of a merge to undo it. */
export function profileChanges(before: Profile, after: Profile): readonly ProfileChange[] {
  const names = new Set([...attributesOf(before), ...attributesOf(after)])
  return [...names]
    .map((attribute) => ({ attribute, before: unitOf(before, attribute), after: unitOf(after, attribute) }))
    .filter((change) => !isDeepStrictEqual(change.before, change.after))
}

/** The profile without what a merge did to it. What was changed since stays as it is now: it was changed for this account. */
export function unmergedProfile(now: Profile, changes: readonly ProfileChange[]): Profile {
  return changes.reduce((profile, { attribute, before, after }) => {
    const name = attribute as AttributeName // written above from a profile
    return isDeepStrictEqual(unitOf(now, name), after) ? withUnit(profile, name, before) : profile
  }, now)
}

const attributesOf = (profile: Profile): readonly AttributeName[] =>
  (Object.keys(profile) as AttributeName[]).filter((name) => !FLAGS.has(name)) // the keys of a profile

type Unit = ProfileChange['before']

/** A value and, where there is such a thing, the flag that says whether it was proven. */
function unitOf(profile: Profile, name: AttributeName): Unit {
  const flag = FLAG_OF[name]
  return [profile[name] ?? null, (flag && profile[flag]) ?? null]
}

function withUnit(profile: Profile, name: AttributeName, [value, flagValue]: Unit): Profile {
  const flag = FLAG_OF[name]
  const values = new Map<string, unknown>(Object.entries(profile))
  const put = (key: string, of: unknown): void => void (of === null ? values.delete(key) : values.set(key, of))
  put(name, value)
  if (flag) put(flag, flagValue)
  return Object.fromEntries(values) as Profile // units are those of profiles
}
