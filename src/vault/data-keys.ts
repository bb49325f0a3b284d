import { createSecretKey, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { type CompactDecryptGetKey, CompactEncrypt, compactDecrypt } from 'jose'
import { VaultError } from './vault-error.ts'

const ALG = 'A256KW'
const ENC = 'A256GCM'
const DATA_KEY_BYTES = 32

/** One key-encryption key: 32 bytes and the name it goes by. */
export interface DataKeyMaterial {
  readonly kid: string
  readonly bytes: Buffer
}

/**
 * The key-encryption keys of this installation: the first wraps, any unwraps. They exist in memory only; printing gives `[secret]`.
 *
 * A wrapped data key is a compact JWE (RFC 7516) with `kid` and, as `sub`, what it is the key of: a row copied to another account,
 * month or purpose does not unwrap. A256KW needs no nonce, so any number of accounts can be wrapped under one key.
 */
export class DataKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>
  readonly #newest: string

  /** @param keys newest first, at least one, names unique */
  constructor(keys: readonly [DataKeyMaterial, ...DataKeyMaterial[]]) {
    this.#keys = new Map(keys.map(({ kid, bytes }) => [kid, createSecretKey(bytes)]))
    this.#newest = keys[0].kid
  }

  /** Wraps 32 bytes under the newest key. */
  async wrap(dataKey: Buffer, sub: string): Promise<string> {
    const header = { alg: ALG, enc: ENC, kid: this.#newest, sub }
    return new CompactEncrypt(dataKey).setProtectedHeader(header).encrypt(this.#find(this.#newest))
  }

  /** Gives the data key as an object that does not print, or throws {@link VaultError}. */
  async unwrap(wrapped: string, sub: string): Promise<KeyObject> {
    const { plaintext, protectedHeader } = await this.#decrypt(wrapped, sub)
    if (protectedHeader.sub !== sub || plaintext.length !== DATA_KEY_BYTES) {
      throw new VaultError('unreadable', `The data key stored for ${sub} is the key of something else.`)
    }
    return createSecretKey(plaintext)
  }

  async #decrypt(wrapped: string, sub: string) {
    const options = { keyManagementAlgorithms: [ALG], contentEncryptionAlgorithms: [ENC] }
    const keyOf: CompactDecryptGetKey = ({ kid }) => this.#find(kid)
    try {
      return await compactDecrypt(wrapped, keyOf, options)
    } catch (cause) {
      if (cause instanceof VaultError) throw cause
      throw new VaultError('unreadable', `The data key of ${sub} does not unwrap: ATRIUM_DATA_KEYS holds another key under its name.`, {
        cause,
      })
    }
  }

  #find(kid: string | undefined): KeyObject {
    const key = this.#keys.get(kid ?? '')
    if (key) return key
    throw new VaultError('unknown_key', `ATRIUM_DATA_KEYS has no key '${kid}', under which data of this database was encrypted.`)
  }

  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [inspect.custom](): string {
    return '[secret]'
  }
}
