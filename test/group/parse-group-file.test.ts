import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsed, problemsOf, SMALL_GROUP, smallGroup } from './small-group.ts'

test('a right file has no problem and keeps what it says', () => {
  const { document } = parsed(SMALL_GROUP)

  assert.equal(document.clients[0]?.client_id, 'linden-web')
  assert.deepEqual(
    document.purposes.map(({ name }) => name),
    ['service', 'delivery'],
  )
})

/** What is broken → the replacement that breaks it → the one line that says so. */
const BROKEN: Readonly<Record<string, readonly [from: string, to: string, line: string]>> = {
  'a missing key': ['    client_name: Linden\n', '', 'group.yaml:13:5 clients[0].client_name: is missing'],
  'a missing section': ['purposes:\n', 'journeys_:\n', 'group.yaml:1:1 purposes: is missing'],
  'an unknown key': [
    'redirect_uris:',
    'redirect_urls:',
    'group.yaml:19:5 clients[0].redirect_urls: unknown key, did you mean redirect_uris?',
  ],
  'an unknown key in a map of a list of a list': [
    'required: [email]',
    'requierd: [email]',
    'group.yaml:24:9 clients[0].needs[0].requierd: unknown key, did you mean required?',
  ],
  'an unknown key that is near nothing': ['    writes:', '    zebra:', 'group.yaml:25:5 clients[0].zebra: unknown key'],
  'an unknown part of the file': ['journeys:', 'journey:', 'group.yaml:35:1 journey: unknown key, did you mean journeys?'],
  'a key that would not read as one': ['    writes: ', '    "a b\\n": ', 'group.yaml:25:5 clients[0]["a b\\n"]: unknown key'],
  'a key twice': [
    '    channel: web',
    '    channel: web\n    channel: app',
    'group.yaml:17:5 clients[0].channel: the key stands twice in its map',
  ],
  'another type': ['radius_px: 6', 'radius_px: round', 'group.yaml:8:42 recipients[0].look.radius_px: must be a number, not text'],
  'half a number': ['radius_px: 6', 'radius_px: 6.5', 'group.yaml:8:42 recipients[0].look.radius_px: must be a whole number'],
  'a number above its limit': ['radius_px: 6', 'radius_px: 600', 'group.yaml:8:42 recipients[0].look.radius_px: must be at most 32'],
  'a list where a map stands': [
    'look: { color: "#336644", radius_px: 6, font: sans, mark: arch }',
    'look: []',
    'group.yaml:8:11 recipients[0].look: must be a map, not a list',
  ],
  'an unquoted colour, which is a comment': [
    'color: "#336644", radius_px: 6, font: sans, mark: arch }',
    'color: #336644\n      , radius_px: 6, font: sans, mark: arch }',
    'group.yaml:8:20 recipients[0].look.color: must be text, not nothing (quote text that begins with #)',
  ],
  'a word that is no colour': [
    '"#336644"',
    'green',
    'group.yaml:8:20 recipients[0].look.color: must be a colour like "#b4235a", in quotes',
  ],
  'a word outside its list': [
    'kind: brand',
    'kind: brnad',
    'group.yaml:5:11 recipients[0].kind: must be one of brand, partner, group, operator, did you mean brand?',
  ],
  'a text without English': [
    'label: { en: Contact }',
    'label: { de: Kontakt }',
    'group.yaml:28:12 attributes[0].label: must have the text in en, which other languages fall back to',
  ],
  'a language that is none': [
    'label: { en: Contact }',
    'label: { en: Contact, Deutsch: K }',
    'group.yaml:28:27 attributes[0].label.Deutsch: must be a language tag (en, de, it, ru, …)',
  ],
  'an empty text': ['client_name: Linden', 'client_name: " "', 'group.yaml:14:18 clients[0].client_name: must not be empty'],
  'a control character': [
    'client_name: Linden',
    'client_name: "a\\eb"',
    'group.yaml:14:18 clients[0].client_name: must have no control characters',
  ],
  'an empty list': [
    'attributes: [email, name]\n        required: [email]',
    'attributes: []',
    'group.yaml:23:21 clients[0].needs[0].attributes: must not be empty',
  ],
  'something twice in a list': [
    'writes: [contact]',
    'writes: [contact, contact]',
    'group.yaml:25:23 clients[0].writes[1]: stands in the list twice',
  ],
  'a password policy below NIST’s': [
    'journeys:',
    'policies: { password: { min_length: 7 } }\njourneys:',
    'group.yaml:35:37 policies.password.min_length: must be at least 8',
  ],
  'a password policy above what people can type': [
    'journeys:',
    'policies: { password: { min_length: 65 } }\njourneys:',
    'group.yaml:35:37 policies.password.min_length: must be at most 64',
  ],
}

