import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, codeFrom, protocolOf, sender } from '../oidc/protocol.ts'
import { startPlan } from './plan.ts'
import { forward } from './suite/front.ts'

/** The suite's requests have no PKCE; `suite/front.ts` adds it on the way. Here without TLS, which `createServer` of node:https adds. */
const plan = await startPlan({ after })
const server = createServer((req, res) => void forward(plan.issuer, req, res))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(async () => {
  server.closeAllConnections()
  server.close()
})
const front = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const withoutPkce = { code_challenge: undefined, code_challenge_method: undefined }

test('a flow without PKCE is refused by Atrium, and goes through with the front that the suite is given', async () => {
  const request = authorizationRequest(plan.first, withoutPkce)
  assert.equal((await plan.ask(plan.ada(), withoutPkce)).answer?.error, 'invalid_request')

  const send = sender(front, new URL(plan.issuer).host)
  const browser = new HttpBrowser(plan.issuer, (url, init) => send(`${url.pathname}${url.search}`, init))
  for (const cookie of plan.ada().cookies) browser.put(cookie)
  const code = await codeFrom(browser, request)
  const { status } = await protocolOf(plan, front).token(plan.first, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: request.client.redirect_uri,
  })

  assert.equal(status, 200)
})
