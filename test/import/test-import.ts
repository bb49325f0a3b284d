import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAccounts } from '../../src/accounts/index.ts'
import { type LegacyHash, readLegacyHash } from '../../src/authenticators/legacy-hash.ts'
import { passkeyPart } from '../../src/authenticators/passkey-store.ts'
import { createGroups, parseGroupFile } from '../../src/group/index.ts'
import { type ImportOptions, runImport } from '../../src/import/index.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { DEMO } from '../group/groups-with-database.ts'
import { createTestVault } from '../vault/test-vault.ts'

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url))
export const fixture = (name: string): string => join(FIXTURES, name)
export const HASH_CONFIG = await readFile(fixture('firebase-hash-config.txt'), 'utf8')

/** The demo group on a database of its own, and imports into it. */
export async function importWorld(t: Parameters<typeof createTestVault>[0]) {
  const world = await createTestVault(t)
  const { db, vault, clock } = world
  const folder = await mkdtemp(join(tmpdir(), 'atrium-import-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const groups = await createGroups({ db, vault, clock, random: systemRandom, production: false })
  const parsed = parseGroupFile(DEMO, 'demo.yaml')
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  await groups.apply(db, parsed.file)
  const accounts = createAccounts({ vault, clock, random: systemRandom })

  /** Imports, and tells the report as its lines. */
  async function run(file: string, options: Partial<ImportOptions> & Pick<ImportOptions, 'format'>) {
    const report: string[] = []
    const deps = { db, vault, clock, random: systemRandom, group: groups.current(), rpId: 'localhost' }
    const summary = await runImport(deps, {
      ...{ file, source: 'customer', dryRun: false, mapping: {}, hashConfig: HASH_CONFIG },
      onRemark: ({ line, field, reason, kind }) => report.push(`${line} ${field}: ${reason}${kind === 'left_out' ? ' (left out)' : ''}`),
      ...options,
    })
    return { report, ...summary }
  }

  async function fileOf(rows: readonly unknown[], name = 'rows.ndjson'): Promise<string> {
    const file = join(folder, name)
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    return file
  }

  /** An account as it is stored, found by its address. */
  async function account(email: string) {
    const found = await accounts.findTyped(db, { value: email })
    if (!found) throw new Error(`no account has ${email}`)
    const { profile } = await accounts.readOwnProfile(db, found.id)
    const rows = await db.selectFrom('authenticators').selectAll().where('account_id', '=', found.id).execute()
    const secret = async (kind: string): Promise<string | undefined> => {
      const row = rows.find((candidate) => candidate.kind === kind)
      return row?.secret_sealed ? vault.open(db, found.id, 'authenticators.secret_sealed', row.secret_sealed) : undefined
    }
    const password = await secret('password')
    return {
      ...found,
      values: Object.fromEntries(Object.entries(profile).map(([name, value]) => [name, value?.value])),
      sources: [...new Set(Object.values(profile).map((value) => value?.source))],
      password: password === undefined ? undefined : (readLegacyHash(password) as LegacyHash),
      totp: await secret('totp'),
      passkeys: rows.filter(({ kind }) => kind === 'passkey').map(({ public_part }) => passkeyPart.parse(public_part)),
    }
  }

  const count = async (table: 'accounts' | 'identifiers' | 'account_keys' | 'authenticators' | 'imported_accounts' | 'passkey_index') =>
    Number(
      (
        await db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    )
  /** Rows of everything an import writes. */
  const counts = async () => ({
    accounts: await count('accounts'),
    identifiers: await count('identifiers'),
    keys: await count('account_keys'),
    authenticators: await count('authenticators'),
    marks: await count('imported_accounts'),
    passkeys: await count('passkey_index'),
  })
  const idOf = async (kind: 'email' | 'phone' | 'member_number', value: string): Promise<AccountId | undefined> =>
    (
      await db
        .selectFrom('identifiers')
        .select('account_id')
        .where('kind', '=', kind)
        .where('blind_index', '=', vault.blindIndex(kind, value))
        .executeTakeFirst()
    )?.account_id
  return { ...world, folder, groups, accounts, run, fileOf, account, counts, idOf }
}
