import fc from 'fast-check'
import type { IdentityProviderEntry } from '../../src/group/identity-provider-schema.ts'
import { ATTRIBUTE_TYPES, CHANNELS, FEDERATED_USES, FONTS, MARKS, SENSITIVITIES } from '../../src/group/index.ts'
import type { AttributeGroupEntry, ClientEntry, GroupDocument, PurposeEntry, RecipientEntry } from '../../src/group/schema.ts'

/** Right group files of every kind: what they say is chance, that they are right is not. */

const KEYS = ['linden', 'oak', 'postman', 'x-1', 'desk'] as const
const NAMES = ['a', 'name', 'email', 'size_2', 'zzz', 'valueof', 'y', 'on', 'null', 'true'] as const
const PURPOSES = ['service', 'delivery', 'no', 'p1'] as const

/** Words as people write them, what YAML takes for something else included. */
const words = fc
  .oneof(
    fc.constantFrom(
      'yes',
      '~',
      '1e3',
      '0x1F',
      '- a',
      'a: b',
      '# c',
      '{x}',
      '*a',
      '&b',
      "it's",
      '"q"',
      'null',
      '2026-01-01',
      '!x',
      'Имя',
      '👩‍👩‍👧',
      '%',
      '@',
      '|',
      '>',
    ),
    fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }),
  )
  .map((text) =>
    text
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, '')
      .replace(/\s+/g, ' ')
      .trim(),
  )
  .filter((text) => text !== '' && text.length <= 80)
const localised = fc
  .record({ en: words, de: words, 'x-klingon': words }, { requiredKeys: ['en'] })
  .map(({ 'x-klingon': tlh, ...rest }) => (tlh ? { ...rest, tlh } : rest))
const path = fc.stringMatching(/^[a-z0-9]{1,8}$/)
const https = path.map((word) => `https://${word}.example/${word}`)

const recipient = (key: string): fc.Arbitrary<RecipientEntry> =>
  fc.record(
    {
      key: fc.constant(key),
      kind: fc.constantFrom('brand' as const, 'operator' as const),
      name: words,
      uri: https,
      look: fc.record(
        {
          color: fc.stringMatching(/^#[0-9a-f]{6}$/),
          radius_px: fc.integer({ min: 0, max: 32 }),
          font: fc.constantFrom(...FONTS),
          mark: fc.constantFrom(...MARKS),
          tagline: localised,
        },
        { requiredKeys: ['color', 'radius_px', 'font', 'mark'] },
      ),
      terms: fc.record(
        { version: fc.stringMatching(/^[a-z0-9.-]{1,10}$/), uri: https.map((en) => ({ en })), title: localised },
        { requiredKeys: ['version', 'uri'] },
      ),
      apis: fc
        .uniqueArray(fc.nat(9), { maxLength: 2 })
        .map((ports) => ports.map((port) => ({ resource: `https://${key}.example:900${port}/`, scopes: ['stock:read'] }))),
    },
    { requiredKeys: ['key', 'kind', 'name'] },
  )

const attributes = (purposes: readonly string[]): fc.Arbitrary<AttributeGroupEntry[]> =>
  fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }).chain((names) =>
    fc
      .tuple(
        ...names.map((name) =>
          fc.record({
            name: fc.constant(name),
            type: fc.constantFrom(...ATTRIBUTE_TYPES),
            sensitivity: fc.constantFrom(...SENSITIVITIES),
            purposes: fc.uniqueArray(fc.constantFrom(...purposes), { minLength: 1 }),
            label: localised,
          }),
        ),
      )
      .chain((made) =>
        fc
          .record({
            at: fc.integer({ min: 0, max: made.length }),
            labels: fc.tuple(localised, localised),
            edits: fc.option(fc.boolean(), { nil: undefined }),
          })
          .map(({ at, labels, edits }) => {
            const groups = [
              { group: 'g_one', label: labels[0], ...(edits !== undefined && { customer_edits: edits }), attributes: made.slice(0, at) },
              { group: 'a_two', label: labels[1], attributes: made.slice(at) },
            ]
            return groups.filter(({ attributes: inner }) => inner.length > 0)
          }),
      ),
  )

