import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { journeyFor, registeredAttributes, requiredAttributes } from '../../src/group/index.ts'
import { toGroup } from '../../src/group/to-group.ts'
import type { ClientId, RecipientKey } from '../../src/store/ids.ts'
import { parsed } from './small-group.ts'

const { document } = parsed(readFileSync(new URL('../../config/demo.yaml', import.meta.url), 'utf8'), 'config/demo.yaml')
const group = toGroup(document, 1, new Map())
const client = (id: string) => {
  const found = group.clients.get(id as ClientId)
  assert.ok(found, `the demo group has no client ${id}`)
  return found
}

const RECIPIENTS = {
  aurora: 'brand',
  borealis: 'brand',
  'contact-centre': 'group',
  parcelly: 'partner',
  stylist: 'partner',
  'order-history': 'partner',
  operator: 'operator',
}
test('the demo group has the recipients of the contract', () => {
  assert.deepEqual(Object.fromEntries([...group.recipients.values()].map(({ key, kind }) => [key, kind])), RECIPIENTS)
  assert.deepEqual(
    [...group.recipients.values()].map(({ subjectSector }) => subjectSector),
    Object.keys(RECIPIENTS),
  )
})

/** recipient, channel, secret, redirect URIs: the table of the contract. */
const CLIENTS: Readonly<Record<string, readonly [string, string, string | undefined, readonly string[]]>> = {
  'aurora-web': ['aurora', 'web', 'aurora-demo-secret', ['http://localhost:3001/callback']],
  'aurora-app': ['aurora', 'app', undefined, ['com.example.aurora:/callback', 'http://127.0.0.1/callback']],
  'aurora-kiosk': ['aurora', 'kiosk', undefined, []],
  'borealis-web': ['borealis', 'web', 'borealis-demo-secret', ['http://localhost:3002/callback']],
  'borealis-app': ['borealis', 'app', undefined, ['com.example.borealis:/callback', 'http://127.0.0.1/callback']],
  'contact-centre': ['contact-centre', 'contact_centre', 'contact-centre-demo-secret', []],
  'parcelly-web': ['parcelly', 'web', 'parcelly-demo-secret', ['http://localhost:3003/callback']],
  'stylist-web': ['stylist', 'web', 'stylist-demo-secret', ['http://localhost:3007/callback']],
  'stylist-service': ['stylist', 'service', 'stylist-demo-secret', []],
  'order-history': ['order-history', 'service', 'order-history-demo-secret', []],
  'atrium-admin': ['operator', 'service', 'admin-demo-secret', []],
}
test('the demo group has the clients of the contract', () => {
  assert.deepEqual([...group.clients.keys()], Object.keys(CLIENTS))
  for (const entry of document.clients) {
    const { id, recipient, channel, redirectUris, tokenEndpointAuthMethod } = client(entry.client_id)
    assert.deepEqual([recipient, channel, entry.client_secret, redirectUris], CLIENTS[id], id)
    assert.equal(tokenEndpointAuthMethod, entry.client_secret ? 'client_secret_basic' : 'none', id)
  }
})

test('web clients are told of sign-outs, and partners come back from requests', () => {
  for (const [id, port] of [
    ['aurora-web', 3001],
    ['borealis-web', 3002],
    ['parcelly-web', 3003],
    ['stylist-web', 3007],
  ] as const) {
    assert.deepEqual(client(id).postLogoutRedirectUris, [`http://localhost:${port}/`])
    assert.equal(client(id).backchannelLogoutUri, `http://localhost:${port}/backchannel-logout`)
  }
  const claims = [...group.clients.values()].filter(({ claimsRedirectUris }) => claimsRedirectUris.length > 0)
  assert.deepEqual(Object.fromEntries(claims.map(({ id, claimsRedirectUris }) => [id, claimsRedirectUris])), {
    'parcelly-web': ['http://localhost:3003/uma/callback'],
    'stylist-web': ['http://localhost:3007/uma/callback'],
    'stylist-service': ['http://localhost:3007/uma/callback'],
  })
})

