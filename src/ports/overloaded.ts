/** Thrown when a bounded resource of this process is used up. Answered with 503 and `Retry-After`; 429 is for one caller's limit. */
export class Overloaded extends Error {
  /** When it is worth trying again, in seconds. */
  readonly retryAfterS: number

  constructor(message: string, retryAfterS: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Overloaded'
    this.retryAfterS = retryAfterS
  }
}
