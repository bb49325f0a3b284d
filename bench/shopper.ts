import { randomBytes } from 'node:crypto'
import { HttpBrowser, type Shown } from '../test/harness/http-browser.ts'
import { CLIENT } from './group-with-api.ts'
import { authorizeUrl, makeRequest } from './token-cases.ts'

export interface Shopper {
  readonly email: string
  readonly password: string
}

export const shopper = (number: number): Shopper => ({
  email: `shopper-${number}@example.com`,
  password: `correct horse battery ${number} staple`,
})

/** A browser of somebody who has not been here; everyone comes from an address of their own. */
export function newBrowser(origin: string): HttpBrowser {
  const browser = new HttpBrowser(origin)
  const [a, b, c] = randomBytes(3)
  browser.headers['x-forwarded-for'] = `11.${a}.${b}.${c}`
  return browser
}

/** A browser that has just opened an account at aurora. */
export async function signUp(origin: string, { email, password }: Shopper): Promise<HttpBrowser> {
  const browser = newBrowser(origin)
  let page = await open(browser)
  page = await browser.submit(page, {}, { name: 'action', value: 'sign-up' })
  page = await browser.submit(page, { email })
  page = await browser.submit(page, { code: await mailedCode(browser, email) })
  arrived(await browser.submit(page, { name: 'Ada Lovelace', password }))
  return browser
}

/** A browser that the engine alone lets in without a page. */
export async function enterBare(origin: string): Promise<HttpBrowser> {
  const browser = new HttpBrowser(origin)
  arrived(await open(browser))
  return browser
}

/** From nothing to the first page of a sign-in. */
export const open = (browser: HttpBrowser): Promise<Shown> => browser.open(authorizeUrl(makeRequest({ resource: false })))

/** Checks that the browser was sent back to the client with a code. */
export function arrived(page: Shown): void {
  if (page.url.href.startsWith(CLIENT.redirect_uri) && page.url.searchParams.has('code')) return
  throw new Error(`stopped at ${page.url} (${page.status} ${page.name})`)
}

/** What the browser sends along with an authorization request. */
export const cookieOf = (browser: HttpBrowser): string =>
  browser.cookies
    .filter(({ path }) => path === '/')
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')

const MAIL_POLL_MS = 50
const MAIL_POLLS = 200

/** The code in the newest mail to an address. */
export async function mailedCode(browser: HttpBrowser, email: string): Promise<string> {
  for (let poll = 0; poll < MAIL_POLLS; poll++) {
    const answer = await browser.step(`/dev/mailbox.json?to=${encodeURIComponent(email)}`)
    const [mail] = (await answer.json()) as { text: string }[] // the contract's form
    const code = /(?<!\d)\d{6,8}(?!\d)/.exec(mail?.text ?? '')?.[0]
    if (code) return code
    await new Promise((resolve) => setTimeout(resolve, MAIL_POLL_MS))
  }
  throw new Error(`no code was mailed to ${email}`)
}
