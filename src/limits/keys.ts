import { createHmac } from 'node:crypto'

/** What a counter is kept under: an HMAC, so that the database names neither who nor where. */
export type KeyOf = (kind: string, ...parts: readonly string[]) => Buffer

/** Keys of counters: HMACs, so that a dump names neither people nor addresses. */
export const keysBy =
  (secret: Buffer): KeyOf =>
  (kind, ...parts) =>
    createHmac('sha256', secret)
      .update([kind, ...parts].join('\0'))
      .digest()