const SIZES_AND_TASTE = 'personalisation: shoe_size clothing_size fit styles favourite_brands'
const AURORA = ['service: name! email! phone_number address member_number tier points', SIZES_AND_TASTE, 'marketing_email: email']
const BOREALIS = ['service: name! email! phone_number address', SIZES_AND_TASTE, 'marketing_email: email']
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  'aurora-web': AURORA,
  'aurora-app': AURORA,
  'aurora-kiosk': [],
  'borealis-web': BOREALIS,
  'borealis-app': BOREALIS,
  'contact-centre': [
    'service: name given_name family_name birthdate email phone_number address member_number tier points last_orders lifetime_value',
  ],
  'parcelly-web': ['service: name', 'delivery: address phone_number, 90 days'],
  'stylist-web': [SIZES_AND_TASTE],
  'stylist-service': [SIZES_AND_TASTE],
  'order-history': [],
  'atrium-admin': [],
}
test('each client needs what the contract registers, and no more', () => {
  const needs = [...group.clients.values()].map(({ id, needs }) => [
    id,
    needs.map(({ purpose, attributes, maxDurationS }) => {
      const names = attributes.map(({ name, required }) => (required ? `${name}!` : name)).join(' ')
      return `${purpose}: ${names}${maxDurationS === undefined ? '' : `, ${maxDurationS / 86_400} days`}`
    }),
  ])
  assert.deepEqual(Object.fromEntries(needs), NEEDS)
  assert.deepEqual(requiredAttributes(client('borealis-app')), ['name', 'email'])
  assert.deepEqual(requiredAttributes(client('parcelly-web')), [])
  assert.deepEqual([...registeredAttributes(client('parcelly-web'))], ['name', 'address', 'phone_number'])
})

const UMA = 'urn:ietf:params:oauth:grant-type:uma-ticket'
const CODE = ['authorization_code', 'refresh_token']
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  'aurora-web': [...CODE, 'client_credentials'],
  'aurora-app': CODE,
  'aurora-kiosk': ['urn:ietf:params:oauth:grant-type:device_code'],
  'borealis-web': [...CODE, 'client_credentials'],
  'borealis-app': CODE,
  'contact-centre': ['urn:openid:params:grant-type:ciba', 'client_credentials'],
  'parcelly-web': [...CODE, 'client_credentials', UMA],
  'stylist-web': [...CODE, 'client_credentials', UMA],
  'stylist-service': ['client_credentials', UMA],
  'order-history': ['client_credentials'],
  'atrium-admin': ['client_credentials'],
}
test('each client has the grants of its channel, and every confidential one client credentials', () => {
  assert.deepEqual(Object.fromEntries([...group.clients.values()].map(({ id, grantTypes }) => [id, grantTypes])), GRANTS)
  assert.deepEqual(client('contact-centre').metadata, { backchannel_token_delivery_mode: 'poll' })
})

const SHOP_API = 'customers:create attributes:write consents:read requests:create'
const PARTNER_API = 'consents:read requests:create'
const SCOPES: Readonly<Record<string, string>> = {
  'aurora-web': `openid offline_access profile email phone address identity contact sizes preferences loyalty ${SHOP_API}`,
  'aurora-app': 'openid offline_access profile email phone address identity contact sizes preferences loyalty',
  'aurora-kiosk': 'openid',
  'borealis-web': `openid offline_access profile email phone address identity contact sizes preferences ${SHOP_API}`,
  'borealis-app': 'openid offline_access profile email phone address identity contact sizes preferences',
  'contact-centre': `openid profile email phone address identity contact loyalty purchases ${PARTNER_API}`,
  'parcelly-web': `openid offline_access profile phone address identity contact ${PARTNER_API}`,
  'stylist-web': `openid offline_access sizes preferences ${PARTNER_API}`,
  'stylist-service': PARTNER_API,
  'order-history': 'uma_protection',
  'atrium-admin': 'admin:read admin:write support privacy',
}
test('OIDC-12 each client has its scopes and none beside them', () => {
  assert.deepEqual(Object.fromEntries([...group.clients.values()].map(({ id, scopes }) => [id, scopes.join(' ')])), SCOPES)
})

