import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errors } from 'oidc-provider'
import { parseGroupFile } from '../../src/group/index.ts'
import { toGroup } from '../../src/group/to-group.ts'
import { resourceServer } from '../../src/oidc/resource-servers.ts'
import type { ClientId } from '../../src/store/ids.ts'
import { demoGroup } from '../harness/app.ts'
import { AURORA_API, withAuroraApi } from './protocol.ts'

const parsed = parseGroupFile(withAuroraApi(demoGroup({ aurora: 3001, borealis: 3002, parcelly: 3003 })), 'demo.yaml')
assert.ok(parsed.ok)
const group = toGroup(parsed.file.document, 1, new Map())
const issuer = 'https://id.example'
const server = (resource: string, client = 'aurora-web') => resourceServer(group, issuer, resource, group.clients.get(client as ClientId)!)

test('an own API gives a client those of the API’s scopes it is registered with', () => {
  assert.equal(server(`${issuer}/customers`).scope, 'customers:create attributes:write consents:read requests:create')
  assert.equal(server(`${issuer}/customers`, 'stylist-service').scope, 'consents:read requests:create')
  assert.equal(server(`${issuer}/admin/api`).scope, '')
  assert.equal(server(`${issuer}/uma`, 'order-history').scope, 'uma_protection')
})

test('a recipient’s own API is for its clients only, and its tokens are JWTs', () => {
  assert.equal(server(AURORA_API).accessTokenFormat, 'jwt')
  assert.throws(() => server(AURORA_API, 'borealis-web'), errors.InvalidTarget)
})

test('names that every object has are no APIs', () => {
  for (const name of ['constructor', '__proto__', 'toString', '/constructor', '', '/', '/customers/', '/customers?x']) {
    assert.throws(() => server(`${issuer}${name}`), errors.InvalidTarget, name)
  }
})
