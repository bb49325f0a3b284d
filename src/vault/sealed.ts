import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { VaultError } from './vault-error.ts'

/**
 * One sealed field: 1 byte version, 4 bytes key number, 12 bytes nonce, ciphertext, 16 bytes tag. AES-256-GCM.
 *
 * Field and owner are authenticated with it, so that a value copied to another column or another account does not open.
 */
export interface Place {
  /** `table.column` */
  readonly field: Field
  /** The account, or `system` for what belongs to none. */
  readonly owner: string
}
export type Field = `${string}.${string}`

/** A key and the number it is stored under. */
export interface NumberedKey {
  readonly number: number
  readonly key: KeyObject
}

const VERSION = 1
const NONCE_AT = 5
const CIPHERTEXT_AT = NONCE_AT + 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

export const NONCE_BYTES = CIPHERTEXT_AT - NONCE_AT

/** Seals UTF-8 text (or its bytes). The nonce must be random and used once. */
export function sealWith({ number, key }: NumberedKey, place: Place, nonce: Buffer, plain: string | Buffer): Buffer {
  const head = Buffer.alloc(NONCE_AT)
  head.writeUInt8(VERSION)
  head.writeUInt32BE(number, 1)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(additionalData(place))
  const body = [typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain), cipher.final()]
  return Buffer.concat([head, nonce, ...body, cipher.getAuthTag()])
}

/** Which key a sealed value needs. Throws {@link VaultError} when it is none of ours. */
export function keyNumberOf(sealed: Buffer, { field }: Place): number {
  if (sealed.length < CIPHERTEXT_AT + TAG_BYTES || sealed.readUInt8() !== VERSION) throw unreadable(field)
  return sealed.readUInt32BE(1)
}

/** Opens a sealed text whole, or throws {@link VaultError}. */
export function openWith(key: KeyObject, place: Place, sealed: Buffer): string {
  const plain = openBytesWith(key, place, sealed)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain)
  } catch (cause) {
    throw unreadable(place.field, cause)
  }
}

/** Opens whatever was sealed, or throws {@link VaultError}. */
export function openBytesWith(key: KeyObject, place: Place, sealed: Buffer): Buffer {
  const nonce = sealed.subarray(NONCE_AT, CIPHERTEXT_AT)
  const tagAt = sealed.length - TAG_BYTES
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(additionalData(place))
    decipher.setAuthTag(sealed.subarray(tagAt))
    return Buffer.concat([decipher.update(sealed.subarray(CIPHERTEXT_AT, tagAt)), decipher.final()])
  } catch (cause) {
    throw unreadable(place.field, cause)
  }
}

const additionalData = ({ field, owner }: Place): Buffer => Buffer.from(`${field}\0${owner}`)

const unreadable = (field: Field, cause?: unknown): VaultError =>
  new VaultError('unreadable', `A sealed value of ${field} does not open: it was changed, or it was sealed for another place.`, { cause })
