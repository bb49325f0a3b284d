/**
 * What stops the vault from opening something: `unreadable` (tampered with, cut off, or sealed for another field or account),
 * `unknown_key` (its key was destroyed or never made here). A fault: nobody meets it in normal operation, and nothing is opened in part.
 */
export class VaultError extends Error {
  readonly reason: 'unreadable' | 'unknown_key'
  constructor(reason: 'unreadable' | 'unknown_key', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'VaultError'
    this.reason = reason
  }
}
