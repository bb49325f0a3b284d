import assert from 'node:assert/strict'
import type { TestApp } from '../harness/app.ts'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import { confirmed, sender, signInFrom, signUp } from '../oidc/protocol.ts'

/** One person at one browser without script, led to and fro between a shop and Atrium. */
export class Shopper {
  readonly #browsers = new Map<string, HttpBrowser>()
  readonly #issuer: string
  readonly #stopAt: string | undefined

  /** @param stopAt an address where nobody listens: who is sent there stays, and the test reads where that is */
  constructor({ issuer }: Pick<TestApp, 'issuer'>, { stopAt }: { stopAt?: string } = {}) {
    this.#issuer = issuer
    this.#stopAt = stopAt
  }

  /** Goes there and wherever it leads, at any of the two. */
  async open(address: string | URL, init: RequestInit = {}): Promise<Shown> {
    const at = new URL(address)
    return this.#follow(at, await this.#at(at).open(at, init))
  }

  /** Submits the page's form, with its primary button or the one that is named. */
  async submit(page: Shown, fields: Record<string, string> = {}, button?: { name: string; value: string }): Promise<Shown> {
    return this.#follow(page.url, await this.#at(page.url).submit(page, fields, button))
  }

  /** From Atrium's first page with the password, to the shop. */
  async signIn(page: Shown, who = ADA): Promise<Shown> {
    assert.equal(page.url.origin, this.#issuer, `asked to sign in, not ${page.url}: ${page.text.slice(0, 300)}`)
    const atrium = this.#at(page.url)
    return this.#follow(page.url, await confirmed(atrium, await signInFrom(atrium, page, who)))
  }

  #at({ origin }: URL): HttpBrowser {
    const browser = this.#browsers.get(origin) ?? new HttpBrowser(origin, navigate)
    this.#browsers.set(origin, browser)
    return browser
  }

  async #follow(from: URL, shown: Shown): Promise<Shown> {
    const stays = shown.url.origin === from.origin || (this.#stopAt !== undefined && shown.url.href.startsWith(this.#stopAt))
    return stays ? shown : this.open(shown.url)
  }
}

/** Says what a browser says of a page that is opened, and what `fetch` does not let one say: some libraries answer nothing else with a redirect. */
const navigate = ({ origin, host, pathname, search }: URL, init: RequestInit): Promise<Response> =>
  sender(origin, host)(`${pathname}${search}`, {
    ...init,
    headers: { ...init.headers, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  })

/** Ada opens an account at Atrium, in a browser that she then leaves. */
export const adaJoins = (app: TestApp): Promise<unknown> => signUp(app)
