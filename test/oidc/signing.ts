import { createHash, randomUUID } from 'node:crypto'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A key of somebody in a test. */
export interface TestKey {
  readonly alg: string
  /** The public half, with a `kid`. */
  readonly jwk: JWK & { readonly kid: string }
  readonly private: CryptoKey
  readonly jkt: string
}

export async function newKey(alg = 'ES256', kid: string = randomUUID()): Promise<TestKey> {
  const pair = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(pair.publicKey)
  return { alg, jwk: { ...jwk, kid }, private: pair.privateKey, jkt: await calculateJwkThumbprint(jwk) }
}

export const now = (): number => Math.floor(Date.now() / 1000)

/** A JWT of this key; `undefined` among the claims or in the header leaves a member out. */
export const signed = (key: TestKey, claims: object, header: object = {}): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: key.alg, kid: key.jwk.kid, ...header }).sign(key.private)

/** A JWT that nobody signed (RFC 7519 §6). */
export const unsigned = (claims: object, header: object = {}): string =>
  `${[{ alg: 'none', ...header }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The form fields with which a client proves itself by a signature (RFC 7523), right unless told otherwise. */
export async function assertionFields(
  { issuer, client_id, key }: { issuer: string; client_id: string; key: TestKey },
  claims: object = {},
  header: object = {},
): Promise<{ client_id: string; client_assertion: string; client_assertion_type: string }> {
  const right = { iss: client_id, sub: client_id, aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60 }
  return { client_id, client_assertion: await signed(key, { ...right, ...claims }, header), client_assertion_type: ASSERTION_TYPE }
}

/** A request object (RFC 9101) with these parameters, right unless told otherwise. */
export const requestObject = (
  { issuer, client_id, key }: { issuer: string; client_id: string; key: TestKey },
  params: object,
  { claims = {}, header = {} }: { claims?: object; header?: object } = {},
): Promise<string> =>
  signed(
    key,
    { iss: client_id, aud: issuer, nbf: now(), exp: now() + 300, ...params, ...claims },
    { typ: 'oauth-authz-req+jwt', ...header },
  )

/** A DPoP proof (RFC 9449 §4.2), right unless told otherwise. */
export async function dpopProof(
  key: TestKey,
  htu: string,
  { method = 'POST', token, claims = {}, header = {} }: { method?: string; token?: string; claims?: object; header?: object } = {},
): Promise<string> {
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }
  const { kid: _, ...jwk } = key.jwk
  return signed(
    key,
    { jti: randomUUID(), htm: method, htu, iat: now(), ...ath, ...claims },
    { typ: 'dpop+jwt', jwk, kid: undefined, ...header },
  )
}

type Entry = Readonly<Record<string, unknown>>

/** For `startProtocol`: the demo group with more recipients and clients. */
export const withEntries =
  ({ recipients = [], clients = [] }: { recipients?: readonly Entry[]; clients?: readonly Entry[] }) =>
  (yaml: string): string =>
    yaml.replace(/^recipients:\n/m, (line) => `${line}${lines(recipients)}`).replace(/^clients:\n/m, (line) => `${line}${lines(clients)}`)

const lines = (entries: readonly Entry[]): string => entries.map((entry) => `  - ${JSON.stringify(entry)}\n`).join('')

/** A client of the code flow of aurora, but for what it says itself. */
export const webClient = (client_id: string, rest: Entry): Entry => ({
  client_id,
  client_name: client_id,
  recipient: 'aurora',
  channel: 'web',
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  redirect_uris: [`https://${client_id}.example/callback`],
  scope: 'openid email',
  needs: [{ purpose: 'service', attributes: ['email'] }],
  ...rest,
})

/** Any parameter of a test client's answers that a browser is sent to: the page is not there. */
export const redirectOf = (client_id: string): string => `https://${client_id}.example/callback`
