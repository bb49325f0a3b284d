import { createHmac, createSecretKey, hash } from 'node:crypto'
import type { Random } from '../../ports/random.ts'
import type { AccountId } from '../../store/ids.ts'
import { unitOfWork } from './unit-of-work.ts'

/**
 * The text of what Atrium issues: one letter for the kind, then base64url of routing key, day of expiry and random bits. A look-up therefore
 * knows table, partition and shard before it touches the database, and a token of another kind is refused without a query.
 *
 * The routing key comes from the account, so in what leaves the server it is masked by a MAC of the random part: two recipients that compare
 * their tokens find nothing in common.
 *
 * Codes and tokens of a customer end with the days of their grant and session, masked likewise, in place of the last 32 of 256 random bits. These are
 * hints only: those of a token that the version before made are chance.
 */

/** Where a row lives: 16 bits of routing key (from the account, or random for a session) and the day it expires, counted from 1970 in UTC. */
export interface Place {
  readonly routing: number
  readonly bucket: number
  readonly family?: FamilyPlace | undefined
}

/** The days in the keys of a token's grant and of its session, 0 where it has none: they tell a look-up which partitions to read. */
export interface FamilyPlace {
  readonly grantBucket: number
  readonly sessionBucket: number
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
const FAMILY_BYTES = 4
const FAMILY_AT = SECRET_BYTES - FAMILY_BYTES

export interface TokenTexts {
  /** A new id of that kind. Those that leave the server carry at least 224 random bits. */
  make(kind: TokenKind, place: Place): string
  /**
   * The refresh token that follows another: who holds that one's text, and only with the server's key, makes it again, so nothing readable is
   * kept of it (docs/decisions/0008-lost-refresh-answer.md).
   */
  successorOf(text: string, place: Place): string
  /** The key of an id, or nothing when the text is not of that kind. */
  parse(kind: TokenKind, text: string): Key | undefined
}

/** The text of an internal id from its row: these are their own key, because nobody outside ever holds one. */
export const internalText = (kind: 'u' | 'g', key: Key): string =>
  kind + Buffer.concat([twoNumbers(key.routing, key.bucket), key.hash]).toString('base64url')

/** The key of an internal id's text. */
export function internalKey(kind: 'u' | 'g', text: string): Key | undefined {
  const bytes = Buffer.from(text.slice(1), 'base64url')
  if (text[0] !== kind || bytes.length !== PLACE_BYTES + INTERNAL_BYTES) return undefined
  return { routing: bytes.readInt16BE(0), bucket: bytes.readInt16BE(2), hash: bytes.subarray(PLACE_BYTES) }
}

/**
 * @param issuer part of every stored key (OIDC-2)
 * @param maskKey the same on every node, and so is `successorKey`
 */
export function createTokenTexts(deps: { issuer: string; maskKey: Buffer; successorKey: Buffer; random: Random }): TokenTexts {
  const { issuer, random } = deps
  // imported once: with a Buffer each MAC costs four times as much
  const [key, successorKey] = [createSecretKey(deps.maskKey), createSecretKey(deps.successorKey)]
  const mask = (kind: string, bytes: Buffer, by: Buffer): Buffer => {
    const stream = createHmac('sha256', key).update(kind).update(by).digest()
    return Buffer.from(bytes.map((byte, i) => byte ^ (stream[i] ?? 0)))
  }
  const maskHead = (kind: TokenKind, head: Buffer, rest: Buffer): Buffer => (isInternal(kind) ? head : mask(kind, head, rest))
  const maskFamily = (kind: TokenKind, family: Buffer, rest: Buffer): Buffer => mask(`${kind} family`, family, rest.subarray(0, FAMILY_AT))

  const text = (kind: TokenKind, place: Place, rest: Buffer): string => {
    const { family } = place
    if (family) maskFamily(kind, twoNumbers(family.grantBucket, family.sessionBucket), rest).copy(rest, FAMILY_AT)
    const made = kind + Buffer.concat([maskHead(kind, twoNumbers(place.routing, place.bucket), rest), rest]).toString('base64url')
    if (!isInternal(kind)) unitOfWork().remember(keyOf(made), { ...place, hash: keyHash(issuer, kind, made) } satisfies Key)
    return made
  }
  const familyOf = (kind: TokenKind, rest: Buffer): FamilyPlace => {
    const family = maskFamily(kind, rest.subarray(FAMILY_AT), rest)
    return { grantBucket: family.readInt16BE(0), sessionBucket: family.readInt16BE(2) }
  }

  return {
    make: (kind, place) => text(kind, place, random.bytes(restBytes(kind))),
    successorOf: (before, place) => text('r', place, createHmac('sha256', successorKey).update(`${issuer}\n${before}`).digest()),
    parse(kind, given) {
      if (given[0] !== kind || !/^[\w-]+$/.test(given)) return undefined
      const known = unitOfWork().recall<Key>(keyOf(given))
      if (known) return known
      const bytes = Buffer.from(given.slice(1), 'base64url')
      const rest = bytes.subarray(PLACE_BYTES)
      if (rest.length !== restBytes(kind)) return undefined
      const head = maskHead(kind, bytes.subarray(0, PLACE_BYTES), rest)
      const place = { routing: head.readInt16BE(0), bucket: head.readInt16BE(2) }
      if (isInternal(kind)) return { ...place, hash: rest }
      const key: Key = { ...place, hash: keyHash(issuer, kind, given), family: hasFamily(kind) ? familyOf(kind, rest) : undefined }
      unitOfWork().remember(keyOf(given), key)
      return key
    },
  }
}

/** A text is read several times in one request, and each reading is two MACs and a hash. */
const keyOf = (text: string): string => `key:${text}`

function twoNumbers(first: number, second: number): Buffer {
  const bytes = Buffer.alloc(PLACE_BYTES)
  bytes.writeInt16BE(first, 0)
  bytes.writeInt16BE(second, 2)
  return bytes
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

const hasFamily = (kind: TokenKind): boolean => kind === 'c' || kind === 'r' || kind === 'a'
const isInternal = (kind: TokenKind): boolean => kind === 'u' || kind === 'g'
const restBytes = (kind: TokenKind): number => (isInternal(kind) ? INTERNAL_BYTES : SECRET_BYTES)