test('a scope that stands for attributes covers at least one the client needs, and each need has its scopes', () => {
  for (const { id, grantTypes, scopes, needs } of group.clients.values()) {
    const groupsNeeded = new Set(needs.flatMap(({ attributes }) => attributes.map(({ name }) => group.attributes.get(name)?.group)))
    const groupScopes = new Set(scopes.filter((scope) => group.attributeGroups.has(scope)))
    if (grantTypes.some((type) => type !== 'client_credentials' && type !== UMA)) assert.deepEqual(groupScopes, groupsNeeded, id)
    else assert.equal(groupScopes.size, 0, id)
  }
})

test('aurora and borealis write every attribute group but identity, and nobody else writes', () => {
  const writers = [...group.clients.values()].filter(({ writes }) => writes.length > 0)
  const allButIdentity = [...group.attributeGroups.keys()].filter((name) => name !== 'identity')

  assert.deepEqual(
    writers.map(({ id }) => id),
    ['aurora-web', 'borealis-web'],
  )
  for (const { writes } of writers) assert.deepEqual(writes, allButIdentity)
})

test('the demo group has the attribute groups and purposes of the contract', () => {
  assert.deepEqual(Object.fromEntries(group.attributeGroups), {
    identity: ['name', 'given_name', 'family_name', 'birthdate'],
    contact: ['email', 'phone_number', 'address'],
    sizes: ['shoe_size', 'clothing_size', 'fit'],
    preferences: ['styles', 'favourite_brands', 'language'],
    loyalty: ['member_number', 'tier', 'points'],
    purchases: ['last_orders', 'lifetime_value'],
    location: ['home_store', 'last_visited_store'],
  })
  assert.deepEqual(
    [...group.purposes.keys()],
    ['service', 'delivery', 'personalisation', 'marketing_email', 'marketing_sms', 'analytics', 'ad_sharing'],
  )
  const edited = [...group.attributeGroupDetails.values()].filter(({ customerEdits }) => customerEdits).map(({ name }) => name)
  assert.deepEqual(edited, ['identity', 'contact', 'sizes', 'preferences'])
})

test('everything a customer reads stands in all four languages', () => {
  const texts = [
    ...[...group.attributes.values()].map(({ label }) => label),
    ...[...group.attributeGroupDetails.values()].map(({ label }) => label),
    ...[...group.purposes.values()].flatMap(({ label, description }) => [label, description]),
    ...[...group.recipients.values()].flatMap(({ look }) => (look.tagline ? [look.tagline] : [])),
  ]
  for (const text of texts) assert.deepEqual(Object.keys(text), ['en', 'de', 'it', 'ru'], text.en)
})

test('the two shops look like two shops', () => {
  const [aurora, borealis] = ['aurora', 'borealis'].map((key) => group.recipients.get(key as RecipientKey)?.look)

  for (const part of ['color', 'radiusPx', 'font', 'mark', 'tagline'] as const) assert.notDeepEqual(aurora?.[part], borealis?.[part])
})

test('MFA-28 the demo asks for ten characters, and everybody takes the default journey', () => {
  assert.equal(group.policies.password.minLength, 10)
  assert.equal(group.keys.defaultSigningAlg, 'ES256')
  const steps = ['identify', 'sign_up', 'verify_email', 'password', 'second_factor', 'new_password', 'offer_passkey', 'confirm']
  assert.deepEqual(journeyFor(group, client('aurora-kiosk')), { steps })
})
