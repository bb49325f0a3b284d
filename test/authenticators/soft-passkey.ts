import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What an authenticator may get wrong, or be made to. */
export interface Quirks {
  readonly origin?: string
  readonly rpId?: string
  readonly type?: string
  readonly challenge?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly present?: boolean
  readonly verified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  readonly counter?: number
  readonly userHandle?: string | null
  readonly key?: KeyObject
}

interface CreationOptions {
  readonly challenge: string
  readonly rp: { readonly id?: string }
  readonly user: { readonly id: string }
}
interface RequestOptions {
  readonly challenge: string
  readonly rpId?: string
}

/** A passkey in software: ES256, as WebAuthn §6 and §7 put it on the wire. Its quirks make it wrong in one way at a time. */
export class SoftPasskey {
  readonly id = randomBytes(32).toString('base64url')
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #origin: string
  readonly #aaguid: string
  #userHandle = ''

  constructor(origin: string, aaguid = 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4') {
    this.#origin = origin
    this.#aaguid = aaguid
  }

  create(options: CreationOptions, quirks: Quirks = {}) {
    this.#userHandle = options.user.id
    const credential = Buffer.concat([
      Buffer.from(this.#aaguid.replaceAll('-', ''), 'hex'),
      Buffer.from([0, 32]),
      Buffer.from(this.id, 'base64url'),
      this.#coseKey(),
    ])
    const authData = Buffer.concat([this.#authenticatorData(options.rp.id ?? '', 0x40, quirks), credential])
    const attestationObject = cbor(
      new Map<string, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]),
    )
    return {
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: this.#clientData('webauthn.create', options.challenge, quirks).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal', 'hybrid', 'telepathy'],
      },
    }
  }

  /** The public key as another system keeps it, COSE in base64url, for an account it calls so. */
  madeElsewhere(userHandle: string): string {
    this.#userHandle = userHandle
    return this.#coseKey().toString('base64url')
  }

  get(options: RequestOptions, quirks: Quirks = {}) {
    const authData = this.#authenticatorData(options.rpId ?? '', 0, quirks)
    const clientData = this.#clientData('webauthn.get', options.challenge, quirks)
    const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()])
    const userHandle = quirks.userHandle === undefined ? this.#userHandle : quirks.userHandle
    return {
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signed, quirks.key ?? this.#keys.privateKey).toString('base64url'),
        ...(userHandle === null ? {} : { userHandle }),
      },
    }
  }

  /** Its public key, for who would check a signature without the rest. */
  publicJwk() {
    const { x, y } = this.#keys.publicKey.export({ format: 'jwk' })
    return { kty: 'EC', crv: 'P-256', x: x!, y: y! }
  }

  #clientData(type: string, challenge: string, quirks: Quirks): Buffer {
    const { crossOrigin = false, topOrigin } = quirks
    const told = { type: quirks.type ?? type, challenge: quirks.challenge ?? challenge, origin: quirks.origin ?? this.#origin, crossOrigin }
    return Buffer.from(JSON.stringify({ ...told, ...(topOrigin === undefined ? {} : { topOrigin }) }))
  }

  #authenticatorData(rpId: string, more: number, quirks: Quirks): Buffer {
    const { present = true, verified = true, backupEligible = true, backedUp = backupEligible, counter = 0 } = quirks
    const flags = (present ? 1 : 0) | (verified ? 4 : 0) | (backupEligible ? 8 : 0) | (backedUp ? 16 : 0) | more
    const counted = Buffer.alloc(4)
    counted.writeUInt32BE(counter)
    return Buffer.concat([
      createHash('sha256')
        .update(quirks.rpId ?? rpId)
        .digest(),
      Buffer.from([flags]),
      counted,
    ])
  }

  #coseKey(): Buffer {
    const { x, y } = this.#keys.publicKey.export({ format: 'jwk' })
    return cbor(
      new Map<number, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x!, 'base64url')],
        [-3, Buffer.from(y!, 'base64url')],
      ]),
    )
  }
}

type Cbor = number | string | Buffer | Map<string | number, Cbor>

/** As much of RFC 8949 as an attestation needs. */
function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, member]) => [cbor(key), cbor(member)])])
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length])
  if (length < 256) return Buffer.from([(major << 5) | 24, length])
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255])
}
