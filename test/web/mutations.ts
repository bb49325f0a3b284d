import fc from 'fast-check'

/** A request as it is sent, and what can be wrong about it. */
export interface Sendable {
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Readonly<Record<string, string>>
  readonly form?: readonly (readonly [string, string])[]
  /** In place of the form, once something was done to the body as a whole. */
  readonly body?: string
}

/** What must never stand in a page as it was sent. */
export const MARKUP = '<i data-x9q onclick=alert(1)>'

/** Texts that programs trip over. */
export const oddText = fc.oneof(
  fc.constantFrom(
    ...['', '\0', 'a\0b', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '[]', '{}', 'null', 'true', 'NaN', '-1', '0', '1e999'],
    ...[
      '%',
      '%00',
      '%zz',
      '%c0%ae',
      '../',
      '..;/',
      '//',
      '\\',
      '\r\n',
      '\r\nSet-Cookie: a=b',
      '\u202e',
      '\ud83d',
      '💥',
      '"',
      "'",
      '<',
      ';',
      ',',
      '*',
      '|',
    ],
    ...[
      MARKUP,
      `">${MARKUP}`,
      `'-${MARKUP}`,
      `javascript:${MARKUP}`,
      '{{7*7}}',
      '$(7*7)',
      "' or 1=1 --",
      "'; drop table accounts; --",
      '*)(uid=*',
    ],
    ...['a@b', 'ada@example.com', 'ADA@EXAMPLE.COM', 'a@xn--', '+49', '+4915112345678', '2026-02-30', 'x'.repeat(9_000), '💥'.repeat(500)],
    ...[
      'http://[',
      'http://a b',
      'x:',
      'data:,',
      'urn:ietf:params:oauth:request_uri:x',
      'openid openid',
      'a.b.c',
      'eyJhbGciOiJub25lIn0.e30.',
    ],
    ...[
      '{"userinfo":{"__proto__":null}}',
      '{"id_token":{"acr":{"essential":true,"values":[{}]}}}',
      '[{"type":"attribute_access","purpose":{}}]',
      '[[[[[[]]]]]]',
    ],
  ),
  fc.constantFrom('c', 'r', 'a', 'k', 's', 'g').map((kind) => `${kind}${'A'.repeat(48)}`),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
)

type Change = (request: Sendable) => Sendable
type Pairs = readonly (readonly [string, string])[]

const inPairs = (names: readonly string[]): fc.Arbitrary<(pairs: Pairs) => Pairs> => {
  const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: oddText })
  return fc.oneof(
    fc.tuple(name, oddText).map(([key, value]) => (pairs: Pairs) => [...pairs.filter(([k]) => k !== key), [key, value] as const]),
    fc.tuple(name, oddText).map(([key, value]) => (pairs: Pairs) => [...pairs, [key, value] as const]),
    fc.nat(12).map((i) => (pairs: Pairs) => pairs.filter((_, at) => at !== i)),
    fc.tuple(fc.nat(12), oddText).map(
      ([i, value]) =>
        (pairs: Pairs) =>
          pairs.map(([k, v], at) => (at === i ? ([k, value] as const) : ([k, v] as const))),
    ),
    fc.tuple(fc.nat(12), fc.nat(60)).map(
      ([i, cut]) =>
        (pairs: Pairs) =>
          pairs.map(([k, v], at) => (at === i ? ([k, v.slice(0, cut)] as const) : ([k, v] as const))),
    ),
    fc.nat(12).map((i) => (pairs: Pairs) => pairs.flatMap((pair, at) => (at === i ? [pair, pair] : [pair]))),
    fc.nat(12).map((i) => (pairs: Pairs) => pairs.map(([k, v], at) => (at === i ? ([`${k}[]`, v] as const) : ([k, v] as const)))),
  )
}

const HEADERS = [
  ...[
    'authorization',
    'dpop',
    'accept',
    'accept-language',
    'content-type',
    'origin',
    'referer',
    'user-agent',
    'range',
    'if-none-match',
    'cookie',
  ],
  ...[
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-for',
    'forwarded',
    'x-http-method-override',
    'x-original-url',
    'sec-fetch-site',
    'content-encoding',
    'x-request-id',
    'oauth-client-attestation',
    'x-client-cert',
  ],
]
const HEADER_VALUES = [
  ...[
    'Basic',
    'Basic Og==',
    'Basic =',
    'Bearer',
    'Bearer  x',
    'DPoP x',
    'Digest x="y"',
    'gzip',
    'cross-site',
    'null',
    'https://evil.example',
    '*/*',
    'text/html',
    'application/json',
    'multipart/form-data; boundary=x',
  ],
  ...[
    'application/x-www-form-urlencoded; charset=utf-7',
    'text/plain',
    'de-x-informal;q=9',
    'bytes=0-',
    'for="[::1]";host=evil.example',
    'evil.example',
    'DELETE',
    '/account',
  ],
]

/** @param names of the fields that any of the requests has */
export function mutations(names: readonly string[]): fc.Arbitrary<Change> {
  const pairs = inPairs(names)
  const segment = oddText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 300))
  return fc.oneof(
    {
      weight: 6,
      arbitrary: pairs.map(
        (change): Change =>
          (r) =>
            r.form ? { ...r, form: change(r.form) } : { ...r, query: change(r.query) },
      ),
    },
    {
      weight: 2,
      arbitrary: pairs.map(
        (change): Change =>
          (r) => ({ ...r, query: change(r.query) }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(...HEADERS), fc.oneof(fc.constantFrom(...HEADER_VALUES), oddText)).map(
        ([key, value]): Change =>
          (r) => ({ ...r, headers: { ...r.headers, [key]: value } }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE').map(
        (method): Change =>
          (r) => ({ ...r, method }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.oneof(
        segment.map(
          (text): Change =>
            (r) => ({ ...r, path: `${r.path}/${text}` }),
        ),
        segment.map(
          (text): Change =>
            (r) => ({ ...r, path: `${r.path.replace(/[^/]*$/, '')}${text}` }),
        ),
        fc.constantFrom('/', '//', '/.', '/..', ';a=b', '%2f', '.json', '%00', '%', '?', '#').map(
          (end): Change =>
            (r) => ({ ...r, path: r.path + end }),
        ),
        fc.constant<Change>((r) => ({ ...r, path: r.path.toUpperCase() })),
        fc.constant<Change>((r) => ({
          ...r,
          path: [...r.path].map((c) => (c === '/' ? c : `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`)).join(''),
        })),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.oneof(oddText, fc.json(), fc.constantFrom('&&&&', '=&=&=', 'a'.repeat(3_000), 'a=1&'.repeat(300))).map(
        (body): Change =>
          (r) => ({ ...r, body }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.nat(200).map(
        (cut): Change =>
          (r) => ({ ...r, body: bodyOf(r).slice(0, cut) }),
      ),
    },
  )
}

export const bodyOf = ({ form, body }: Sendable): string =>
  body ?? (form ? String(new URLSearchParams(form.map(([k, v]): [string, string] => [k.toWellFormed(), v.toWellFormed()]))) : '')
