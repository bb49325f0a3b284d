import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { render } from '../../src/web/html.ts'
import { LOCALES, translator } from '../../src/web/i18n.ts'
import { themeCss } from '../../src/web/theme.ts'
import { accountExistsMail, ERROR_KINDS, errorPage, identifyPage, verifyEmailMail, welcomeMail } from '../../views/index.ts'
import { type BrandKey, brandOf, contextOf, LOOKS, PAGES } from './gallery.ts'

const everyPage = (brand: BrandKey = 'aurora', locale: (typeof LOCALES)[number] = 'en') =>
  Object.entries(PAGES).map(([name, view]) => ({ name, markup: render(view(contextOf(brand, locale))) }))

const count = (markup: string, pattern: RegExp): number => [...markup.matchAll(pattern)].length

test('each page has one h1, its name, its language and at most one primary button', () => {
  for (const locale of LOCALES) {
    for (const { name, markup } of everyPage('borealis', locale)) {
      assert.equal(count(markup, /<h1[ >]/g), 1, name)
      assert.match(markup, /<body data-page="[a-z_.]+"/, name)
      assert.ok(markup.startsWith(`<!doctype html>\n<html lang="${locale}">`), name)
      assert.ok(count(markup, / data-primary/g) <= 1, name)
      assert.doesNotMatch(markup, /undefined|\[object|NaN|=>/, name)
    }
  }
})

test('the Enter key presses the primary button: no other submit button comes before it in its form', () => {
  for (const { name, markup } of everyPage()) {
    for (const [form] of markup.matchAll(/<form.*?<\/form>/gs)) {
      if (!form.includes('data-primary')) continue
      assert.match(form.match(/<button type="submit"[^>]*>/)?.[0] ?? '', /data-primary/, name)
    }
  }
})

test('every posting form carries the proof that it is ours, and those of a journey their step', () => {
  for (const { name, markup } of everyPage()) {
    for (const [form] of markup.matchAll(/<form[^>]*method="post".*?<\/form>/gs)) {
      assert.match(form, /<input type="hidden" name="(csrf|xsrf)" value=".+?">/, name)
      if (form.includes('/journey/')) assert.match(form, /<input type="hidden" name="step" value="step">/, name)
    }
  }
})

test('every visible input has a label, an autocomplete token and a description of its error', () => {
  for (const { name, markup } of everyPage()) {
    for (const [input] of markup.matchAll(/<input(?! type="hidden")[^>]*>/g)) {
      // HTML §4.10.5: a choice has no autocomplete
      if (!/ type="(radio|checkbox)"/.test(input)) assert.match(input, / autocomplete="[a-z0-9-]+( webauthn)?"/, name)
      if (input.includes('aria-hidden')) continue
      const id = / id="([^"]+)"/.exec(input)?.[1]
      assert.ok(markup.includes(`<label for="${id}">`), `${name} ${id}`)
      if (input.includes('aria-invalid')) assert.ok(input.includes(`${id}-error"`) && markup.includes(`id="${id}-error"`), name)
    }
  }
})

test('what went wrong is an alert, what went well a status', () => {
  const roles = (name: string) => [...render(PAGES[name]!(contextOf('aurora', 'en'))).matchAll(/role="(alert|status)"/g)].map((m) => m[1])

  for (const name of [
    'identify_error',
    'password_error',
    'sign_up_error',
    'verify_email_error',
    'details_error',
    'profile_error',
    'profile_changed',
    'error_expired',
  ]) {
    assert.deepEqual(roles(name), ['alert'], name)
  }
  for (const name of ['verify_email_resent', 'profile_saved', 'sessions_one', 'signed_out']) assert.deepEqual(roles(name), ['status'], name)
  for (const name of ['identify', 'password', 'verify_email', 'details', 'profile', 'sessions']) assert.deepEqual(roles(name), [], name)
})

const SCRIPTS = [
  '<script type="module" src="/assets/atrium.js" nonce="bm9uY2U">',
  '<script src="/assets/webauthn.js" nonce="bm9uY2U" defer>',
  '<script type="module" src="/assets/passkeys.js" nonce="bm9uY2U">',
]

