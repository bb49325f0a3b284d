import { createHash } from 'node:crypto'

/** SHA-256, under which tokens, codes, subjects and session ids are stored. */
export const sha256 = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest()
