/** So many in a window that begins with the first. */
export interface WindowRule {
  readonly most: number
  readonly windowS: number
}

/** Failures in a row make the next try wait, ever longer; only a success ends the row. */
export interface WaitRule {
  /** From this failure in a row on: seconds until the next try. Ascending. */
  readonly waits: readonly { readonly from: number; readonly waitS: number }[]
  /** How long after the last failure the row is forgotten. */
  readonly keptS: number
}

const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S
const DAY_S = 24 * HOUR_S

/**
 * Wrong passwords in a row (SEC-37, NIST SP 800-63B-4 §3.2.2): after a hundred the password is as good as off, one try a day. The hundred take an
 * attacker more than three days, and cost an owner who mistypes nothing.
 */
export const PASSWORD_FAILURES: WaitRule = {
  waits: [
    { from: 6, waitS: MINUTE_S },
    { from: 7, waitS: 2 * MINUTE_S },
    { from: 8, waitS: 5 * MINUTE_S },
    { from: 9, waitS: 15 * MINUTE_S },
    { from: 10, waitS: 30 * MINUTE_S },
    { from: 20, waitS: HOUR_S },
    { from: 100, waitS: DAY_S },
  ],
  keptS: 30 * DAY_S,
}

/** Wrong passwords from one place, whoever they are for (SEC-41). Many customers share an address (a mobile carrier's, an office's), so these are wide. */
export const PASSWORD_FAILURES_FROM = {
  address: { most: 60, windowS: HOUR_S },
  network: { most: 600, windowS: HOUR_S },
} as const satisfies Record<string, WindowRule>

/** So many wrong passwords in the whole group are an attack: the operator is told, and places are believed less. */
export const GROUP_FAILURES: WindowRule = { most: 1_000, windowS: 10 * MINUTE_S }

/** {@link PASSWORD_FAILURES_FROM} while an attack lasts. */
export const PASSWORD_FAILURES_UNDER_ATTACK = {
  address: { most: 5, windowS: HOUR_S },
  network: { most: 50, windowS: HOUR_S },
} as const satisfies Record<string, WindowRule>

/** More unused codes than this to one mailbox or number of an account are somebody else's doing, and its owner is told once (MFA-21, MFA-43). */
export const UNUSED_CODES = {
  sent: { most: 3, windowS: HOUR_S },
  told: { most: 1, windowS: HOUR_S },
} as const satisfies Record<string, WindowRule>

/** Mails with a code (SEC-64): to one mailbox, whoever asks; and asked for from one place, wide enough for a shop's Wi-Fi on a Saturday. */
export const CODE_MAILS = {
  mailbox: { most: 12, windowS: HOUR_S },
  address: { most: 60, windowS: HOUR_S },
  network: { most: 600, windowS: HOUR_S },
} as const satisfies Record<string, WindowRule>

/**
 * Text messages with a code (SEC-64). Each costs money, and an earner of received messages has real numbers to type real codes for: so a number
 * has a day's ration too. What the group sends to a country is its own to say.
 */
export const CODE_TEXTS = {
  number: { most: 20, windowS: DAY_S },
  address: { most: 20, windowS: HOUR_S },
  network: { most: 100, windowS: HOUR_S },
} as const satisfies Record<string, WindowRule>

/** The window of `policies.sms.most_per_hour`. */
export const TEXTS_TO_COUNTRY_WINDOW_S = HOUR_S

/** Wrong codes of one account's authenticator app, or recovery codes of it (MFA-16): few at a time, and a hundred in a row are the end of guessing. */
export const PROOF_FAILURES = {
  soon: { most: 5, windowS: 10 * MINUTE_S },
  inARow: { most: 100, windowS: 30 * DAY_S },
} as const satisfies Record<string, WindowRule>

/** Wrong codes for one mailbox or number, in whatever journeys (SEC-45). */
export const CODE_FAILURES: WindowRule = { most: 20, windowS: HOUR_S }

/**
 * Failed authentications of one client from one place. Secrets are chance and cannot be guessed; this keeps whoever tries from keeping the server
 * busy. Short, and wide where many share an address: a service with a wrong secret must not lock out its neighbours for long.
 */
export const CLIENT_FAILURES = {
  address: { most: 30, windowS: MINUTE_S },
  network: { most: 1_000, windowS: MINUTE_S },
} as const satisfies Record<string, WindowRule>

/** Requests of one client at Atrium's own APIs: a shop's busiest minute, and far from what would slow others down. */
export const API_CALLS: WindowRule = { most: 6_000, windowS: MINUTE_S }

/** Browsers an account is known in; the ones used longest ago are forgotten first. */
export const MOST_DEVICES = 10
/** As long as browsers keep a cookie. */
export const DEVICE_LIFE_S = 400 * DAY_S

/** Seconds to wait after each number of failures, from the first to the last that changes anything. */
export function waitsOf({ waits }: WaitRule): number[] {
  const last = waits.at(-1)?.from ?? 1
  return Array.from({ length: last }, (_, i) => waits.findLast(({ from }) => from <= i + 1)?.waitS ?? 0)
}
