/**
 * What clients did to Atrium and what they were told: enough to judge afterwards, without knowing how Atrium works.
 *
 * A session is one signed-in browser; every code belongs to one, and every token to the family of the code it came from.
 */
export interface Kinds {
  readonly sign_up: { input: { email: string }; output: object }
  readonly sign_in: { input: { email: string; session: string }; output: object }
  readonly request_mail: { input: { email: string }; output: object }
  readonly see_mail: { input: { email: string }; output: { count: number } }
  readonly get_code: { input: { session: string }; output: { code: string } }
  readonly redeem: {
    input: { session: string; code: string; sub: string }
    output: { access_token: string; refresh_token: string; sub: string }
  }
  readonly refresh: { input: { refresh_token: string }; output: { access_token: string; refresh_token: string } }
  readonly userinfo: { input: { access_token: string; sub: string }; output: { sub: string } }
  readonly revoke: { input: { refresh_token: string }; output: object }
  readonly sign_out: { input: { session: string }; output: object }
  readonly change_profile: { input: { email: string; value: string }; output: object }
  readonly read_profile: { input: { email: string }; output: { value: string } }
  readonly confirm: { input: { email: string; recipient: string }; output: object }
  readonly visit: { input: { email: string; recipient: string }; output: { asked: boolean } }
  /** Something nobody may get anything for: a made-up token, a wrong secret, a wrong password. */
  readonly forge: { input: { what: string }; output: object }
}
export type Kind = keyof Kinds

/**
 * `acknowledged`: the client was told that it is done. `refused`: that it is not, and will not be. `unknown`: told neither (the connection broke, or
 * "try again later"), so it may have happened.
 */
export type Outcome = 'acknowledged' | 'refused' | 'unknown'

interface Facts {
  readonly actor: string
  readonly invokedMs: number
  readonly endedMs: number
  /** HTTP status; 0 when the connection broke. */
  readonly status: number
  readonly retryAfter?: string | undefined
  /** What the answer was instead of success, for whoever reads a report. */
  readonly about?: string
  /** Nobody answered for as long as a client waits. */
  readonly hung?: boolean
  /** Asked after all faults had been healed, to see what is left. */
  readonly readBack: boolean
}

export type Operation<K extends Kind = Kind> = {
  [Each in K]: Facts & { readonly kind: Each; readonly input: Kinds[Each]['input'] } & (
      | { readonly outcome: 'acknowledged'; readonly output: Kinds[Each]['output'] }
      | { readonly outcome: 'refused' | 'unknown'; readonly output?: undefined }
    )
}[K]

/** Thrown by whoever performs an operation, when the answer was not the one that means success. */
export class Answered extends Error {
  readonly status: number
  readonly retryAfter: string | undefined
  constructor(status: number, retryAfter: string | null | undefined, about = '') {
    super(`answered ${status} ${about}`)
    this.status = status
    this.retryAfter = retryAfter ?? undefined
  }
}

/** Thrown by whoever performs an operation, when no answer came for as long as a client waits. */
export class Hung extends Error {}

export class History {
  readonly operations: Operation[] = []
  /** Set once the faults are over. */
  readBack = false

  /** Performs one operation and records how it went. Undefined: it was not acknowledged. */
  async record<K extends Kind>(
    actor: string,
    kind: K,
    input: Kinds[K]['input'],
    perform: () => Promise<Kinds[K]['output']>,
  ): Promise<Kinds[K]['output'] | undefined> {
    const invokedMs = performance.now()
    const readBack = this.readBack
    const note = (rest: object) =>
      this.operations.push({ actor, kind, input, invokedMs, endedMs: performance.now(), readBack, ...rest } as unknown as Operation) // K ties input to output
    try {
      const output = await perform()
      note({ outcome: 'acknowledged', status: 200, output })
      return output
    } catch (error) {
      if (error instanceof Answered && error.status < 500) note({ outcome: 'refused', status: error.status, about: error.message })
      else if (error instanceof Answered) note({ outcome: 'unknown', status: error.status, retryAfter: error.retryAfter })
      else note({ outcome: 'unknown', status: 0, hung: error instanceof Hung })
      return undefined
    }
  }
}
