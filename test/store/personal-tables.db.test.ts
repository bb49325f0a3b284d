import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { OTHER_TABLES, PERSONAL_TABLES } from '../../src/privacy/index.ts'
import { createTestDatabase } from '../harness/database.ts'

/** Here rather than beside the list, so that whoever adds a migration meets it with the tests of the schema. */

const { store } = await createTestDatabase({ after })

/** Every table but partitions, with its columns. */
async function schema(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const { rows } = await store.pool.query<{ table: string; column: string; type: string }>(
    `select c.table_name as table, c.column_name as column, c.data_type as type from information_schema.columns c
     join pg_class r on r.relname = c.table_name and r.relnamespace = c.table_schema::regnamespace and not r.relispartition
     where c.table_schema = 'public' and r.relkind in ('r', 'p')`,
  )
  const byTable = Map.groupBy(rows, (row) => row.table)
  return new Map([...byTable].map(([table, columns]) => [table, new Map(columns.map(({ column, type }) => [column, type]))]))
}

test('SEC-113 every table is either handed over and erased with its person, or said to be about nobody', async () => {
  const tables = await schema()
  const personal = new Set<string>(PERSONAL_TABLES.map(({ table }) => table))

  const forgotten = [...tables.keys()].filter((table) => !personal.has(table) && !(table in OTHER_TABLES))
  const wrong = [...tables].filter(([table, columns]) => columns.has('account_id') && !personal.has(table)).map(([table]) => table)
  const gone = [...personal, ...Object.keys(OTHER_TABLES)].filter((table) => !tables.has(table) && !table.startsWith('schema_migrations'))

  assert.deepEqual(forgotten, [], 'src/privacy/personal-tables.ts must say what is done with these')
  assert.deepEqual(wrong, [], 'these have an account_id, so they are about a person')
  assert.deepEqual(gone, [], 'these are in the list and not in the database')
})

test('SEC-113 of each of these tables every column that is not readable is opened or withheld, and none is named that is not there', async () => {
  const tables = await schema()

  const problems = PERSONAL_TABLES.flatMap(({ table, opened = {}, withheld = {} }) => {
    const columns = tables.get(table) ?? new Map<string, string>()
    const said = [...Object.keys(opened), ...Object.keys(withheld)]
    return [
      ...said.filter((column) => !columns.has(column)).map((column) => `${table}.${column} is not there`),
      ...[...columns]
        .filter(([column, type]) => type === 'bytea' && !said.includes(column))
        .map(([column]) => `${table}.${column} is neither`),
      ...Object.keys(opened).flatMap((column) => (column in withheld || !column.endsWith('_sealed') ? `${table}.${column} is opened` : [])),
    ]
  })

  assert.deepEqual(problems, [])
})
