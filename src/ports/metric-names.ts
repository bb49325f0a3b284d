/** One metric of `/metrics`: the only place that says what it means. The list in docs/operations.md is written from these. */
interface Declared {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
  /** Of a histogram: upper bounds, ascending. */
  readonly buckets: readonly number[]
  /** What several processes say together: the sum, or the largest where all measure the same thing. */
  readonly together: 'sum' | 'max'
}

const counter = <const L extends readonly string[]>(labels: L, help: string) =>
  ({ type: 'counter', labels, help, buckets: [], together: 'sum' }) as const
const gauge = <const L extends readonly string[]>(labels: L, help: string, together: Declared['together'] = 'sum') =>
  ({ type: 'gauge', labels, help, buckets: [], together }) as const
const histogram = <const L extends readonly string[]>(labels: L, help: string) =>
  ({ type: 'histogram', labels, help, buckets: SECONDS, together: 'sum' }) as const

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** Every metric, in the order of the documentation. */
export const METRICS = {
  http_server_request_duration_seconds: histogram(
    ['http_request_method', 'http_route', 'http_response_status_code'],
    'Time from the head of a request to the end of its answer.',
  ),
  atrium_signin_total: counter(
    ['brand', 'method', 'outcome'],
    'Journeys that ended `signed_in`, by the proofs given, and answers of a step that were `refused`, `throttled` or `denied` by the customer, by the step.',
  ),
  atrium_signin_step_seconds: histogram(['step'], 'Time to answer one form of a journey.'),
  atrium_registration_total: counter(['brand'], 'Accounts opened.'),
  atrium_tokens_issued_total: counter(['grant'], 'Successful answers of the token endpoint.'),
  atrium_rate_limited_total: counter(['rule'], 'Tries that a limit refused, by the limit.'),
  atrium_turned_away_total: counter(
    [],
    'Requests answered 503 before they were looked at, because there was more to do than this process can.',
  ),
  atrium_messages_total: counter(['channel', 'provider', 'outcome'], 'Attempts to hand a message over: `sent` or `failed`.'),
  atrium_outbox_pending: gauge([], 'Events that wait for delivery, at most 100,000.', 'max'),
  atrium_outbox_oldest_seconds: gauge([], 'How long the oldest of them has been waiting.', 'max'),
  atrium_backchannel_logout_total: counter(['outcome'], 'Attempts to tell a brand that a session ended: `delivered` or `failed`.'),
  atrium_argon2_queue: gauge([], 'Passwords that wait to be hashed.'),
  atrium_db_pool: gauge(['state'], 'Connections to PostgreSQL `busy` and `idle`, and queries `waiting` for one.'),
  atrium_signing_key_age_seconds: gauge([], 'Age of the oldest key that signs.', 'max'),
  atrium_build_info: gauge(['version', 'node'], 'Always 1.', 'max'),
  process_cpu_seconds_total: gauge([], 'CPU time of the process, user and system.'),
  process_resident_memory_bytes: gauge([], 'Memory of the process.'),
  process_start_time_seconds: gauge([], 'When the process started, in seconds since 1970.', 'max'),
  nodejs_heap_size_used_bytes: gauge([], "The part of it that JavaScript's objects use."),
  nodejs_eventloop_delay_p99_seconds: gauge([], 'How late timers were, 99th percentile since the last time this was read.', 'max'),
} as const satisfies Readonly<Record<string, Declared>>

/** Every metric by its name. */
export type MetricName = keyof typeof METRICS
/** The names of metrics of one type, so that nothing counts in a histogram. */
export type Names<Type extends Declared['type']> = { [N in MetricName]: (typeof METRICS)[N]['type'] extends Type ? N : never }[MetricName]
