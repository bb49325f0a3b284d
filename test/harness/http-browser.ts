import assert from 'node:assert/strict'

/** What a browser shows: a page, or an address outside of Atrium that it was sent to and where nobody need listen. */
export interface Shown {
  readonly url: URL
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** `body[data-page]`; empty when it is no page of ours. */
  readonly name: string
}

interface Cookie {
  readonly host: string
  readonly path: string
  readonly name: string
  readonly value: string
}

type Send = (url: URL, init: RequestInit) => Promise<Response>

const MOST_REDIRECTS = 15

/**
 * A browser without script: cookies by host and path (ports share them), redirects within `origin`, forms. A redirect that leaves `origin` is
 * where it stops, so that a test reads a client's code without a client that listens.
 */
export class HttpBrowser {
  readonly origin: string
  /** Sent with every request. */
  readonly headers: Record<string, string> = { accept: 'text/html,*/*;q=0.8', 'accept-language': 'en' }
  /** Every `Set-Cookie` line received. */
  readonly setCookies: string[] = []
  readonly #send: Send
  #cookies: Cookie[] = []

  /** @param send in place of `fetch`, where the origin is not where the server listens */
  constructor(origin: string, send: Send = fetch) {
    this.origin = new URL(origin).origin
    this.#send = send
  }

  get cookies(): readonly Cookie[] {
    return this.#cookies
  }

  cookie(name: string): string | undefined {
    return this.#cookies.find((c) => c.name === name)?.value
  }

  /** Another browser with the same cookies: what a thief of all of them, or a second tab, has. */
  copy(keep: (cookie: Cookie) => boolean = () => true): HttpBrowser {
    const other = new HttpBrowser(this.origin, this.#send)
    other.#cookies = this.#cookies.filter(keep)
    return other
  }

  put(cookie: Cookie): void {
    this.#cookies = [...this.#cookies.filter((c) => !isSame(c, cookie)), cookie]
  }

  /** Goes there and wherever it leads. */
  async open(address: string | URL, init: RequestInit = {}): Promise<Shown> {
    let [at, request] = [new URL(address, this.origin), init]
    for (let hops = 0; hops < MOST_REDIRECTS; hops++) {
      const response = await this.step(at, request)
      const to = response.headers.get('location')
      if (!to) return shown(at, response)
      at = new URL(to, at)
      if (at.origin !== this.origin) return { ...(await shown(at, response)), url: at }
      request = {}
    }
    throw new Error(`too many redirects, last to ${at}`)
  }

  /** One request, answered as it is. */
  async step(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address, this.origin)
    const response = await this.#send(url, {
      ...init,
      redirect: 'manual',
      headers: { ...this.headers, ...init.headers, cookie: this.#cookieHeader(url) },
    })
    for (const line of response.headers.getSetCookie()) this.#take(line, url)
    return response
  }

  post(address: string | URL, fields: Record<string, string>): Promise<Shown> {
    return this.open(address, { method: 'POST', body: new URLSearchParams(fields) })
  }

  /** Fills in and submits the page's form that has a primary button, or the one that `button` (`name=value`) stands in. */
  submit(page: Shown, fields: Record<string, string> = {}, button?: { readonly name: string; readonly value: string }): Promise<Shown> {
    const form = formsOn(page).find((f) =>
      button ? f.html.includes(`name="${button.name}" value="${button.value}"`) : /data-primary|submit\(\)|autofocus/.test(f.html),
    )
    assert.ok(form, `a form to submit on ${page.url} (${page.name || page.status})`)
    const pressed = button ? { [button.name]: button.value } : form.primary
    return this.post(new URL(form.action, page.url), { ...form.hidden, ...fields, ...pressed })
  }

  #cookieHeader(url: URL): string {
    return this.#cookies
      .filter((c) => c.host === url.hostname && (url.pathname === c.path || c.path === '/' || url.pathname.startsWith(`${c.path}/`)))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  #take(line: string, url: URL): void {
    this.setCookies.push(line)
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
    const cookie = { host: url.hostname, path: /;\s*path=([^;]*)/i.exec(line)?.[1] ?? '/', name: name!, value: value! }
    const isGone = value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)
    this.#cookies = this.#cookies.filter((c) => !isSame(c, cookie))
    if (!isGone) this.#cookies.push(cookie)
  }
}

const isSame = (a: Cookie, b: Cookie): boolean => a.name === b.name && a.path === b.path && a.host === b.host

async function shown(url: URL, response: Response): Promise<Shown> {
  const text = await response.text()
  return { url, status: response.status, text, headers: response.headers, name: /<body data-page="([^"]*)"/.exec(text)?.[1] ?? '' }
}

interface Form {
  readonly html: string
  readonly action: string
  readonly hidden: Record<string, string>
  readonly primary: Record<string, string>
}

/** The forms of a page that post, with their hidden fields and what their primary button sends. */
export function formsOn(page: Shown): Form[] {
  return [...page.text.matchAll(/<form\b[^>]*>.*?<\/form>/gs)].map(([html]) => {
    const hidden = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [
      name!,
      unescaped(value!),
    ])
    const button = attributesOf(/<button[^>]*\bdata-primary\b[^>]*>/.exec(html)?.[0] ?? '')
    return {
      html,
      action: unescaped(attributesOf(/<form[^>]*>/.exec(html)![0]).action ?? ''),
      hidden: Object.fromEntries(hidden) as Record<string, string>,
      primary: button.name ? { [button.name]: button.value ?? '' } : {},
    }
  })
}

const attributesOf = (tag: string): Record<string, string> =>
  Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]))

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) =>
    name ? (NAMED[name] ?? whole) : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
  )

/** What an input of the page holds. */
export function inputValue(page: Shown, name: string): string | undefined {
  const tag = [...page.text.matchAll(/<input[^>]*>/g)].map(([html]) => attributesOf(html)).find((a) => a.name === name)
  return tag && unescaped(tag.value ?? '')
}
