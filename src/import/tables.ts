/**
 * Marks of rows that were imported, so that the same file imports nothing twice. They name no account and outlive theirs: a file that comes again must not
 * bring back who was erased.
 */
export interface ImportedAccountsTable {
  /** Blind index of format, source and the other system's id. */
  readonly import_hash: Buffer
  readonly imported_at: Date
}
