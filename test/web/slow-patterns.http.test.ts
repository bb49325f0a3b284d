import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { formsOn, HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, clientsOf, signUp } from '../oidc/protocol.ts'

const app = await startTestApp({ after })
const { auroraWeb } = clientsOf(app)

const LONG = 12_000
const repeat = (text: string, end = ''): string => text.repeat(Math.ceil(LONG / text.length)).slice(0, LONG) + end

/** What makes a regular expression that backtracks look at every way to split it, and a normaliser or parser do the same work again and again. */
const CORPUS = [
  repeat('a', '!'),
  repeat(' ', 'x'),
  repeat('\t', 'x'),
  repeat('a.', '!'),
  repeat('a@', '!'),
  repeat('@', 'a'),
  repeat('.', 'a'),
  repeat('-', 'a'),
  repeat('1', 'a'),
  repeat('+', '1'),
  repeat('(', '1'),
  repeat('/', 'a'),
  repeat('a,', '!'),
  repeat('a;q=0.1,', '!'),
  repeat('a=', ';'),
  repeat('"', 'a'),
  repeat('\\', 'a'),
  repeat('%41', '%'),
  repeat('<a ', '>'),
  repeat('é', '!'),
  repeat('\u0301', 'a'),
  repeat('ﬃ', '!'),
  repeat('xn--', '!'),
  repeat('[', ']'),
  repeat('{"a":', '1'),
]

const MOST_MS = 100
/** Garbage collection and other processes hold a loop up as well, but not each time. */
const TRIES = 5

/** How long the event loop stood still while a request was answered, in milliseconds: the least of a few tries. */
async function heldUpMs(send: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < TRIES && least > MOST_MS; i++) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await send()
    delay.disable()
    least = Math.min(least, delay.max / 1e6)
  }
  return least
}

const post = (browser: HttpBrowser, path: string, fields: Record<string, string>) => async (): Promise<void> => {
  await (await browser.step(path, { method: 'POST', body: new URLSearchParams(fields) })).arrayBuffer()
}

test('SEC-100 no text makes a pattern run away: not in a form, not in a parameter, not in a header', { timeout: 120_000 }, async () => {
  const ada = await signUp(app)
  const journey = new HttpBrowser(app.issuer)
  const identify = await authorize(journey, authorizationRequest(auroraWeb))
  const signingUp = new HttpBrowser(app.issuer)
  const address = await signingUp.submit(
    await authorize(signingUp, authorizationRequest(auroraWeb)),
    {},
    { name: 'action', value: 'sign-up' },
  )
  const profile = formsOn(await ada.open('/account/profile'))[0]!.hidden
  const slow: string[] = []
  const look = async (what: string, send: () => Promise<unknown>): Promise<void> => {
    const ms = await heldUpMs(send)
    if (ms > MOST_MS) slow.push(`${what}: ${ms} ms`)
  }

  for (const text of CORPUS) {
    const what = JSON.stringify(text.slice(0, 6))
    const header = encodeURI(text).slice(0, LONG)
    await look(
      `identifier ${what}`,
      post(journey, identify.url.pathname, { ...formsOn(identify)[0]!.hidden, identifier: text.slice(0, 250) }),
    )
    await look(`email ${what}`, post(signingUp, address.url.pathname, { ...formsOn(address)[0]!.hidden, email: text.slice(0, 250) }))
    await look(
      `profile ${what}`,
      post(ada, '/account/profile', {
        ...profile,
        name: text.slice(0, 1_900),
        phone_number: text.slice(0, 1_900),
        birthdate: text.slice(0, 1_900),
        version: '0',
      }),
    )
    await look(
      `parameters ${what}`,
      post(ada, '/par', {
        ...authorizationRequest(auroraWeb).params,
        client_id: 'aurora-web',
        client_secret: auroraWeb.secret,
        login_hint: text,
        claims: text,
        scope: text,
        ui_locales: text,
        acr_values: text,
        redirect_uri: text,
      }),
    )
    await look(
      `token ${what}`,
      post(journey, '/token', { grant_type: 'refresh_token', refresh_token: text, client_id: text, client_assertion: text }),
    )
    for (const name of [
      'accept',
      'accept-language',
      'user-agent',
      'cookie',
      'authorization',
      'x-forwarded-for',
      'dpop',
      'if-none-match',
      'content-type',
    ])
      await look(`${name} ${what}`, async () =>
        (
          await fetch(`${app.issuer}/account`, {
            redirect: 'manual',
            headers: { [name]: name === 'authorization' ? `Basic ${header}` : header },
          })
        ).arrayBuffer(),
      )
  }

  assert.deepEqual(slow, [])
})
