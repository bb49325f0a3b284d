import type { Source } from '../accounts/index.ts'
import type { Group } from '../group/group.ts'
import { auth0 } from './auth0.ts'
import { type CheckedAccount, checkAccount } from './check-account.ts'
import { firebase } from './firebase.ts'
import { ImportFileRefused } from './import-file-refused.ts'
import { jsonRows } from './json-rows.ts'
import { keycloak } from './keycloak.ts'
import { ownFormat } from './own-format.ts'
import { patient } from './patient-writer.ts'
import { type Format, type FormatOptions, isRemark, type RawAccount, type Remark } from './raw-account.ts'
import { createRehearsal } from './rehearsal.ts'
import type { JsonRow } from './row-scanner.ts'
import { createWriter, type Writer, type WriterDeps } from './writer.ts'

export const FORMATS = ['auth0', 'keycloak', 'firebase', 'atrium'] as const
export type FormatName = (typeof FORMATS)[number]
const READERS: Readonly<Record<FormatName, Format>> = { auth0, keycloak, firebase, atrium: ownFormat }

export interface ImportDeps extends WriterDeps {
  readonly group: Group
  /** The RP ID of this group's passkeys. */
  readonly rpId: string
}

export interface ImportOptions extends FormatOptions {
  readonly file: string
  readonly format: FormatName
  /** Who the values came from: the customer, or the recipient whose system that was. */
  readonly source: Source
  readonly dryRun: boolean
  onProgress?(done: number, total: number): void
  /** A row that is not imported, or a part of one that is. */
  onRemark?(remark: Remark & { readonly line: number; readonly kind: 'refused' | 'left_out' }): void
}

export interface ImportSummary {
  readonly rows: number
  readonly imported: number
  /** Imported before. */
  readonly known: number
  readonly refused: number
  /** Parts of imported rows. */
  readonly leftOut: number
}

/** So many accounts stand or fall together, and are in memory at once with those that are being written. */
const BATCH = 250

/**
 * Imports the accounts of a file. It is read twice: first to the end, so that of a file that is broken nothing is imported; then row by row. Memory does
 * not grow with it. Ended in the middle, by whatever, it is begun again with the same file: what was imported is skipped.
 *
 * @throws ImportFileRefused with the place, when the file is not of this format
 */
export async function runImport(deps: ImportDeps, options: ImportOptions): Promise<ImportSummary> {
  const format = READERS[options.format]
  const { total, frame } = await readThrough(options.file, format)
  const read = format.reader(frame, options)
  return options.dryRun
    ? importRows(deps, options, { total, format, read, writer: patient(createRehearsal(deps, options)) })
    : importRows(deps, options, { total, format, read, writer: patient(createWriter(deps, options)) })
}

async function readThrough(file: string, format: Format): Promise<{ total: number; frame: unknown }> {
  const rows = jsonRows(file, format.shapeOf)
  let total = 0
  for (;;) {
    const { done, value } = await rows.next()
    if (done) return { total, frame: value }
    total += value.length
  }
}

interface Reading<Prepared> {
  readonly total: number
  readonly format: Format
  readonly read: (row: unknown) => RawAccount | Remark
  readonly writer: Writer<Prepared>
}

async function importRows<Prepared>(
  deps: ImportDeps,
  options: ImportOptions,
  { total, format, read, writer }: Reading<Prepared>,
): Promise<ImportSummary> {
  const tally = new Tally(options, total)
  let batch: { readonly line: number; readonly account: CheckedAccount }[] = []
  let writing: Promise<void> = Promise.resolve()
  const flush = async (): Promise<void> => {
    const full = batch
    batch = []
    const prepared = await writer.prepare(full.map(({ account }) => account))
    await writing
    writing = writer.write(prepared).then((written) =>
      tally.written(
        full.map(({ line }) => line),
        written,
      ),
    )
    writing.catch(() => {}) // awaited before the next batch, where it throws
  }
  for await (const rows of jsonRows(options.file, format.shapeOf)) {
    for (const row of rows) {
      const checked = await check(deps, read, row)
      if ('account' in checked) batch.push({ line: row.line, account: checked.account })
      else tally.refused(row.line, checked)
      if (batch.length >= BATCH) await flush()
    }
  }
  if (batch.length > 0) await flush()
  await writing
  return tally.summary()
}

async function check(deps: ImportDeps, read: Reading<unknown>['read'], row: JsonRow): Promise<{ account: CheckedAccount } | Remark> {
  const raw = read(row.value)
  if (isRemark(raw)) return raw
  const checked = await checkAccount(raw, deps)
  return checked.ok ? { account: checked.account } : checked.remark
}

/** Counts, and tells as it goes. */
class Tally {
  readonly #options: ImportOptions
  readonly #total: number
  readonly #counts = { rows: 0, imported: 0, known: 0, refused: 0, leftOut: 0 }

  constructor(options: ImportOptions, total: number) {
    this.#options = options
    this.#total = total
  }

  refused(line: number, remark: Remark): void {
    this.#counts.refused++
    this.#counts.rows++
    this.#options.onRemark?.({ ...remark, line, kind: 'refused' })
  }

  written(lines: readonly number[], written: Awaited<ReturnType<Writer<unknown>['write']>>): void {
    for (const [at, outcome] of written.entries()) {
      const line = lines[at] ?? 0
      if (outcome.kind === 'refused') this.refused(line, outcome.remark)
      else this.#taken(line, outcome)
    }
    this.#options.onProgress?.(this.#counts.rows, this.#total)
  }

  #taken(line: number, outcome: { kind: 'known' } | { kind: 'imported'; leftOut: readonly Remark[] }): void {
    this.#counts[outcome.kind]++
    this.#counts.rows++
    for (const remark of outcome.kind === 'imported' ? outcome.leftOut : []) {
      this.#counts.leftOut++
      this.#options.onRemark?.({ ...remark, line, kind: 'left_out' })
    }
  }

  summary(): ImportSummary {
    if (this.#counts.rows !== this.#total) throw new ImportFileRefused(this.#options.file, 'was changed while it was being imported')
    return { ...this.#counts }
  }
}
