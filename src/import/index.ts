/**
 * Owns the way in from other systems: reading what Auth0, Keycloak and Firebase export, and our own format, as streams; which rows were imported
 * already; and the report of those that were not.
 *
 * Does not own what it writes: accounts, authenticators and vault do, and check it by their own rules. A command calls it, no door.
 */
export { ImportFileRefused } from './import-file-refused.ts'
export type { Mapping, Reason, Remark } from './raw-account.ts'
export { FORMATS, type FormatName, type ImportDeps, type ImportOptions, type ImportSummary, runImport } from './run-import.ts'
