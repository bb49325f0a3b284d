import { createHmac, createSecretKey, hash } from 'node:crypto'
import type { Random } from '../../ports/random.ts'
import type { AccountId } from '../../store/ids.ts'

/**
 * The text of what Atrium issues: one letter for the kind, then base64url of routing key, day of expiry and random bits. A look-up therefore
 * knows table, partition and shard before it touches the database, and a token of another kind is refused without a query.
 *
 * The routing key comes from the account, so in what leaves the server it is masked by a MAC of the random part: two recipients that compare
 * their tokens find nothing in common.
 */

/** Where a row lives: 16 bits of routing key (from the account, or random for a session) and the day it expires, counted from 1970 in UTC. */
export interface Place {
  readonly routing: number
  readonly bucket: number
}

/** A row's whole key. */
export interface Key extends Place {
  readonly hash: Buffer
}

/** `c`ode, `r`efresh token, `a`ccess token, client-credentials to`k`en, `s`ession cookie; `u` (session uid) and `g`rant never leave the server. */
export type TokenKind = 'c' | 'r' | 'a' | 'k' | 's' | 'u' | 'g'

const SECRET_BYTES = 32
const INTERNAL_BYTES = 16
const PLACE_BYTES = 4

export interface TokenTexts {
  /** A new id of that kind. Those that leave the server carry 256 random bits. */
  make(kind: TokenKind, place: Place): string
  /** The key of an id, or nothing when the text is not of that kind. */
  parse(kind: TokenKind, text: string): Key | undefined
}

/** The text of an internal id from its row: these are their own key, because nobody outside ever holds one. */
export const internalText = (kind: 'u' | 'g', key: Key): string => kind + Buffer.concat([headOf(key), key.hash]).toString('base64url')

/** The key of an internal id's text. */
export function internalKey(kind: 'u' | 'g', text: string): Key | undefined {
  const bytes = Buffer.from(text.slice(1), 'base64url')
  if (text[0] !== kind || bytes.length !== PLACE_BYTES + INTERNAL_BYTES) return undefined
  return { routing: bytes.readInt16BE(0), bucket: bytes.readInt16BE(2), hash: bytes.subarray(PLACE_BYTES) }
}

/**
 * @param issuer part of every stored key (OIDC-2)
 * @param maskKey the same on every node
 */
export function createTokenTexts({ issuer, maskKey, random }: { issuer: string; maskKey: Buffer; random: Random }): TokenTexts {
  const key = createSecretKey(maskKey) // imported once: with a Buffer each MAC costs four times as much
  const mask = (kind: TokenKind, head: Buffer, rest: Buffer): Buffer => {
    if (isInternal(kind)) return head
    const stream = createHmac('sha256', key).update(kind).update(rest).digest()
    return Buffer.from(head.map((byte, i) => byte ^ (stream[i] ?? 0)))
  }
  const text = (kind: TokenKind, place: Place, rest: Buffer): string =>
    kind + Buffer.concat([mask(kind, headOf(place), rest), rest]).toString('base64url')

  return {
    make: (kind, place) => text(kind, place, random.bytes(restBytes(kind))),
    parse(kind, given) {
      if (given[0] !== kind || !/^[\w-]+$/.test(given)) return undefined
      const bytes = Buffer.from(given.slice(1), 'base64url')
      const rest = bytes.subarray(PLACE_BYTES)
      if (rest.length !== restBytes(kind)) return undefined
      const head = mask(kind, bytes.subarray(0, PLACE_BYTES), rest)
      return { routing: head.readInt16BE(0), bucket: head.readInt16BE(2), hash: isInternal(kind) ? rest : keyHash(issuer, kind, given) }
    },
  }
}

function headOf({ routing, bucket }: Place): Buffer {
  const head = Buffer.alloc(PLACE_BYTES)
  head.writeInt16BE(routing, 0)
  head.writeInt16BE(bucket, 2)
  return head
}

/** Half a SHA-256 over issuer, kind and id: 128 bits are enough for random ids and halve the index; the issuer is part of every key (OIDC-2). */
export function keyHash(issuer: string, kind: string, id: string): Buffer {
  return hash('sha256', `${issuer}\n${kind}\n${id}`, 'buffer').subarray(0, INTERNAL_BYTES)
}

/** 16 bits that spread accounts evenly: the last two bytes of the UUIDv7, which are random. */
export const routingOf = (accountId: AccountId | string): number => Buffer.from(accountId.slice(-4), 'hex').readInt16BE(0)

/** A routing key for what belongs to no account yet. */
export const randomRouting = (random: Random): number => random.bytes(2).readInt16BE(0)

/** The bucket of something that expires then. */
export const bucketOf = (epochS: number): number => Math.floor(epochS / 86_400)

const isInternal = (kind: TokenKind): boolean => kind === 'u' || kind === 'g'
const restBytes = (kind: TokenKind): number => (isInternal(kind) ? INTERNAL_BYTES : SECRET_BYTES)
