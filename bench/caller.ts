import { Pool } from 'undici'
import type { BenchContext } from './bench.ts'

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly text: string
}

export interface Call {
  /** A form to POST; without one it is a GET. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export type Caller = (path: string, call?: Call) => Promise<Answer>

/** Keep-alive connections to one server, which is addressed by its issuer's name wherever it listens. */
export function openCaller({ after }: BenchContext, at: { readonly origin: string; readonly issuer: string }, connections: number): Caller {
  const pool = new Pool(at.origin, { connections, pipelining: 1 })
  after(() => pool.destroy())
  const { host } = new URL(at.issuer)
  return async (path, { form, headers = {} } = {}) => {
    const type = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
    const answer = await pool.request({
      path,
      method: form ? 'POST' : 'GET',
      headers: { host, ...type, ...headers },
      body: form ? new URLSearchParams(form).toString() : null,
    })
    const { location } = answer.headers
    return { status: answer.statusCode, location: typeof location === 'string' ? location : undefined, text: await answer.body.text() }
  }
}

/** The JSON of a good answer; anything else ends the bench: a figure of refusals would be worth nothing. */
export function jsonOf<T>(answer: Answer): T {
  if (answer.status !== 200) throw new Error(`the server answered ${answer.status}: ${answer.text.slice(0, 300)}`)
  return JSON.parse(answer.text) as T // what the specification of that endpoint says
}
