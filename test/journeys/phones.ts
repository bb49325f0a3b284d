import assert from 'node:assert/strict'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, type Protocol } from '../oidc/protocol.ts'

/** People with phones at one app, and what they do with them. */
export function phonesAt(app: Protocol) {
  let phones = 0
  /** A number nobody else has. */
  const newNumber = (): string => `+49151${String(10_000_000 + ++phones)}`

  const textsTo = async (number: string): Promise<readonly { text: string; channel?: string; subject: string }[]> =>
    (await app.mailsTo(number)) as never

  /** The code of the newest text message to a number. */
  async function codeTo(number: string): Promise<string> {
    const [message] = await textsTo(number)
    assert.equal(message?.channel, 'sms')
    const codes = message.text.match(/(?<!\d)\d{6,8}(?!\d)/g) ?? []
    assert.equal(codes.length, 1, `one code in: ${message.text}`)
    return codes[0]!
  }

  const start = (browser: HttpBrowser, extra: Record<string, string> = {}): Promise<Shown> =>
    authorize(browser, authorizationRequest(app.clients.auroraWeb, extra))

  /** An account that was opened with a phone number at the group's own pages, which write to nobody. */
  async function signUpByPhone(
    number = newNumber(),
    password = 'correct-horse-battery-9',
  ): Promise<{ browser: HttpBrowser; number: string }> {
    const browser = new HttpBrowser(app.issuer)
    const page = await browser.submit(await browser.open('/account'), {}, { name: 'action', value: 'sign-up' })
    const asked = await browser.submit(page, { email: number })
    assert.equal(asked.name, 'code')
    const details = await browser.submit(asked, { code: await codeTo(number) })
    assert.equal(details.name, 'sign_up')
    assert.equal((await browser.submit(details, { password })).name, 'account')
    return { browser, number }
  }

  /** The password page for what is typed on the first page. */
  const named = async (browser: HttpBrowser, identifier: string, extra: Record<string, string> = {}): Promise<Shown> =>
    browser.submit(await start(browser, extra), { identifier })

  return { newNumber, textsTo, codeTo, start, signUpByPhone, named }
}
