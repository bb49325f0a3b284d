import assert from 'node:assert/strict'

export interface Page {
  readonly url: URL
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

/** A browser as far as these sites need one: cookies by host (ports share them), redirects, forms. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly setCookies: string[] = []

  async open(url: string | URL, init: RequestInit = {}): Promise<Page> {
    let [at, options] = [new URL(url), init]
    for (let hops = 0; hops < 15; hops++) {
      const response = await this.#send(at, options)
      const to = response.headers.get('location')
      if (!to) return { url: at, status: response.status, text: await response.text(), headers: response.headers }
      at = new URL(to, at)
      options = {}
    }
    throw new Error(`too many redirects, last to ${at}`)
  }

  /** Submits the form on `page` that posts to a path ending in `action`, with its hidden fields. */
  submit(page: Page, action: string, extra: Record<string, string> = {}): Promise<Page> {
    const [, to, inside] = new RegExp(`<form[^>]*action="([^"]*${action})"[^>]*>(.*?)</form>`, 's').exec(page.text) ?? []
    assert.ok(to !== undefined && inside !== undefined, `no form ${action} on ${page.url}`)
    const hidden = [...inside.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!])
    return this.post(new URL(to, page.url), { ...Object.fromEntries(hidden), ...extra })
  }

  post(url: string | URL, fields: Record<string, string>): Promise<Page> {
    return this.open(url, { method: 'POST', body: new URLSearchParams(fields) })
  }

  /** One request without following where it leads. */
  async step(url: string | URL): Promise<Response> {
    return this.#send(new URL(url), {})
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } })
    for (const line of response.headers.getSetCookie()) {
      this.setCookies.push(line)
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
    return response
  }
}

/** The claims a shop shows, or undefined for a guest's page. */
export function claimsOn(page: Page): Record<string, unknown> | undefined {
  const shown = /<pre data-claims[^>]*>(.*?)<\/pre>/s.exec(page.text)?.[1]
  return shown === undefined ? undefined : JSON.parse(shown.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))))
}
