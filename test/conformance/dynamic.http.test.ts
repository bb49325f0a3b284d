import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { JWK } from 'jose'
import { parseGroupFile } from '../../src/group/index.ts'
import { redemption, type Tokens } from '../oidc/protocol.ts'
import { assertionFields, newKey, type TestKey } from '../oidc/signing.ts'
import { startPlan } from './plan.ts'

/** Those modules of oidcc-dynamic-certification-test-plan that are about redirect URIs and a client's keys, for clients of the group file. */
const served: { keys: JWK[] } = { keys: [] }
const keyServer = await startKeyServer()
const [old, renewed] = await Promise.all([newKey('ES256', 'first'), newKey('ES256', 'second')])
served.keys = [old.jwk]
let yaml = ''
const plan = await startPlan({ after }, { edit: (file) => (yaml = withMoreClients(file)) })
const callback = plan.first.redirect_uri

const named = (name: string, rule: string) => `OIDC-30 Dynamic OP, ${name}: ${rule}`

/** A client with two addresses, and one whose keys are at its own address. */
function withMoreClients(file: string): string {
  const client = (id: string, lines: readonly string[]) => `  - client_id: ${id}
    client_name: ${id}
    recipient: suite
    channel: web
${lines.map((line) => `    ${line}\n`).join('')}    grant_types: [authorization_code, refresh_token]
    scope: openid offline_access
    needs: *needs
`
  const two = client('suite-two', [
    'client_secret: suite-two-secret-for-tests',
    'redirect_uris: [https://localhost.emobix.co.uk:8443/test/a/atrium/callback, https://localhost.emobix.co.uk:8443/test/b/atrium/callback]',
  ])
  const keys = client('suite-keys', [
    'token_endpoint_auth_method: private_key_jwt',
    `jwks_uri: ${keyServer}/jwks`,
    'redirect_uris: [https://localhost.emobix.co.uk:8443/test/a/atrium/callback]',
  ])
  return file.replace('\nattributes:\n', () => `\n${two}\n${keys}\nattributes:\n`)
}

test(
  named('oidcc-ensure-redirect-uri-in-authorization-request', 'a client with two addresses that names none gets an error page'),
  async () => {
    const { page } = await plan.ask(plan.ada(), { redirect_uri: undefined, client_id: 'suite-two' })

    assert.deepEqual([page.url.origin, page.status, page.name], [plan.issuer, 400, 'error'])
  },
)

test(named('oidcc-redirect-uri-query-OK', 'a registered query comes back with the answer added'), async () => {
  const { answer, page } = await plan.ask(plan.ada(), {}, plan.second)

  assert.ok(answer?.code)
  assert.deepEqual([page.url.searchParams.get('dummy1'), page.url.searchParams.get('dummy2')], ['lorem', 'ipsum'])
})

for (const [name, client, redirect_uri] of [
  ['oidcc-redirect-uri-query-mismatch', plan.second, `${callback}?dummy1=lorem&dummy2=other`],
  ['oidcc-redirect-uri-query-added', plan.first, `${callback}?dummy1=lorem`],
] as const) {
  test(named(name, 'another query than the registered one leads to an error page'), async () => {
    const { page } = await plan.ask(plan.ada(), { redirect_uri }, client)

    assert.deepEqual([page.url.origin, page.status, page.name], [plan.issuer, 400, 'error'])
  })
}

test(named('oidcc-redirect-uri-regfrag', 'an address with a fragment is not registered'), () => {
  const result = parseGroupFile(yaml.replace('callback]', 'callback#x]'), 'group.yaml')

  assert.match(result.ok ? '' : result.problems.join('\n'), /redirect_uris\[0\]: must have no fragment/)
})

test(
  named(
    'oidcc-registration-jwks-uri, oidcc-ensure-client-assertion-with-iss-aud-succeeds',
    'an assertion for the issuer, with a key at jwks_uri, is taken',
  ),
  async () => {
    const { status } = await redeemed(old)

    assert.equal(status, 200)
    assert.equal((await redeemed(renewed)).body.error, 'invalid_client', 'which is not there yet')
  },
)

test(
  named('oidcc-refresh-token-rp-key-rotation', 'a refresh token outlives its client’s keys, and the old key counts no more'),
  async () => {
    const { body } = await redeemed(old)
    served.keys = [renewed.jwk]
    await plan.advance(120)
    const refresh = async (key: TestKey, refresh_token: string) =>
      plan.call<Tokens & { error?: string }>('/token', { grant_type: 'refresh_token', refresh_token, ...(await assertion(key)) })

    const refreshed = await refresh(renewed, body.refresh_token!)
    const again = await refresh(old, refreshed.body.refresh_token!)

    assert.deepEqual([refreshed.status, again.status, again.body.error], [200, 401, 'invalid_client'])
  },
)

const assertion = (key: TestKey) => assertionFields({ issuer: plan.issuer, client_id: 'suite-keys', key })

/** A code of the client with keys, redeemed with an assertion. */
async function redeemed(key: TestKey) {
  const { request, answer } = await plan.ask(plan.ada(), {}, { client_id: 'suite-keys', redirect_uri: callback })
  return plan.call<Tokens & { error?: string }>('/token', { ...redemption(request, answer?.code ?? ''), ...(await assertion(key)) })
}

async function startKeyServer(): Promise<string> {
  const server = createServer((_req, res) => res.setHeader('content-type', 'application/json').end(JSON.stringify(served)))
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}
