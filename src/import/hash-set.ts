const FULL = 0.7
const BEGIN = 1 << 12

/** A set of hashes, of which 64 bits are kept: sixteen bytes each, so that a rehearsal of ten million accounts fits where they would not. */
export class HashSet {
  #slots = new Uint32Array(BEGIN * 2)
  #size = 0

  has(hash: Buffer): boolean {
    const [high, low] = wordsOf(hash)
    const at = this.#find(high, low)
    return this.#slots[at] === high && this.#slots[at + 1] === low
  }

  add(hash: Buffer): void {
    if (this.has(hash)) return
    if (++this.#size > (this.#slots.length / 2) * FULL) this.#grow()
    this.#put(...wordsOf(hash))
  }

  #put(high: number, low: number): void {
    const at = this.#find(high, low)
    this.#slots[at] = high
    this.#slots[at + 1] = low
  }

  /** The slot that holds it, or the empty one where it would be. */
  #find(high: number, low: number): number {
    const slots = this.#slots.length / 2
    for (let slot = low % slots; ; slot = (slot + 1) % slots) {
      const at = slot * 2
      const isEmpty = this.#slots[at] === 0 && this.#slots[at + 1] === 0
      if (isEmpty || (this.#slots[at] === high && this.#slots[at + 1] === low)) return at
    }
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(before.length * 2)
    for (let at = 0; at < before.length; at += 2) {
      const [high = 0, low = 0] = before.subarray(at, at + 2)
      if (high !== 0 || low !== 0) this.#put(high, low)
    }
  }
}

/** The last bytes: the first of a blind index tells its version. Zero is the empty slot. */
function wordsOf(hash: Buffer): [number, number] {
  const [high, low] = [hash.readUInt32BE(hash.length - 8), hash.readUInt32BE(hash.length - 4)]
  return [high, high === 0 && low === 0 ? 1 : low]
}