test('a strict policy suffices: no style attribute, no inline style or script, no handler, nothing from elsewhere', () => {
  for (const { name, markup } of everyPage()) {
    assert.doesNotMatch(markup, / style="|<style| on[a-z]+="|javascript:/, name)
    const scripts = [...markup.matchAll(/<script[^>]*>/g)].map(String)
    assert.deepEqual(scripts, markup.includes('data-passkey') ? SCRIPTS : SCRIPTS.slice(0, 1), name)
    for (const [, address] of markup.matchAll(/<(?:link|script|img)[^>]* (?:href|src)="([^"]*)"/g))
      assert.match(address!, /^(\/assets\/|data:)/, name)
  }
})

test('what was typed is shown again and cannot become markup', () => {
  const evil = '"><script>alert(1)</script>'
  const markup = render(
    identifyPage(contextOf('aurora', 'en'), {
      action: evil,
      csrf: evil,
      step: evil,
      passkey: { options: { challenge: evil }, askedAt: evil },
      clientName: evil,
      value: evil,
      error: 'malformed_identifier',
    }),
  )

  assert.equal(count(markup, /<script/g), 3, 'our own')
  assert.ok(count(markup, /&quot;&gt;&lt;script&gt;/g) >= 6)
})

test('a first view weighs at most 8 kB of HTML, 10 kB of CSS and 6 kB of JavaScript, compressed', async () => {
  const asset = (name: string) => readFile(new URL(`../../views/assets/${name}`, import.meta.url))
  for (const brand of Object.keys(LOOKS) as BrandKey[]) {
    for (const { name, markup } of everyPage(brand, 'ru'))
      assert.ok(gzipSync(markup).length <= 8 * 1024, `${brand} ${name} ${gzipSync(markup).length}`)
    const css = gzipSync(await asset('atrium.css')).length + gzipSync(themeCss(LOOKS[brand])).length
    assert.ok(css <= 10 * 1024, `css ${css}`)
  }
  assert.ok(gzipSync(await asset('atrium.js')).length <= 6 * 1024)
})

test('every kind of error has its words in every language', () => {
  for (const locale of LOCALES) {
    const titles = ERROR_KINDS.map((kind) => /<h1>(.+?)<\/h1>/.exec(render(errorPage(contextOf('group', locale), { kind })))?.[1])
    assert.equal(new Set(titles).size, ERROR_KINDS.length)
  }
})

test('a code stands in subject and text of its mail as the only run of six to eight digits, and once in the HTML', () => {
  for (const locale of LOCALES) {
    for (const key of Object.keys(LOOKS) as BrandKey[]) {
      const mail = verifyEmailMail(mailContext(key, locale), { code: '48151623' })
      for (const part of [mail.subject, mail.text, mail.html]) assert.deepEqual(part.match(/\d{6,}/g), ['48151623'], `${locale} ${key}`)
    }
  }
})

test('mails have no unfilled words, escape what they are given, and lead to the brand', () => {
  for (const locale of LOCALES) {
    const context = mailContext('aurora', locale)
    for (const mail of [verifyEmailMail(context, { code: '10203040' }), accountExistsMail(context), welcomeMail(context)]) {
      assert.doesNotMatch(mail.subject + mail.text + mail.html, /undefined|\{[a-z]+\}/)
      assert.match(mail.html, new RegExp(`^<!doctype html>\\n<html lang="${locale}">`))
    }
    for (const mail of [accountExistsMail(context), welcomeMail(context)]) {
      assert.doesNotMatch(mail.text + mail.html, /\d{6,8}/)
      assert.ok(mail.text.includes('http://aurora.example/') && mail.html.includes('href="http://aurora.example/"'))
    }
  }
})

const mailContext = (key: BrandKey, locale: (typeof LOCALES)[number]) => ({
  t: translator(locale),
  locale,
  brand: brandOf(key),
  groupName: 'Polaris Group',
})
