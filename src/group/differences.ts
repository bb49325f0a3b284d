import { isDeepStrictEqual } from 'node:util'
import { ENTRY_KINDS, type Entry, type EntryKind, entriesOf, ORDERED, orderOf } from './entries.ts'
import type { GroupDocument } from './schema.ts'
import { secretName } from './secrets.ts'

/** One thing that applying a file would change. */
export interface Difference {
  readonly change: 'add' | 'change' | 'remove'
  readonly kind: EntryKind
  /** Empty for `group` and `keys`. */
  readonly key: string
  /** Of a change: what of it. */
  readonly field?: string
  /** For people: `~ client aurora-web redirect_uris: ["…"] → ["…"]`. One line, no secret. */
  readonly line: string
}

/**
 * What differs between two documents, in the order of {@link ENTRY_KINDS}.
 *
 * @param changedSecrets names (`secretName`) of what has another secret: secrets are compared by whoever can open them
 */
export function differencesOf(from: GroupDocument, to: GroupDocument, changedSecrets: ReadonlySet<string>): Difference[] {
  const before = byName(entriesOf(from))
  const after = byName(entriesOf(to))
  const added = [...after].filter(([name]) => !before.has(name)).map(([, entry]) => whole('add', entry))
  const removed = [...before].filter(([name]) => !after.has(name)).map(([, entry]) => whole('remove', entry))
  const changed = [...after].flatMap(([name, entry]) => {
    const old = before.get(name)
    return old ? changes(old, entry, changedSecrets) : []
  })
  const all = [...added, ...changed, ...orderChanges(from, to), ...removed]
  return ENTRY_KINDS.flatMap((kind) => all.filter((difference) => difference.kind === kind))
}

const byName = (entries: readonly Entry[]) => new Map(entries.map((entry) => [`${entry.kind} ${entry.key}`, entry]))

const whole = (change: 'add' | 'remove', { kind, key }: Entry): Difference => ({
  change,
  kind,
  key,
  line: `${change === 'add' ? '+' : '-'} ${kind} ${key}`,
})

function changes(before: Entry, after: Entry, changedSecrets: ReadonlySet<string>): Difference[] {
  const fields = [...new Set([...Object.keys(before.definition), ...Object.keys(after.definition)])]
  const found = fields
    .filter((field) => !isDeepStrictEqual(before.definition[field], after.definition[field]))
    .map((field) => change(after, field, `${printed(before.definition[field])} → ${printed(after.definition[field])}`))
  const holder = after.kind === 'client' || after.kind === 'identity_provider' ? after.kind : undefined
  const secret = holder && changedSecrets.has(secretName({ holder, key: after.key }))
  return [...found, ...(secret ? [change(after, after.definition.apple ? 'apple.private_key' : 'client_secret', 'changed')] : [])]
}

/** An entry that comes or goes moves the others without a word; only those that were there before and change places are told. */
function orderChanges(from: GroupDocument, to: GroupDocument): Difference[] {
  const [before, after] = [orderOf(from), orderOf(to)]
  return ORDERED.flatMap((list) => {
    const old = before[list].filter((name) => after[list].includes(name))
    const now = after[list].filter((name) => before[list].includes(name))
    return isDeepStrictEqual(old, now) ? [] : [change({ kind: 'group', key: '' }, `order of ${list}`, `${printed(old)} → ${printed(now)}`)]
  })
}

const change = ({ kind, key }: Pick<Entry, 'kind' | 'key'>, field: string, what: string): Difference => ({
  change: 'change',
  kind,
  key,
  field,
  line: `~ ${[kind, key, field].filter((part) => part !== '').join(' ')}: ${what}`,
})

const PRINTED_CHARACTERS = 200

function printed(value: unknown): string {
  if (value === undefined) return '(none)'
  const text = JSON.stringify(value)
  return text.length > PRINTED_CHARACTERS ? `${text.slice(0, PRINTED_CHARACTERS)}…` : text
}
