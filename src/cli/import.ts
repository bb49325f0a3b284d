import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Source } from '../accounts/index.ts'
import type { Group } from '../group/group.ts'
import { FORMATS, type FormatName, type ImportOptions, type ImportSummary, type Mapping, runImport } from '../import/index.ts'
import type { AttributeName, RecipientKey } from '../store/ids.ts'
import { unavailableCode } from '../store/unavailable.ts'
import { badInput, CommandFailed } from './command-failed.ts'
import type { ImportFlags } from './define-import.ts'
import { withVault } from './open-vault.ts'
import { showProgress } from './progress.ts'
import { readConfig } from './read-config.ts'
import type { Surroundings } from './run-command.ts'

/** The command did its part; the rows in the report are left. */
const ROWS_REFUSED = 3

/** `atrium import -f FILE --format FORMAT`: the report on standard output, a line for each row refused and each part left out, then the sum. Returns the exit status. */
export async function importAccounts({ env, print }: Surroundings, flags: ImportFlags): Promise<number> {
  const config = readConfig({ env, print })
  const format = FORMATS.find((known) => known === flags.format) as FormatName // commander let no other through
  const hashConfig = flags.hashConfig === undefined ? undefined : await textOf(flags.hashConfig)
  const mapping = flags.mapping === undefined ? {} : readMapping(await textOf(flags.mapping), flags.mapping)
  const dryRun = flags.dryRun ?? false
  const progress = showProgress(dryRun ? 'accounts looked at:' : 'accounts imported:')
  const work = withVault(config, async ({ store, groups, ...opened }) => {
    const group = groups.current()
    refuseUnknown(group, flags, mapping)
    const options: ImportOptions = {
      ...{ file: flags.file, format, dryRun, mapping, source: flags.source as Source, hashConfig, passkeyRpId: flags.rpId },
      onProgress: progress.at,
      onRemark: ({ line, field, reason, kind }) =>
        print(`${flags.file}:${line} ${field}: ${reason}${kind === 'left_out' ? ' (left out)' : ''}`),
    }
    return runImport({ ...opened, db: store.db, group, rpId: new URL(config.issuer).hostname }, options).finally(progress.end)
  })
  const summary = await work.catch((error: unknown) => {
    const code = unavailableCode(error)
    throw code === undefined ? error : new CommandFailed([`the database does not serve (${code}): run the same command again to go on`], 1)
  })
  print(sentence(summary, { dryRun }))
  return summary.refused > 0 ? ROWS_REFUSED : 0
}

function sentence({ rows, imported, known, refused, leftOut }: ImportSummary, { dryRun }: { dryRun: boolean }): string {
  const n = (count: number): string => count.toLocaleString('en')
  const done = dryRun ? 'would be imported' : 'imported'
  return `${n(rows)} rows: ${n(imported)} ${done}, ${n(known)} imported before, ${n(refused)} refused; ${n(leftOut)} parts left out.`
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw badInput(error.code === 'ENOENT' ? `${path}: there is no such file` : `${path}: cannot be read (${error.code})`)
  })
}

/** A path is members with dots between them; a list where a member has a dot itself. */
const path = z.union([
  z
    .string()
    .min(1)
    .transform((members) => members.split('.')),
  z.array(z.string().min(1)).min(1),
])
const mappingSchema = z.record(z.string(), path)

function readMapping(text: string, file: string): Mapping {
  let written: unknown
  try {
    written = parse(text)
  } catch (error) {
    throw badInput(`${file}: ${error instanceof Error ? error.message.split('\n')[0] : 'is not YAML'}`)
  }
  const parsed = mappingSchema.safeParse(written ?? {})
  if (parsed.success) return parsed.data
  throw badInput(`${file} ${parsed.error.issues[0]?.path.join('.') ?? ''}: must be attribute: path.to.it`)
}

const BESIDE_ATTRIBUTES = new Set(['locale', 'member_number', 'phone_number'])

function refuseUnknown(group: Group, { source, mapping: file }: ImportFlags, mapping: Mapping): void {
  if (source !== 'customer' && !group.recipients.has(source as RecipientKey))
    throw badInput(
      `--source ${source}: must be customer or a recipient of the group: ${[...group.recipients.keys()].join(', ') || 'there is none yet'}`,
    )
  for (const name of Object.keys(mapping))
    if (!BESIDE_ATTRIBUTES.has(name) && !group.attributes.has(name as AttributeName))
      throw badInput(`${file} ${name}: the group has no such attribute`)
}
