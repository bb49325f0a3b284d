import { createSecretKey, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { type CompactDecryptGetKey, compactDecrypt } from 'jose'
import { systemRandom } from '../ports/random.ts'
import { sealCompact } from './compact-jwe.ts'
import { VaultError } from './vault-error.ts'

const ALG = 'A256KW'
const ENC = 'A256GCM'
const DATA_KEY_BYTES = 32

/** One key-encryption key: 32 bytes and the name it goes by. */
export interface DataKeyMaterial {
  readonly kid: string
  readonly bytes: Buffer
}
/** Newest first, at least one, names unique. */
export type DataKeyList = readonly [DataKeyMaterial, ...DataKeyMaterial[]]

/**
 * The key-encryption keys of this installation: one wraps, any unwraps. They exist in memory only; printing gives `[secret]`.
 *
 * A wrapped data key is a compact JWE (RFC 7516) with `kid` and, as `sub`, what it is the key of: a row copied to another account,
 * month or purpose does not unwrap. A256KW needs no nonce, so any number of accounts can be wrapped under one key.
 */
export class DataKeys {
  #keys: ReadonlyMap<string, KeyObject>
  #first: string
  #wrapping: string
  readonly #source: (() => Promise<DataKeyList>) | undefined
  #reading: Promise<void> | undefined

  /** @param source where keys that were added since can be read, if anywhere; called when a name is met that is not known */
  constructor(keys: DataKeyList, source?: () => Promise<DataKeyList>) {
    this.#keys = imported(keys)
    this.#first = keys[0].kid
    this.#wrapping = this.#first
    this.#source = source
  }

  /** Names, as they stand in the set. */
  get kids(): readonly string[] {
    return [...this.#keys.keys()]
  }
  /** The name of the key that wraps. */
  get wrapping(): string {
    return this.#wrapping
  }
  /** The first of the set: the newest. */
  get first(): string {
    return this.#first
  }

  /**
   * From now on wraps with the key that the whole installation has agreed on. Throws {@link VaultError} when this process does not have it, and wraps
   * nothing until it does: what is wrapped with a key that is about to be removed would be lost.
   */
  async wrapWith(kid: string): Promise<void> {
    this.#wrapping = kid
    await this.#find(kid)
  }

  /** Wraps 32 bytes. Throws {@link VaultError} when a rotation went past this process. */
  async wrap(dataKey: Buffer, sub: string): Promise<string> {
    const header = { alg: ALG, enc: ENC, kid: this.#wrapping, sub } as const
    // Chance of the system's: what wraps is made anew each time and never told, whatever chance a test was given.
    return sealCompact(dataKey, header, await this.#find(header.kid), systemRandom)
  }

  /** Gives the data key as an object that does not print, or throws {@link VaultError}. */
  async unwrap(wrapped: string, sub: string): Promise<KeyObject> {
    return createSecretKey(await this.#open(wrapped, sub))
  }

  /** The same data key under the key that wraps now. */
  async rewrap(wrapped: string, sub: string): Promise<string> {
    const dataKey = await this.#open(wrapped, sub)
    try {
      return await this.wrap(dataKey, sub)
    } finally {
      dataKey.fill(0)
    }
  }

  async #open(wrapped: string, sub: string): Promise<Buffer> {
    const { plaintext, protectedHeader } = await this.#decrypt(wrapped, sub)
    if (protectedHeader.sub !== sub || plaintext.length !== DATA_KEY_BYTES) {
      throw new VaultError('unreadable', `The data key stored for ${sub} is the key of something else.`)
    }
    return Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength)
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

  async #find(kid: string | undefined): Promise<KeyObject> {
    const known = this.#keys.get(kid ?? '')
    if (known) return known
    await this.readAgain() // it may have been added while we ran
    const added = this.#keys.get(kid ?? '')
    if (added) return added
    throw new VaultError('unknown_key', `ATRIUM_DATA_KEYS has no key '${kid}', under which data of this database was encrypted.`)
  }

  /** Reads the set again, if it can be: one read at a time. When it cannot, the keys at hand stay. */
  async readAgain(): Promise<void> {
    this.#reading ??= this.#takeOver().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #takeOver(): Promise<void> {
    const keys = await this.#source?.().catch(() => undefined)
    if (!keys) return
    this.#keys = imported(keys)
    this.#first = keys[0].kid
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

const imported = (keys: DataKeyList): ReadonlyMap<string, KeyObject> => new Map(keys.map(({ kid, bytes }) => [kid, createSecretKey(bytes)]))
