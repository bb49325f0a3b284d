import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startTestApp } from '../harness/app.ts'
import { startProgram } from './programs.ts'
import { adaJoins, Shopper } from './shopper.ts'

const skip =
  !existsSync('/usr/lib/python3/dist-packages/authlib') && 'Authlib is not here: apt-get install python3-authlib python3-requests'

test('Authlib: sign in, a verified ID token, userinfo, refresh, sign out', { skip }, async () => {
  const app = await startTestApp({ after })
  await adaJoins(app)
  const redirectUri = `http://localhost:${app.ports.borealis}/callback`
  const program = fileURLToPath(new URL('shops/authlib_shop.py', import.meta.url))
  // Authlib takes http for a provider on one's own machine only when it is told.
  const { child } = await startProgram({ after }, ['/usr/bin/python3', program, app.issuer, redirectUri], {
    ready: /ready\n/, // with its end: what follows is read line by line
    env: { AUTHLIB_INSECURE_TRANSPORT: '1' },
  })
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ask = async <T>(command: string): Promise<T> => {
    child.stdin.write(`${command}\n`)
    return JSON.parse((await answers.next()).value ?? 'null') as T
  }
  const ada = new Shopper(app, { stopAt: redirectUri })

  const { url } = await ask<{ url: string }>('sign_in')
  const back = await ada.signIn(await ada.open(url))
  const { sub, userinfo } = await ask<{ sub: string; userinfo: object }>(`callback ${back.url}`)
  assert.deepEqual(userinfo, { sub, name: 'Ada Lovelace', email: 'ada.lovelace@example.com', email_verified: true })

  assert.deepEqual(await ask('refresh'), { rotated: true, userinfo })

  const signOut = await ask<{ url: string }>('sign_out')
  assert.equal((await ada.submit(await ada.open(signOut.url))).name, 'signed_out')
  assert.deepEqual(await ask('userinfo'), { status: 401 })
})
