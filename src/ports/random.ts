import { createHash, randomBytes, randomInt, randomUUIDv7 } from 'node:crypto'

/** The only source of chance. */
export interface Random {
  /** Cryptographically strong bytes. */
  bytes(size: number): Buffer
  /** A UUIDv7 in its text form: sortable by the time it was made. */
  uuid(): string
  /** A decimal code of exactly `length` digits, every code equally likely. */
  digits(length: number): string
}

export const systemRandom: Random = {
  bytes: (size) => randomBytes(size),
  uuid: () => randomUUIDv7(),
  digits: (length) => Array.from({ length }, () => randomInt(10)).join(''),
}

/** Repeatable chance for tests: the same seed gives the same bytes. Never secret. */
export function seededRandom(seed: number): Random {
  let counter = 0
  const bytes = (size: number): Buffer => {
    const blocks: Buffer[] = []
    for (let made = 0; made < size; made += 32) blocks.push(createHash('sha256').update(`${seed}:${counter++}`).digest())
    return Buffer.concat(blocks).subarray(0, size)
  }
  return {
    bytes,
    uuid: () => {
      const b = bytes(16)
      b.writeUIntBE(1_772_366_400_000 + counter, 0, 6)
      b[6] = 0x70 | ((b[6] ?? 0) & 0x0f)
      b[8] = 0x80 | ((b[8] ?? 0) & 0x3f)
      return b.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    },
    digits: (length) => Array.from(bytes(length), (b) => b % 10).join(''),
  }
}