const needsOf = (groups: readonly AttributeGroupEntry[]): fc.Arbitrary<ClientEntry['needs']> => {
  const all = groups.flatMap(({ attributes: inner }) => inner)
  const purposes = [...new Set(all.flatMap((attribute) => attribute.purposes))]
  return fc.subarray(purposes).map((chosen) =>
    chosen.map((purpose, index) => {
      const allowed = all.filter((attribute) => attribute.purposes.includes(purpose)).map(({ name }) => name)
      return {
        purpose,
        attributes: allowed,
        ...(index === 0 && { required: allowed.slice(0, 1), max_duration_s: 3600, ...reasonsOf(allowed[0]) }),
      }
    }),
  )
}

const reasonsOf = (name: string | undefined) => (name === undefined ? {} : { reasons: { [name]: { en: 'because', de: 'darum' } } })

const client = (id: string, recipients: readonly string[], groups: readonly AttributeGroupEntry[]): fc.Arbitrary<ClientEntry> =>
  fc
    .record({
      recipient: fc.constantFrom(...recipients),
      name: words,
      confidential: fc.boolean(),
      secret: fc.stringMatching(/^[\x20-\x7e]{16,40}$/),
      uris: fc.uniqueArray(https, { minLength: 1, maxLength: 3 }),
      needs: needsOf(groups),
      channel: fc.constantFrom(...CHANNELS),
      age: fc.option(fc.nat(9999), { nil: undefined }),
    })
    .map(({ recipient: owner, name, confidential, secret, uris, needs, channel, age }) => ({
      client_id: id,
      client_name: name,
      recipient: owner,
      channel,
      ...(confidential ? { client_secret: secret } : { token_endpoint_auth_method: 'none' as const }),
      grant_types: ['authorization_code' as const],
      redirect_uris: uris,
      scope: ['openid', ...groups.map(({ group }) => group)].join(' '),
      ...(needs && needs.length > 0 && { needs }),
      ...(age !== undefined && { default_max_age: age }),
    }))

const identityProviders = (recipients: readonly string[]): fc.Arbitrary<IdentityProviderEntry[]> =>
  fc.uniqueArray(fc.constantFrom('google', 'a-b', 'zz'), { minLength: 1, maxLength: 3 }).chain((keys) =>
    fc.tuple(
      ...keys.map((key) =>
        fc.record(
          {
            key: fc.constant(key),
            issuer: fc.constant('https://id.example'),
            client_id: fc.constant('atrium'),
            client_secret: fc.stringMatching(/^[\x20-\x7e]{1,40}$/),
            name: localised,
            enabled: fc.boolean(),
            recipients: fc.subarray([...recipients], { minLength: 1 }),
            allows: fc.subarray([...FEDERATED_USES], { minLength: 1 }),
          },
          { requiredKeys: ['key', 'issuer', 'client_id', 'client_secret', 'name'] },
        ),
      ),
    ),
  )

/** A right document. */
export const randomGroup: fc.Arbitrary<GroupDocument> = fc
  .record({
    keys: fc.uniqueArray(fc.constantFrom(...KEYS), { minLength: 1 }),
    purposes: fc.uniqueArray(fc.constantFrom(...PURPOSES), { minLength: 1 }),
    ids: fc.uniqueArray(fc.constantFrom('c1', 'C.2', 'c-3'), { maxLength: 3 }),
  })
  .chain(({ keys, purposes, ids }) =>
    attributes(purposes).chain((groups) =>
      fc.record(
        {
          group: fc.record({ name: words, country: fc.constantFrom('DE', 'NO') }, { requiredKeys: ['name'] }),
          recipients: fc.tuple(...keys.map(recipient)),
          clients: fc.tuple(...ids.map((id) => client(id, keys, groups))),
          attributes: fc.constant(groups),
          purposes: fc.tuple(
            ...purposes.map(
              (name): fc.Arbitrary<PurposeEntry> => fc.record({ name: fc.constant(name), label: localised, description: localised }),
            ),
          ),
          journeys: fc.constantFrom(
            { default: { steps: ['identify' as const, 'password' as const] } },
            {
              [`${keys[0]}.app`]: { steps: ['identify' as const, 'verify_email' as const] },
              default: { steps: ['identify' as const, 'password' as const] },
            },
          ),
          policies: fc.record(
            {
              password: fc.integer({ min: 8, max: 64 }).map((min_length) => ({ min_length })),
              identity_providers: identityProviders(keys),
            },
            { requiredKeys: [] },
          ),
          keys: fc.constantFrom({ default_signing_alg: 'EdDSA' as const }, {}),
        },
        { requiredKeys: ['group', 'recipients', 'clients', 'attributes', 'purposes'] },
      ),
    ),
  )
