/**
 * The life of a signing key (OIDC-27): published and not yet used, active, retiring until the last token it signed has expired, retired. Pure: what
 * the keys of an installation become at a moment is computed from what they are, so that any number of processes come to the same.
 */

export const SIGNING_KEY_ALGS = ['ES256', 'RS256', 'EdDSA'] as const
export type SigningKeyAlg = (typeof SIGNING_KEY_ALGS)[number]

/** One key without its key: what is public about it, and when it becomes what. */
export interface SigningKeyLife {
  /** RFC 7638 thumbprint. */
  readonly kid: string
  readonly alg: string
  readonly state: 'pending' | 'active' | 'retiring'
  /** When it was first published. */
  readonly created_at: Date
  /** Of a pending key: when it may sign. */
  readonly activates_at: Date | null
  readonly activated_at: Date | null
  readonly retired_at: Date | null
  /** Of a retiring key: when every token it signed has expired, and nobody needs to find it any more. */
  readonly published_until: Date | null
  /** Of a retiring key: when no session is left whose ID tokens could come back as a hint. Then it goes. */
  readonly kept_until: Date | null
}

/** All in seconds. */
export interface SigningKeyRules {
  /** A key is published this long before it signs: longer than clients keep a key set. */
  readonly publish_s: number
  /** An active key signs this long. */
  readonly rotate_after_s: number
  /** The longest life of anything signed. */
  readonly token_life_s: number
  /** How long an ID token may come back as `id_token_hint`, expired or not (OpenID Connect RP-initiated logout §2): a session's life. */
  readonly hint_life_s: number
}

/** What a key is for the world: a retiring one is no longer published once its last token has expired. */
export type ShownState = SigningKeyLife['state'] | 'retired'

/** The state as operators see it: a retiring key whose last token has expired is retired. */
export const shownState = (key: SigningKeyLife, now: Date): ShownState => (isRetired(key, now) ? 'retired' : key.state)

/** When the shown state ends by itself; for an active key, when its successor signs. */
export function shownUntil(key: SigningKeyLife, rules: SigningKeyRules, now: Date): Date | null {
  switch (key.state) {
    case 'pending':
      return key.activates_at
    case 'active':
      return after(key.activated_at ?? key.created_at, rules.rotate_after_s)
    case 'retiring':
      return isRetired(key, now) ? key.kept_until : key.published_until
    default:
      throw new Error(`unknown state of a signing key: ${key.state satisfies never}`)
  }
}

interface Moment {
  readonly rules: SigningKeyRules
  readonly now: Date
  /** Makes a key for real, or tells that one would be needed. Gives its `kid`. */
  readonly makeKey: (alg: SigningKeyAlg) => Promise<string>
}

/**
 * What the keys are now: pending ones whose time has come sign, those they follow retire, what is over goes, and every algorithm has an active key
 * and, `publish_s` before that one's end, a successor.
 *
 * @returns the same keys, in another order at most, when nothing is due
 */
export async function settle(keys: readonly SigningKeyLife[], moment: Moment): Promise<readonly SigningKeyLife[]> {
  const alive = keys.filter(({ kept_until }) => kept_until === null || kept_until > moment.now)
  const known = await Promise.all(SIGNING_KEY_ALGS.map((alg) => settleAlg(alg, alive, moment)))
  // the keys of an algorithm that only a newer version knows are that version's business
  return [...known.flat(), ...alive.filter(({ alg }) => !(SIGNING_KEY_ALGS as readonly string[]).includes(alg))]
}

async function settleAlg(alg: SigningKeyAlg, alive: readonly SigningKeyLife[], moment: Moment): Promise<readonly SigningKeyLife[]> {
  const keys = alive.filter((key) => key.alg === alg)
  const active = keys.find(({ state }) => state === 'active')
  const pending = nextOf(keys)
  if (pending && (!active || startOf(pending) <= moment.now)) return settleAlg(alg, activate(keys, pending.kid, moment), moment)
  if (!active) return [...keys, { ...(await newKey(alg, moment)), state: 'active', activated_at: moment.now }]
  if (pending) return keys
  const ends = after(active.activated_at ?? active.created_at, moment.rules.rotate_after_s)
  if (after(moment.now, moment.rules.publish_s) < ends) return keys
  return [...keys, await pendingKey(alg, ends, moment)]
}

/**
 * A successor for every algorithm that has none waiting: published now, used `publish_s` later. With `now`, the successor, the one that waits
 * included, signs at once, and clients that keep a key set must fetch it anew.
 */
export async function rotate(
  keys: readonly SigningKeyLife[],
  { immediately }: { readonly immediately: boolean },
  moment: Moment,
): Promise<readonly SigningKeyLife[]> {
  const rotated = await Promise.all(
    SIGNING_KEY_ALGS.map(async (alg) => {
      const own = keys.filter((key) => key.alg === alg)
      const waiting = nextOf(own) ?? (await pendingKey(alg, moment.now, moment))
      const all = own.includes(waiting) ? own : [...own, waiting]
      return immediately ? activate(all, waiting.kid, moment) : all
    }),
  )
  return settle([...rotated.flat(), ...keys.filter(({ alg }) => !(SIGNING_KEY_ALGS as readonly string[]).includes(alg))], moment)
}

/** Takes a key out at once, whatever it signed. An active one is followed by the key that waits, or by a new one. */
export const withoutKey = (keys: readonly SigningKeyLife[], kid: string, moment: Moment): Promise<readonly SigningKeyLife[]> =>
  settle(
    keys.filter((key) => key.kid !== kid),
    moment,
  )

function activate(keys: readonly SigningKeyLife[], kid: string, { rules, now }: Moment): SigningKeyLife[] {
  return keys.map((key) => {
    if (key.kid === kid) return { ...key, state: 'active', activated_at: now }
    if (key.state !== 'active') return key
    return {
      ...key,
      state: 'retiring',
      retired_at: now,
      published_until: after(now, rules.token_life_s),
      kept_until: after(now, Math.max(rules.token_life_s, rules.hint_life_s)),
    }
  })
}

async function pendingKey(alg: SigningKeyAlg, wanted: Date, moment: Moment): Promise<SigningKeyLife> {
  const earliest = after(moment.now, moment.rules.publish_s)
  return { ...(await newKey(alg, moment)), activates_at: wanted > earliest ? wanted : earliest }
}

async function newKey(alg: SigningKeyAlg, { now, makeKey }: Moment): Promise<SigningKeyLife> {
  const none = { activates_at: null, activated_at: null, retired_at: null, published_until: null, kept_until: null }
  return { kid: await makeKey(alg), alg, state: 'pending', created_at: now, ...none }
}

const nextOf = (keys: readonly SigningKeyLife[]): SigningKeyLife | undefined =>
  keys.filter(({ state }) => state === 'pending').sort((a, b) => startOf(a).getTime() - startOf(b).getTime())[0]

const startOf = ({ activates_at, created_at }: SigningKeyLife): Date => activates_at ?? created_at

const isRetired = ({ state, published_until }: SigningKeyLife, now: Date): boolean =>
  state === 'retiring' && published_until !== null && published_until <= now

const after = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000)
