import assert from 'node:assert/strict'
import { generateSync } from 'otplib'
import { SoftPasskey } from '../authenticators/soft-passkey.ts'
import { type HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { type Protocol, signUp } from '../oidc/protocol.ts'

/** Where customers see and change how they sign in. */
export const SECURITY = '/account/security'

export type Person = ReturnType<ReturnType<typeof personsAt>['somebody']>

/** People at one app, and what they do with apps and passkeys. */
export function personsAt(app: Protocol) {
  let people = 0
  const somebody = () => ({ email: `person.${++people}@example.com`, name: 'Ada Lovelace', password: 'correct-horse-battery-9' })

  const nowS = async (): Promise<number> => {
    const { now } = (await (await fetch(`${app.issuer}/dev/clock`)).json()) as { now: string }
    return Math.floor(Date.parse(now) / 1000)
  }
  /** The next code of an app: never one that was used. */
  async function nextCode(secret: string): Promise<string> {
    await app.advance(31)
    return generateSync({ secret, epoch: await nowS() })
  }

  /** An account with an authenticator app, and the codes that were shown with it. */
  async function withApp(): Promise<{ who: Person; browser: HttpBrowser; secret: string; codes: readonly string[] }> {
    const who = somebody()
    const browser = await signUp(app, who)
    const setup = await browser.open(`${SECURITY}/totp`)
    assert.equal(setup.name, 'account.security.totp')
    const secret = /<code class="secret">([^<]+)</.exec(setup.text)![1]!.replaceAll(' ', '')
    const done = await browser.submit(setup, { code: generateSync({ secret, epoch: await nowS() }) })
    assert.equal(done.name, 'account.security.recovery_codes')
    return { who, browser, secret, codes: [...done.text.matchAll(/<li><code>([^<]+)</g)].map(([, code]) => code!) }
  }

  /** A passkey as a browser would make one on the security page. */
  async function addPasskey(browser: HttpBrowser): Promise<SoftPasskey> {
    const passkey = new SoftPasskey(app.issuer)
    const page = await browser.open(SECURITY)
    const added = await browser.post(`${SECURITY}/passkeys`, {
      csrf: inputValue(page, 'csrf')!,
      passkey_asked_at: inputValue(page, 'passkey_asked_at')!,
      passkey: JSON.stringify(passkey.create(optionsOn(page))),
    })
    assert.equal(added.url.searchParams.get('status'), 'passkey_added')
    return passkey
  }

  /** What the page asks the browser for. */
  function optionsOn<T = never>(page: Shown): T {
    const encoded = /data-options="([^"]*)"/.exec(page.text)?.[1]
    assert.ok(encoded, `a ceremony on ${page.name}`)
    return JSON.parse(encoded.replaceAll('&quot;', '"').replaceAll('&amp;', '&')) as T
  }

  const answerWith = (browser: HttpBrowser, page: Shown, passkey: SoftPasskey): Promise<Shown> =>
    browser.post(page.url, {
      csrf: inputValue(page, 'csrf')!,
      step: inputValue(page, 'step')!,
      passkey_asked_at: inputValue(page, 'passkey_asked_at')!,
      passkey: JSON.stringify(passkey.get(optionsOn(page))),
    })

  return { somebody, nextCode, withApp, addPasskey, optionsOn, answerWith }
}
