import assert from 'node:assert/strict'
import { formsOn, HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { type IdentityProviderOnLoopback, type Person, startIdentityProvider } from '../harness/identity-provider.ts'
import { authorizationRequest, authorize, type Protocol, startProtocol } from '../oidc/protocol.ts'

/** Atrium with one provider elsewhere, and what a customer does with it. */
export async function startFederated(
  t: Parameters<typeof startProtocol>[0],
  { more = '', also = () => '', ...options }: { more?: string; also?: () => string } & Parameters<typeof startProtocol>[1] = {},
) {
  const elsewhere = await startIdentityProvider(t)
  const app = await startProtocol(t, { ...options, group: (yaml) => withProviders(yaml, elsewhere.entry(more), also()) })
  elsewhere.register(app.issuer)
  return { app, elsewhere, ...journeysAt(app, elsewhere) }
}

/** The demo group with providers. */
export const withProviders = (yaml: string, ...entries: readonly string[]): string =>
  yaml.replace('\npolicies:\n', `\npolicies:\n  identity_providers:\n${entries.join('')}`)

/** Applies another version of the group file while the app runs. */
export async function applyGroup(app: Protocol, yaml: string): Promise<void> {
  const { parseGroupFile } = await import('../../src/group/index.ts')
  const read = parseGroupFile(yaml, 'group.yaml')
  assert.ok(read.ok, read.ok ? '' : read.problems.join('\n'))
  await app.app.groups.apply(app.app.store.db, read.file)
}

export function journeysAt(app: Pick<Protocol, 'issuer' | 'clients'>, elsewhere: IdentityProviderOnLoopback) {
  /** The identify page of a new sign-in. */
  const begin = (browser: HttpBrowser, extra: Record<string, string> = {}): Promise<Shown> =>
    authorize(browser, authorizationRequest(app.clients.auroraWeb, extra))

  /** Presses the provider's button: where the browser is sent. */
  async function pressed(browser: HttpBrowser, page: Shown, key = elsewhere.name): Promise<string> {
    const on = await browser.submit(page, {}, { name: 'provider', value: key })
    assert.equal(on.name, 'go_on', `${on.name} ${on.status}`)
    return onward(on)
  }

  /** From the provider's answer back to the journey. */
  async function back(browser: HttpBrowser, callback: string | URL): Promise<Shown> {
    const on = await browser.open(callback)
    assert.equal(on.name, 'go_on', `${on.name} ${on.status}`)
    return browser.open(onward(on))
  }

  /** From a page with the button, as somebody at the provider, to what Atrium makes of it. */
  async function through(browser: HttpBrowser, page: Shown, who: Person, at?: HttpBrowser): Promise<Shown> {
    elsewhere.become(who)
    const href = await pressed(browser, page)
    const answered = await elsewhere.answer(href, at)
    return back(browser, answered.url)
  }

  /** A new browser that comes back from the provider. */
  async function arrive(who: Person, extra: Record<string, string> = {}): Promise<{ browser: HttpBrowser; page: Shown }> {
    const browser = new HttpBrowser(app.issuer)
    return { browser, page: await through(browser, await begin(browser, extra), who) }
  }

  return { begin, pressed, back, through, arrive }
}

/** Where a page that goes on by itself goes on, by its link and by itself the same. */
export function onward(page: Shown): string {
  const [, link] = /<a class="button primary" href="([^"]*)"/.exec(page.text) ?? []
  const [, meta] = /<meta http-equiv="refresh" content="0;url=([^"]*)">/.exec(page.text) ?? []
  assert.ok(link && link === meta, `${page.name} goes on`)
  return link.replaceAll('&amp;', '&')
}

export const alertOn = (page: Shown): string => /role="alert"[^>]*>.*?<div>(.*?)<\/div>/s.exec(page.text)?.[1] ?? ''
export const hasButton = (page: Shown): boolean => /data-action="federated"/.test(page.text)
export const codeOf = (page: Shown): string | null => page.url.searchParams.get('code')
export { formsOn }
