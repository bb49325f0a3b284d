import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

/** A value that must not reach a log, an error or a URL: printing it in any way gives `[secret]`. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  /** The value itself. Call it where it is used, and keep the result in no object. */
  reveal(): string {
    return this.#value
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

/** Whether two secrets or their MACs are the same, in a time that tells nothing but their lengths. */
export const sameSecret = (given: Buffer, wanted: Buffer): boolean => given.length === wanted.length && timingSafeEqual(given, wanted)
