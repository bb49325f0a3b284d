import { hash } from 'node:crypto'
import type { QueryResult, QueryResultRow } from 'pg'

/**
 * Runs a named (prepared) statement: half the CPU of an unnamed one in PostgreSQL, and prepared once per connection.
 *
 * @param text one of a fixed number of texts: it names the statement, so nothing of a request may stand in it
 */
export async function run<Row extends QueryResultRow>(over: Statements, text: string, values: unknown[]): Promise<Row[]> {
  return (await over.query<Row>({ name: nameOf(text), text, values })).rows
}

/** The pool, or what is for look-ups only. */
interface Statements {
  query<Row extends QueryResultRow>(statement: { name: string; text: string; values: unknown[] }): Promise<QueryResult<Row>>
}

/** A memory of a pure function, not state. As many entries as there are texts. */
const names = new Map<string, string>()

function nameOf(text: string): string {
  const known = names.get(text)
  if (known) return known
  const name = hash('sha256', text).slice(0, 24)
  names.set(text, name)
  return name
}

/** One part of a {@link UnitOfWork}'s single statement: a data-modifying query whose values are numbered by `value`. */
export type Fragment = (value: (value: unknown, type: string) => string) => string

/** An insert of one row. With `onlyIfSpent` it writes nothing when the code or token it depends on had been spent before. */
export function insert(
  table: string,
  row: Readonly<Record<string, readonly [type: string, value: unknown]>>,
  options: { onConflict?: string } = {},
): (onlyIfSpent: boolean) => Fragment {
  const columns = Object.entries(row)
  return (onlyIfSpent) => (value) =>
    `insert into ${table} (${columns.map(([name]) => name).join(', ')})
     select ${columns.map(([, [type, v]]) => value(v, type)).join(', ')}${onlyIfSpent ? ' from spent' : ''} ${options.onConflict ?? ''}`
}
