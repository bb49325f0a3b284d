/** `journey_runs`: the facts of one running sign-in, sealed with the system key of the month; before and after there is an account. */
export interface JourneyRunsTable {
  /** SHA-256 of issuer and interaction uid. */
  uid_hash: Buffer
  facts_sealed: Buffer
  version: number
  expires_at: Date
}
