import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { type Channel, journeyFor, NEUTRAL_LOOK } from '../../src/group/index.ts'
import { toGroup } from '../../src/group/to-group.ts'
import { Secret } from '../../src/ports/secret.ts'
import type { ClientId, RecipientKey } from '../../src/store/ids.ts'
import { parsed, SMALL_GROUP, smallGroup } from './small-group.ts'

const running = (text: string, secrets = new Map<string, Secret>()) => toGroup(parsed(text).document, 7, secrets)

test('what a file leaves out is filled in', () => {
  const group = running(SMALL_GROUP.slice(0, SMALL_GROUP.indexOf('journeys:')))

  assert.equal(group.version, 7)
  assert.equal(group.country, 'DE')
  assert.deepEqual(group.policies, {
    password: { minLength: 10 },
    deletion: { graceS: 2_592_000 },
    sms: { countries: ['DE'], mostPerHour: 500 },
    identityProviders: [],
  })
  assert.deepEqual(group.keys, { defaultSigningAlg: 'ES256', rotateAfterS: 90 * 86_400, publishS: 86_400 })
  assert.deepEqual(group.journeys, { default: { steps: ['identify', 'sign_up', 'verify_email', 'password', 'confirm'] } })
  assert.deepEqual(group.recipients.get('postman' as RecipientKey)?.look, NEUTRAL_LOOK)
})

test('a renamed recipient keeps the sector of its subjects', () => {
  const group = running(smallGroup(['key: linden\n', 'key: linden\n    subject_sector: old-linden\n']))

  assert.equal(group.recipients.get('linden' as RecipientKey)?.subjectSector, 'old-linden')
  assert.equal(group.recipients.get('postman' as RecipientKey)?.subjectSector, 'postman')
})

test('a journey of the recipient on the channel comes before the recipient’s, and that before the default', () => {
  const journeys = '  linden.kiosk: { steps: [identify, verify_email] }\n  linden: { steps: [identify, password] }\n  default:'
  const group = running(smallGroup(['  default:', journeys]))
  const steps = (recipient: string, channel: Channel) => journeyFor(group, { recipient: recipient as RecipientKey, channel }).steps

  assert.deepEqual(steps('linden', 'kiosk'), ['identify', 'verify_email'])
  assert.deepEqual(steps('linden', 'web'), ['identify', 'password'])
  assert.deepEqual(steps('postman', 'kiosk'), ['identify', 'sign_up', 'verify_email', 'password', 'confirm'])
})

test('metadata that is oidc-provider’s goes through under its own names, the rest does not', () => {
  const group = running(smallGroup(['    writes:', '    logo_uri: https://linden.example/l.svg\n    default_max_age: 3600\n    writes:']))

  assert.deepEqual(group.clients.get('linden-web' as ClientId)?.metadata, {
    logo_uri: 'https://linden.example/l.svg',
    default_max_age: 3600,
  })
})

test('a secret is in the group and in nothing that is printed of it', () => {
  const group = running(SMALL_GROUP, new Map([['linden-web', new Secret('a-secret-of-the-linden')]]))

  assert.equal(group.clients.get('linden-web' as ClientId)?.secret?.reveal(), 'a-secret-of-the-linden')
  assert.doesNotMatch(inspect(group, { depth: 9 }) + JSON.stringify([...group.clients.values()]), /a-secret/)
})
