import { createHash, randomBytes, randomFillSync, randomInt, randomUUIDv7 } from 'node:crypto'

/** The only source of chance. */
export interface Random {
  /** Cryptographically strong bytes. */
  bytes(size: number): Buffer
  /** A UUIDv7 in its text form: sortable by the time it was made. */
  uuid(): string
  /** A decimal code of exactly `length` digits, every code equally likely. */
  digits(length: number): string
}

/** Each call of the system's generator costs some 5 µs and a request needs several, so small ones are served from a block. */
const BLOCK_BYTES = 4096
const LARGEST_FROM_BLOCK = 64
const block = { bytes: Buffer.alloc(BLOCK_BYTES), used: BLOCK_BYTES }

/** Hands each byte out once and keeps none of it. */
function fromBlock(size: number): Buffer {
  if (block.used + size > BLOCK_BYTES) {
    randomFillSync(block.bytes)
    block.used = 0
  }
  const served = block.bytes.subarray(block.used, block.used + size)
  block.used += size
  const bytes = Buffer.from(served)
  served.fill(0)
  return bytes
}

/** Chance of the operating system, drawn in blocks: a call for each value costs more than the value. */
export const systemRandom: Random = {
  bytes: (size) => (size <= LARGEST_FROM_BLOCK ? fromBlock(size) : randomBytes(size)),
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