for (const [what, [from, to, line]] of Object.entries(BROKEN))
  test(`${what}: one line that names file, line, column and path`, () => {
    const problems = problemsOf(smallGroup([from, to]))

    assert.ok(problems.includes(line), problems.join('\n') || 'no problem was found')
  })

/** What is not YAML at all, or more than a group file. */
const UNREADABLE: Readonly<Record<string, readonly [text: string, line: string]>> = {
  'an empty file': ['', 'group.yaml:1:1 file: must be a map with the keys group, recipients, clients, attributes, purposes'],
  'a list': ['- a\n', 'group.yaml:1:1 file: must be a map with the keys group, recipients, clients, attributes, purposes'],
  'a brace that never closes': [
    'group: {\n',
    'group.yaml:2:1 file: Flow map in block collection must be sufficiently indented and end with a }',
  ],
  'a tab': ['group:\n\tname: x\n', 'group.yaml:2:1 file: Tabs are not allowed as indentation'],
  'two documents': ['group: {}\n---\ngroup: {}\n', 'group.yaml:2:1 file: must be one YAML document'],
  'a tag nobody knows': ['group: !secret x\n', 'group.yaml:1:8 file: Unresolved tag: !secret'],
  'an alias of nothing': ['group: *x\n', 'group.yaml:1:8 file: no such anchor above (quote text that begins with *)'],
  'an alias bomb': [
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`)
      .join('\n')}\n`,
    'group.yaml:1:1 file: has too many aliases, or one inside its own anchor',
  ],
}

for (const [what, [text, line]] of Object.entries(UNREADABLE))
  test(`${what} is refused in one line`, () => {
    assert.deepEqual(problemsOf(text), [line])
  })

test('every problem is told at once, in the order of the file, and one hides no other', () => {
  const text = smallGroup(
    ['key: linden', 'key: Linden'],
    ['channel: web', 'channel: wep'],
    ['https://linden.example/callback', 'http://linden.example/callback, com.linden:/x'],
    ['[email, name]', '[email, nmae]'],
  )

  assert.deepEqual(problemsOf(text, 'dir/my group.yaml'), [
    'dir/my group.yaml:4:10 recipients[0].key: must be lower-case letters, digits and hyphens, 63 at most, beginning with a letter',
    'dir/my group.yaml:15:16 clients[0].recipient: unknown recipient linden',
    'dir/my group.yaml:16:14 clients[0].channel: must be one of web, app, kiosk, contact_centre, service, did you mean web?',
    'dir/my group.yaml:19:21 clients[0].redirect_uris[0]: must be https outside loopback and the private-use schemes of apps',
    'dir/my group.yaml:23:29 clients[0].needs[0].attributes[1]: unknown attribute nmae, did you mean name?',
  ])
})

test('a problem never quotes a secret', () => {
  const secret = 'tell\u00e9-nobody-this-text'
  const texts = [
    smallGroup(['a-secret-of-the-linden', secret]),
    smallGroup(['client_secret: a-secret-of-the-linden', `client_secrett: ${secret}`]),
    smallGroup(['client_secret: a-secret-of-the-linden', `client_secret: [${secret}]`]),
    smallGroup(
      ['channel: web', 'channel: app\n    token_endpoint_auth_method: none'],
      ['a-secret-of-the-linden', secret.replace('\u00e9', 'e')],
    ),
  ]

  for (const text of texts) {
    const problems = problemsOf(text).join('\n')
    assert.match(problems, /client_secret/)
    assert.doesNotMatch(problems, /nobody-this-text/)
  }
})

test('anchors are written once and read everywhere, and a problem inside one is named where it stands', () => {
  const text = smallGroup(
    ['writes: [contact]', 'writes: &all [contact, sizes]'],
    [
      'attributes:\n  - group',
      `  - { client_id: l2, client_name: L, recipient: linden, channel: service, client_secret: a-secret-of-the-linden, grant_types: [client_credentials], scope: consents:read, writes: *all }\nattributes:\n  - group`,
    ],
  )

  assert.deepEqual(problemsOf(text), [
    'group.yaml:25:28 clients[0].writes[1]: unknown attribute group sizes',
    'group.yaml:25:28 clients[1].writes[1]: unknown attribute group sizes',
  ])
})
