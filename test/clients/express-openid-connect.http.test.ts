import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startTestApp } from '../harness/app.ts'
import type { Shown } from '../harness/http-browser.ts'
import { startProgram } from './programs.ts'
import { adaJoins, Shopper } from './shopper.ts'

const app = await startTestApp({ after })
const shop = `http://localhost:${app.ports.borealis}`
await adaJoins(app)
const program = fileURLToPath(new URL('shops/express-openid-connect.mjs', import.meta.url))
await startProgram({ after }, [process.execPath, program], { ready: /ready/, env: { ISSUER: app.issuer, ORIGIN: shop } })

const json = ({ text }: Shown): unknown => JSON.parse(text)

test('express-openid-connect: sign in, userinfo, refresh, sign out at Atrium and back', async () => {
  const ada = new Shopper(app)
  assert.deepEqual(json(await ada.open(`${shop}/`)), { signedIn: false })

  await ada.signIn(await ada.open(`${shop}/login`))
  const { sub, ...profile } = json(await ada.open(`${shop}/profile`)) as Record<string, unknown>
  assert.deepEqual(profile, { name: 'Ada Lovelace', email: 'ada.lovelace@example.com', email_verified: true })
  assert.equal(typeof sub, 'string')
  assert.deepEqual(json(await ada.open(`${shop}/refresh`)), { refreshed: true, stored: true })
  assert.deepEqual(json(await ada.open(`${shop}/refresh`)), { refreshed: true, stored: true }, 'with the refresh token that came back')
  assert.equal((json(await ada.open(`${shop}/profile`)) as { sub: unknown }).sub, sub)

  const back = await ada.submit(await ada.open(`${shop}/logout`))
  assert.equal(back.url.href, `${shop}/`)
  assert.deepEqual(json(back), { signedIn: false })
  assert.equal((await ada.open(`${shop}/login`)).name, 'identify')
})

test('express-openid-connect: its session ends by back-channel logout when the customer signs out elsewhere', async () => {
  const ada = new Shopper(app)
  assert.deepEqual(json(await ada.signIn(await ada.open(`${shop}/login`))), { signedIn: true })

  await ada.submit(await ada.open(`${app.issuer}/sign-out`))
  await app.app.idle()

  assert.deepEqual(json(await ada.open(`${shop}/`)), { signedIn: false })
})
