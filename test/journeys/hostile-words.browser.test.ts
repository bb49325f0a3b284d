import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { parseDocument } from 'yaml'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { pageName, signUp } from '../harness/shopper.ts'

/** Each would run, load or leak somewhere if one of our pages took it for markup, script, style or a link. */
const PAYLOADS = [
  '"><script>pwned=1</script>',
  '\'"><img src=//evil.example/x onerror=pwned=1>',
  '</title><svg/onload=pwned=1>',
  '{{7*7}}#{7*7}<%= 7*7 %>',
  'javascript:pwned=1//',
  '</style><style>*{background:url(//evil.example/c)}',
  '<a href="javascript:pwned=1" autofocus onfocus=pwned=1>x</a>',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '--><base href=//evil.example><form action=//evil.example>',
  '\u202Egnp.exe<iframe srcdoc="<script>parent.pwned=1</script>">',
] as const
const payload = (index: number): string => PAYLOADS[index % PAYLOADS.length]!

/** The demo group with a payload wherever the group file takes words. */
function hostileGroup(yaml: string): string {
  const document = parseDocument(yaml)
  let next = 0
  const poison = (...path: (string | number)[]): void => document.setIn(path, payload(next++))
  const each = (key: string, poisonEntry: (index: number) => void): void => {
    for (let index = 0; document.hasIn([key, index]); index++) poisonEntry(index)
  }
  poison('group', 'name')
  each('recipients', (index) => {
    poison('recipients', index, 'name')
    document.setIn(['recipients', index, 'look', 'tagline'], { en: payload(next++) })
  })
  each('clients', (index) => poison('clients', index, 'client_name'))
  each('attributes', (index) => {
    document.setIn(['attributes', index, 'label'], { en: payload(next++) })
    for (let at = 0; document.hasIn(['attributes', index, 'attributes', at]); at++)
      document.setIn(['attributes', index, 'attributes', at, 'label'], { en: payload(next++) })
  })
  each('purposes', (index) => {
    document.setIn(['purposes', index, 'label'], { en: payload(next++) })
    document.setIn(['purposes', index, 'description'], { en: payload(next++) })
  })
  return document.toString()
}

const app = await startTestApp({ after }, { demoSites: true, group: hostileGroup })
const browser = await launchChromium({ after })

/** A page that writes down whatever a payload would cause. */
async function watchedPage(userAgent?: string): Promise<{ page: Page; harm: string[] }> {
  const harm: string[] = []
  const { page, context } = await openPage(browser, userAgent ? { userAgent } : {})
  await context.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => console.error('csp ' + event.violatedDirective + ' ' + event.blockedURI))",
  )
  page.on('dialog', (dialog) => void harm.push(`dialog ${dialog.message()}`))
  page.on('console', (message) => message.text().startsWith('csp ') && harm.push(message.text()))
  page.on('request', (request) => new URL(request.url()).hostname === 'localhost' || harm.push(`request ${request.url()}`))
  return { page, harm }
}

/** What stands in the document although no template of ours puts it there. */
const foreignMarkup = (page: Page): Promise<string[]> =>
  page
    .locator('iframe, base, object, embed, meta[http-equiv], [onerror], [onload], [onfocus], style, a[href^=javascript]')
    .evaluateAll((elements) => elements.map((element) => (element as unknown as { outerHTML: string }).outerHTML))

test('SEC-90 words of the group file, the customer and the request are text on every page and in every mail', async () => {
  const agent = `Mozilla/5.0 ${payload(1)}`
  const { page, harm } = await watchedPage(agent)
  const visited: string[] = []
  const inert = async (): Promise<void> => {
    visited.push((await pageName(page)) ?? '')
    assert.deepEqual(await foreignMarkup(page), [], page.url())
    assert.equal(await page.evaluate(() => 'pwned' in globalThis), false, page.url())
    assert.deepEqual(harm, [], page.url())
  }

  await page.goto(`http://localhost:${app.ports.aurora}/`)
  await page.click('[data-action=sign-in]')
  await inert()
  for (const [index, words] of PAYLOADS.entries()) {
    await page.fill('[autocomplete^=username]', index % 2 ? words : `${words.replaceAll(/\s/g, '')}@example.com`)
    await page.evaluate("document.querySelector('form').noValidate = true")
    await pressPrimary(page)
    await inert()
    if ((await pageName(page)) !== 'identify') await page.goBack()
  }
  const who = { email: 'mallory@example.com', name: payload(1), password: 'correct-horse-battery-9' }
  await signUp(app, page, app.ports.aurora, who)

  for (const path of ['/account', '/account/profile', '/account/sessions', '/nowhere', '/dev/mailbox']) {
    await page.goto(`${app.issuer}${path}`)
    await inert()
  }
  for (const words of PAYLOADS) {
    const query = new URLSearchParams({
      client_id: words,
      redirect_uri: words,
      state: words,
      scope: words,
      ui_locales: words,
      login_hint: words,
    })
    await page.goto(`${app.issuer}/authorize?${query}`)
    await inert()
    await page.goto(`${app.issuer}/sign-out?${new URLSearchParams({ state: words, ui_locales: words, post_logout_redirect_uri: words })}`)
    await inert()
  }
  await page.goto(`http://localhost:${app.ports.parcelly}/`)
  await page.click('[data-action=sign-in]')
  await inert()
  assert.ok(visited.includes('confirm'), visited.join(' '))
  for (const mail of await app.mailsTo(who.email)) {
    await page.setContent(mail.html)
    const found = await foreignMarkup(page)
    const ours = ['<style>@media (prefers-color-scheme:dark){.ground', '<meta'] // the mail's own
    assert.deepEqual(
      found.filter((html) => !ours.some((start) => html.startsWith(start))),
      [],
      mail.subject,
    )
    assert.doesNotMatch(mail.subject, /[\r\n\u202E]/)
  }
  assert.deepEqual(harm, [])
})

test('SEC-9 SEC-90 a state full of markup goes back in form_post as the text it is, and nothing runs on the way', async () => {
  const { page, harm } = await watchedPage()
  const landed = new Promise<string>((resolve) => {
    page.on('request', (request) => request.method() === 'POST' && request.url().includes('/callback') && resolve(request.postData() ?? ''))
  })
  const state = PAYLOADS.join('')
  const query = new URLSearchParams({
    client_id: 'aurora-web',
    response_type: 'code',
    response_mode: 'form_post',
    redirect_uri: `http://localhost:${app.ports.aurora}/callback`,
    scope: 'openid',
    prompt: 'none',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    state,
  })

  await page.goto(`${app.issuer}/authorize?${query}`)

  assert.equal(new URLSearchParams(await landed).get('state'), state)
  assert.deepEqual(
    harm.filter((line) => !line.includes('form-action')),
    [],
  )
})
