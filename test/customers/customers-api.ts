import assert from 'node:assert/strict'
import type { Protocol, TestClient, Tokens } from '../oidc/protocol.ts'

export interface ApiAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

interface Call {
  readonly method?: string
  /** The whole Authorization header is `Bearer TOKEN` unless told otherwise. */
  readonly token?: string | undefined
  readonly json?: unknown
  readonly headers?: Record<string, string>
}

/** Requests a brand's server makes at `/customers`, written by hand so that they can be wrong. */
export function customersOf(app: Pick<Protocol, 'issuer' | 'token'>) {
  const resource = `${app.issuer}/customers`

  async function call(path: string, { method = 'GET', token, json, headers = {} }: Call = {}): Promise<ApiAnswer> {
    const answer = await fetch(`${resource}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: typeof json === 'string' ? json : JSON.stringify(json) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
  }

  /** A token of the client's own for this API. */
  async function tokenOf(client: TestClient, scope: string, extra: Record<string, string> = {}, headers = {}): Promise<string> {
    const { status, body } = await app.token(client, { grant_type: 'client_credentials', scope, resource, ...extra }, headers)
    assert.equal(status, 200, JSON.stringify(body))
    return (body as Tokens).access_token
  }

  return { resource, call, tokenOf }
}

/** The last part of a problem document's type. */
export const problemOf = ({ body }: ApiAnswer): string => String(body.type).replace('urn:atrium:problem:', '')
