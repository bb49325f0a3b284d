import type { AttributeName, PurposeName, RecipientKey } from '../store/ids.ts'

/** What is shared by the account that two become, and what is shared again when they part. Pure. */

export interface Grant {
  readonly recipient: RecipientKey
  readonly purpose: PurposeName
  readonly attribute: AttributeName
  readonly granted_at: Date
  /** Null: until the customer stops it. */
  readonly ends_at: Date | null
}

/** One of two accounts, as far as it matters for what both together share. */
export interface SharingSide {
  /** All it ever agreed to, ended or not. */
  readonly grants: readonly Grant[]
  /** Recipients that know the account by a subject, whatever was agreed to. */
  readonly known: ReadonlySet<RecipientKey>
}

/**
 * The stricter consent wins: a recipient that met both accounts goes on with what both share with it, for as long as both do. One that met only
 * one of them goes on as it was agreed with that one.
 *
 * Met is who was ever given something, or knows a subject: what a customer stopped sharing, or never began to, is not shared by way of another
 * account. So nothing is shared afterwards that was not shared before, and nothing for longer.
 */
export function stricterConsent(survivor: SharingSide, absorbed: SharingSide, now: Date): readonly Grant[] {
  const [mine, others] = [liveOf(survivor, now), liveOf(absorbed, now)]
  const [metSurvivor, metAbsorbed] = [metBy(survivor), metBy(absorbed)]
  const kept = [...mine.values()].flatMap((grant) => {
    if (!metAbsorbed.has(grant.recipient)) return [grant]
    const other = others.get(keyOf(grant))
    return other ? [{ ...grant, ends_at: earlier(grant.ends_at, other.ends_at) }] : []
  })
  return [...kept, ...[...others.values()].filter(({ recipient }) => !metSurvivor.has(recipient))]
}

type Term = Pick<Grant, 'granted_at' | 'ends_at'>

/** One grant of the survivor that a merge began, ended or shortened. */
export interface GrantChange extends Pick<Grant, 'recipient' | 'purpose' | 'attribute'> {
  /** Null: there was none. */
  readonly before: Term | null
  readonly after: Term
}

/** What is to be written for the survivor so that it shares this and nothing else. A grant that ends stays, ended: its recipient was met. */
export function grantChanges(survivor: SharingSide, shared: readonly Grant[], now: Date): readonly GrantChange[] {
  const wanted = new Map(shared.map((grant) => [keyOf(grant), grant]))
  const own = new Map(survivor.grants.map((grant) => [keyOf(grant), grant]))
  const ended = [...liveOf(survivor, now).values()].flatMap((grant) => {
    const ends_at = wanted.has(keyOf(grant)) ? (wanted.get(keyOf(grant))?.ends_at ?? null) : now
    return sameInstant(ends_at, grant.ends_at) ? [] : [changeOf(grant, termOf(grant), { granted_at: grant.granted_at, ends_at })]
  })
  const begun = shared.filter((grant) => !own.has(keyOf(grant))).map((grant) => changeOf(grant, null, termOf(grant)))
  return [...ended, ...begun]
}

/** Of the changes those that still stand as the merge left them; what the customer changed since is theirs. */
export function standingChanges(now: readonly Grant[], changes: readonly GrantChange[]): readonly GrantChange[] {
  const rows = new Map(now.map((grant) => [keyOf(grant), grant]))
  return changes.filter((change) => {
    const row = rows.get(keyOf(change))
    return row && sameInstant(row.granted_at, change.after.granted_at) && sameInstant(row.ends_at, change.after.ends_at)
  })
}

type Key = Pick<Grant, 'recipient' | 'purpose' | 'attribute'>

const keyOf = ({ recipient, purpose, attribute }: Key): string => `${recipient} ${purpose} ${attribute}`
const termOf = ({ granted_at, ends_at }: Term): Term => ({ granted_at, ends_at })
const changeOf = ({ recipient, purpose, attribute }: Key, before: Term | null, after: Term): GrantChange => ({
  recipient,
  purpose,
  attribute,
  before,
  after,
})

const liveOf = ({ grants }: SharingSide, now: Date): ReadonlyMap<string, Grant> =>
  new Map(grants.filter(({ ends_at }) => ends_at === null || ends_at > now).map((grant) => [keyOf(grant), grant]))

const metBy = ({ grants, known }: SharingSide): ReadonlySet<RecipientKey> =>
  new Set([...grants.map(({ recipient }) => recipient), ...known])

const earlier = (one: Date | null, other: Date | null): Date | null => (one === null || (other !== null && other < one) ? other : one)
const sameInstant = (one: Date | null, other: Date | null): boolean => one?.getTime() === other?.getTime()
