import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrandLook } from '../../src/group/index.ts'
import { WEBAUTHN_BUNDLE } from '../../src/web/assets.ts'
import { type Html, render } from '../../src/web/html.ts'
import { LOCALES, type Locale, translator } from '../../src/web/i18n.ts'
import { themeCss } from '../../src/web/theme.ts'
import * as views from '../../views/index.ts'

/** Every page with people and texts that show what it can do, for the tests of pages. */

export const LOOKS = {
  aurora: {
    color: '#a9325f',
    radiusPx: 14,
    font: 'serif',
    mark: 'dawn',
    tagline: {
      en: 'Clothes for first light',
      de: 'Mode für den ersten Lichtstrahl',
      it: 'Moda alle prime luci',
      ru: 'Одежда первого света',
    },
  },
  borealis: {
    color: '#0e5a52',
    radiusPx: 4,
    font: 'sans',
    mark: 'peak',
    tagline: {
      en: 'Gear for going further',
      de: 'Ausrüstung für weite Wege',
      it: 'Attrezzatura per andare oltre',
      ru: 'Снаряжение для дальних дорог',
    },
  },
  parcelly: { color: '#b96a00', radiusPx: 18, font: 'rounded', mark: 'parcel', tagline: { en: 'There by tomorrow' } },
  stylist: { color: '#6b3fb5', radiusPx: 10, font: 'sans', mark: 'thread', tagline: { en: 'Looks picked for you' } },
  group: { color: '#45526b', radiusPx: 8, font: 'sans', mark: 'arch' },
} as const satisfies Record<string, BrandLook>

export type BrandKey = keyof typeof LOOKS

const NAMES: Readonly<Record<BrandKey, string>> = {
  aurora: 'Aurora',
  borealis: 'Borealis',
  parcelly: 'Parcelly',
  stylist: 'Stylist',
  group: 'Polaris Group',
}

export function brandOf(key: BrandKey): views.PageBrand {
  const kind = key === 'parcelly' || key === 'stylist' ? 'partner' : key === 'group' ? 'group' : 'brand'
  return { key, name: NAMES[key], kind, look: LOOKS[key], uri: `http://${key}.example/`, privacyUri: `http://${key}.example/privacy` }
}

export function contextOf(key: BrandKey, locale: Locale): views.PageContext {
  return {
    t: translator(locale),
    locale,
    brand: brandOf(key),
    groupName: 'Polaris Group',
    nonce: 'bm9uY2U',
    assets: {
      css: '/assets/atrium.css',
      theme: `/assets/theme/${key}.css`,
      js: '/assets/atrium.js',
      webauthn: '/assets/webauthn.js',
      passkeys: '/assets/passkeys.js',
    },
    languageLinks: LOCALES.map((l) => ({ locale: l, href: `?ui_locales=${l}` })),
    requestId: '0199c1f0-7a7b',
  }
}

const step = { action: '/journey/x7', csrf: 'c5Rf', step: 'step' }
const portal = { signOutHref: '/account/sign-out' }
const email = 'ada.lovelace@example.com'
const ask = { options: { challenge: 'AAAA', rpId: 'id.example' }, askedAt: '1772366400000' }
const signedInAt = new Date('2026-03-01T09:30:00Z')
const lastSeenAt = new Date('2026-03-02T18:05:00Z')

export const PAGES: Readonly<Record<string, (ctx: views.PageContext) => Html>> = {
  identify: (ctx) => views.identifyPage(ctx, { ...step, passkey: ask, clientName: ctx.brand.name }),
  identify_error: (ctx) =>
    views.identifyPage(ctx, { ...step, passkey: ask, clientName: ctx.brand.name, value: 'ada@', error: 'malformed_identifier' }),
  identify_providers: (ctx) => views.identifyPage(ctx, { ...step, passkey: ask, clientName: ctx.brand.name, providers }),
  identify_provider_down: (ctx) =>
    views.identifyPage(ctx, {
      ...{ ...step, passkey: ask, clientName: ctx.brand.name, providers },
      problem: { name: 'Works of the North', reason: 'unavailable' },
    }),
  identify_linking: (ctx) => views.identifyPage(ctx, { ...step, passkey: ask, clientName: ctx.brand.name, linking: 'Google' }),
  sign_up_provider: (ctx) => views.signUpPage(ctx, { ...step, value: email, signingUpWith: 'Google' }),
  details_provider: (ctx) => views.detailsPage(ctx, { ...details(), provider: 'Google' }),
  go_on: (ctx) => views.goOnPage(ctx, { provider: 'Google', href: '#main' }),
  go_on_back: (ctx) => views.goOnPage(ctx, { href: '#main' }),
  link_provider: (ctx) =>
    views.linkProviderPage(ctx, { ...step, provider: 'Google', theirAddress: 'ada@example.org', accountEmail: email, enough: true }),
  link_provider_not_enough: (ctx) => views.linkProviderPage(ctx, { ...step, provider: 'Google', accountEmail: email, enough: false }),
  password: (ctx) => views.passwordPage(ctx, { ...step, identifier: email, forgot: true, code: 'email' }),
  password_phone: (ctx) => views.passwordPage(ctx, { ...step, identifier: '+442079460000', forgot: true, code: 'sms', error: 'no_texts' }),
  password_error: (ctx) => views.passwordPage(ctx, { ...step, identifier: email, error: 'wrong_password' }),
  password_throttled: (ctx) => views.passwordPage(ctx, { ...step, identifier: email, error: 'too_many_tries', retryMinutes: 4 }),
  proof_passkey: (ctx) => views.proofPage(ctx, { ...proof(ctx), method: 'passkey', ask }),
  proof_passkey_refused: (ctx) => views.proofPage(ctx, { ...proof(ctx), method: 'passkey', ask, error: 'refused' }),
  proof_totp_trust: (ctx) => views.proofPage(ctx, { ...proof(ctx), why: 'own_wish', method: 'totp', trust: true }),
  offer_passkey: (ctx) => views.offerPasskeyPage(ctx, { ...step, ask, groupName: 'Polaris Group', isRefused: false }),
  offer_passkey_refused: (ctx) => views.offerPasskeyPage(ctx, { ...step, ask, groupName: 'Polaris Group', isRefused: true }),
  proof_totp: (ctx) => views.proofPage(ctx, { ...proof(ctx), method: 'totp' }),
  proof_totp_wrong: (ctx) => views.proofPage(ctx, { ...proof(ctx), method: 'totp', error: 'wrong_code' }),
  proof_sms: (ctx) => views.proofPage(ctx, { ...proof(ctx), method: 'sms', sent: true, lastDigits: '00', error: 'dead_code' }),
  proof_sms_unsent: (ctx) => views.proofPage(ctx, { ...proof(ctx), method: 'sms', sent: false, lastDigits: '00' }),
  phone: (ctx) => views.phonePage(ctx, { ...portal, ...step, number: '+442079460000', factor: 'off' }),
  phone_first: (ctx) => views.phonePage(ctx, { ...portal, ...step, factor: 'not_offered', value: '1', error: 'malformed_phone' }),
  phone_code: (ctx) => views.phoneCodePage(ctx, { ...portal, ...step, number: '+442079460000', error: 'wrong_code' }),
  proof_recovery_code: (ctx) => views.proofPage(ctx, { ...proof(ctx), why: 'own_wish', method: 'recovery_code' }),
  other_ways: (ctx) => views.otherWaysPage(ctx, { ...step, methods: ['passkey', 'totp', 'sms', 'recovery_code'] }),
  recover: (ctx) => views.recoverPage(ctx, { ...step, email, minLength: 10 }),
  recover_error: (ctx) => views.recoverPage(ctx, { ...step, email, minLength: 10, error: 'breached' }),
  sign_up: (ctx) => views.signUpPage(ctx, step),
  sign_up_error: (ctx) => views.signUpPage(ctx, { ...step, value: 'ada', error: 'malformed_email' }),
  verify_email: (ctx) => views.verifyEmailPage(ctx, { ...step, channel: 'email', address: email }),
  verify_email_resent: (ctx) => views.verifyEmailPage(ctx, { ...step, channel: 'email', address: email, status: 'resent' }),
  verify_email_error: (ctx) => views.verifyEmailPage(ctx, { ...step, channel: 'email', address: email, error: 'wrong_code' }),
  sign_up_phone: (ctx) => views.signUpPage(ctx, { ...step, byPhone: true, error: 'no_texts', value: '+1 900 555 1234' }),
  verify_phone: (ctx) => views.verifyEmailPage(ctx, { ...step, channel: 'sms', address: '+442079460000', status: 'resent' }),
  details: (ctx) => views.detailsPage(ctx, details()),
  details_error: (ctx) => views.detailsPage(ctx, { ...details('required'), passwordError: 'too_short' }),
  details_passkey_refused: (ctx) => views.detailsPage(ctx, { ...details(), passkeyRefused: true }),
  details_terms: (ctx) => views.detailsPage(ctx, { ...details(), terms: terms(ctx) }),
  terms: (ctx) => views.termsPage(ctx, { ...step, recipientName: ctx.brand.name, terms: terms(ctx) }),
  terms_unnamed: (ctx) =>
    views.termsPage(ctx, { ...step, recipientName: ctx.brand.name, terms: { version: '2', href: 'https://shop.example/terms' } }),
  complete_profile: (ctx) => views.completeProfilePage(ctx, complete(ctx)),
  complete_profile_error: (ctx) => views.completeProfilePage(ctx, complete(ctx, 'malformed')),
  confirm_first_visit: (ctx) => views.confirmPage(ctx, confirm(ctx, 'first_visit')),
  confirm_asked: (ctx) => views.confirmPage(ctx, confirm(ctx, 'asked')),
  confirm_native_app: (ctx) => views.confirmPage(ctx, confirm(ctx, 'native_app')),
  error_expired: (ctx) => views.errorPage(ctx, { kind: 'expired', back: { href: 'http://shop.example/', name: ctx.brand.name } }),
  error_wrong_link: (ctx) =>
    views.errorPage(ctx, {
      kind: 'wrong_link',
      details: {
        code: 'invalid_redirect_uri',
        description: 'redirect_uri did not match any of the client’s registered redirect_uris',
        received: 'http://localhost:3001/callback/',
        registered: ['http://localhost:3001/callback'],
      },
    }),
  error_overloaded: (ctx) =>
    views.errorPage(ctx, { kind: 'overloaded', againHref: '/authorize', back: { href: 'http://shop.example/', name: ctx.brand.name } }),
  sign_out: (ctx) =>
    views.signOutPage(ctx, { action: '/session/end/confirm', xsrf: { name: 'xsrf', value: 'x' }, clientName: ctx.brand.name }),
  signed_out: (ctx) => views.signedOutPage(ctx, { back: { href: 'http://shop.example/', name: ctx.brand.name } }),
  home: (ctx) => views.landingPage(ctx, { accountHref: '/account', brands: [brandOf('aurora'), brandOf('borealis')] }),
  account: (ctx) => views.accountHomePage(ctx, { ...portal, name: 'Ada', email, sessionCount: 3 }),
  profile: (ctx) => views.profilePage(ctx, profile()),
  profile_saved: (ctx) => views.profilePage(ctx, { ...profile(), status: 'saved' }),
  profile_error: (ctx) => views.profilePage(ctx, profile('malformed_phone')),
  profile_changed: (ctx) => views.profilePage(ctx, { ...profile(), error: 'changed_meanwhile' }),
  sessions: (ctx) => views.sessionsPage(ctx, sessions()),
  sessions_one: (ctx) => views.sessionsPage(ctx, { ...sessions(), sessions: sessions().sessions.slice(0, 1), status: 'others_ended' }),
  account_confirm: (ctx) =>
    views.confirmActionPage(ctx, {
      ...portal,
      ...step,
      kind: 'end_session',
      device: 'Safari, iPhone',
      fields: { session: 's2' },
      cancelHref: '/account/sessions',
    }),
  activity: (ctx) => views.activityPage(ctx, { ...activity(), olderHref: '/account/activity?before=a' }),
  activity_none: (ctx) => views.activityPage(ctx, { ...activity(), signIns: [], newestHref: '/account/activity', status: 'reported' }),
  account_confirm_report: (ctx) =>
    views.confirmActionPage(ctx, {
      ...{ ...portal, ...step, kind: 'report_sign_in', device: 'Safari · iOS', fields: { sign_in: 'i2' } },
      cancelHref: '/account/activity',
    }),
  privacy: (ctx) => views.privacyPage(ctx, { ...portal, graceDays: 30 }),
  privacy_pending: (ctx) =>
    views.privacyPage(ctx, { ...portal, graceDays: 30, told: 'asked', file: { state: 'pending', until: lastSeenAt } }),
  privacy_ready: (ctx) =>
    views.privacyPage(ctx, { ...portal, graceDays: 30, told: 'too_soon', file: { state: 'ready', until: lastSeenAt } }),
  account_confirm_export: (ctx) =>
    views.confirmActionPage(ctx, { ...portal, ...step, kind: 'export_data', cancelHref: '/account/privacy' }),
  account_confirm_delete: (ctx) =>
    views.confirmActionPage(ctx, { ...portal, ...step, kind: 'delete_account', days: 30, cancelHref: '/account/privacy' }),
  account_closed: (ctx) => views.closedPage(ctx, { graceDays: 30, accountHref: '/account' }),
  keep_account: (ctx) => views.keepAccountPage(ctx, { ...step, closesAt: lastSeenAt }),
  security: (ctx) => views.securityPage(ctx, security()),
  security_bare: (ctx) =>
    views.securityPage(ctx, {
      ...security(),
      passkeys: [],
      totpSince: undefined,
      recoveryCodesLeft: 0,
      strength: 'password_only',
      lossPlan: 'email',
      changes: [],
      addPasskey: undefined,
      status: 'passkey_refused',
    }),
  email_change: (ctx) => views.emailChangePage(ctx, { ...portal, ...step, email }),
  email_change_error: (ctx) => views.emailChangePage(ctx, { ...portal, ...step, email, value: 'ada@', error: 'malformed_email' }),
  email_code: (ctx) => views.emailCodePage(ctx, { ...portal, ...step, email }),
  email_code_error: (ctx) => views.emailCodePage(ctx, { ...portal, ...step, email, error: 'wrong_code' }),
  held: (ctx) => views.heldPage(ctx, { ...portal, because: 'recovery_code', until: lastSeenAt }),
  held_passkey: (ctx) =>
    views.heldPage(ctx, { ...portal, because: 'undone', until: lastSeenAt, passkeyHref: '/account/security?prove=passkey' }),
  undo: (ctx) =>
    views.undoPage(ctx, {
      action: '/account/undo',
      csrf: 'c5Rf',
      token: 'tHq3',
      changes: [
        { kind: 'email_changed', at: signedInAt },
        { kind: 'passkey_added', at: lastSeenAt },
      ],
    }),
  undone: (ctx) => views.undonePage(ctx, { accountHref: '/account' }),
  undo_spent: (ctx) => views.undoSpentPage(ctx, { accountHref: '/account' }),
  account_confirm_undo: (ctx) =>
    views.confirmActionPage(ctx, { ...portal, ...step, kind: 'undo_change', fields: { change: '3' }, cancelHref: '/account/security' }),
  security_linked: (ctx) =>
    views.securityPage(ctx, { ...security(), strength: 'provider_only', linked: linked(true), status: 'provider_added' }),
  security_linked_stale: (ctx) => views.securityPage(ctx, { ...security(), linked: linked(false), status: 'provider_refused' }),
  account_confirm_provider: (ctx) =>
    views.confirmActionPage(ctx, {
      ...{ ...portal, ...step, kind: 'remove_provider', device: 'Google', fields: { link: 'l1' }, cancelHref: '/account/security' },
      refusal: { reason: 'last_way_in' },
    }),
  totp_setup: (ctx) => views.totpSetupPage(ctx, totpSetup()),
  totp_setup_wrong: (ctx) => views.totpSetupPage(ctx, { ...totpSetup(), error: 'wrong_code' }),
  recovery_codes: (ctx) => views.recoveryCodesPage(ctx, { ...portal, codes: Array.from({ length: 10 }, () => 'a1b2-c3d4-e5f6-g7h8') }),
  passkey_edit: (ctx) => views.passkeyEditPage(ctx, { ...portal, ...step, id: 'p1', name: 'Ada’s phone' }),
  passkey_last: (ctx) =>
    views.passkeyEditPage(ctx, { ...portal, ...step, id: 'p1', name: 'Ada’s phone', error: { reason: 'last_way_in' } }),
  password_change: (ctx) => views.passwordChangePage(ctx, { ...portal, ...step, email, minLength: 10, error: 'too_common' }),
  account_confirm_codes: (ctx) =>
    views.confirmActionPage(ctx, { ...portal, ...step, kind: 'make_recovery_codes', cancelHref: '/account/security' }),
  account_confirm_needed: (ctx) =>
    views.confirmActionPage(ctx, {
      ...portal,
      ...step,
      kind: 'remove_totp',
      cancelHref: '/account/security',
      refusal: { reason: 'needed', clientName: ctx.brand.name },
    }),
  merge: (ctx) => views.mergePage(ctx, merging()),
  merge_failed: (ctx) => views.mergePage(ctx, { ...merging(), joined: [], said: 'stale' }),
  merge_preview: (ctx) => views.mergePreviewPage(ctx, mergePreview()),
  merge_preview_swapped: (ctx) =>
    views.mergePreviewPage(ctx, {
      ...mergePreview(),
      signsOut: true,
      conflicts: [],
      shared: [],
      oneLater: { password: false, totp: false },
    }),
  account_confirm_undo_merge: (ctx) =>
    views.confirmActionPage(ctx, { ...portal, ...step, kind: 'undo_merge', cancelHref: '/account/merge' }),
  mailbox: (ctx) =>
    views.mailboxPage(ctx, {
      action: '/dev/mailbox',
      entries: [
        {
          id: 'm1',
          to: email,
          subject: '48151623 is your code',
          text: 'Your code\n\n    48151623\n',
          links: ['http://shop.example/'],
          at: signedInAt,
        },
      ],
    }),
}

const terms = (ctx: views.PageContext): views.TermsLink => ({
  version: '2026-03',
  href: 'https://shop.example/terms',
  title: `Terms of ${ctx.brand.name}`,
})

function complete(ctx: views.PageContext, error?: views.AttributeProblem): views.CompleteProfileModel {
  const phone = {
    name: 'phone_number',
    label: 'Phone number',
    type: 'phone',
    required: true,
    why: 'So that the courier can call you.',
  } as const
  const birthdate = { name: 'birthdate', label: 'Date of birth', type: 'date', required: true } as const
  return { ...step, recipientName: ctx.brand.name, attributes: [error ? { ...phone, value: '12', error } : phone, birthdate] }
}

const providers: readonly views.ProviderButton[] = [
  { key: 'google', name: 'Google' },
  { key: 'works', name: 'Works of the North', label: 'With your staff account at the Works of the North' },
]

const linked = (fresh: boolean): views.LinkedAccounts => ({
  rows: [
    { id: 'l1', name: 'Google', address: 'ada@example.org', createdAt: signedInAt, lastUsedAt: lastSeenAt, off: false },
    { id: 'l2', name: 'login.works.example', address: undefined, createdAt: signedInAt, lastUsedAt: undefined, off: true },
  ],
  providers,
  fresh,
})

function details(error?: 'required'): views.DetailsModel {
  return {
    ...step,
    email,
    minLength: 8,
    passkey: ask,
    attributes: [
      { name: 'name', label: 'Name', type: 'text', required: true, ...(error && { error }) },
      { name: 'birthdate', label: 'Date of birth', type: 'date', required: false, why: 'For a surprise once a year.' },
    ],
  }
}

function confirm(ctx: views.PageContext, reason: views.ConfirmModel['reason']): views.ConfirmModel {
  const purpose = 'To serve you as a customer'
  return {
    ...step,
    clientName: ctx.brand.name,
    recipientName: ctx.brand.name,
    accountEmail: email,
    alsoReads: reason === 'first_visit' ? ['Phone number', 'Address', 'Shoe size'] : [],
    reason,
    items: [
      { label: 'Name', purpose },
      { label: 'Email address', purpose },
    ],
  }
}

function profile(error?: views.ProfileProblem): views.ProfileModel {
  return {
    ...portal,
    ...step,
    version: 3,
    groups: [
      {
        name: 'identity',
        attributes: [
          { name: 'name', label: 'Name', type: 'text', value: 'Ada Lovelace' },
          { name: 'given_name', label: 'First name', type: 'text', value: 'Ada' },
          { name: 'family_name', label: 'Last name', type: 'text', value: 'Lovelace' },
          { name: 'birthdate', label: 'Date of birth', type: 'date', value: '1815-12-10' },
        ],
      },
      {
        name: 'contact',
        attributes: [
          { name: 'email', label: 'Email address', type: 'email', value: email },
          { name: 'phone_number', label: 'Phone number', type: 'phone', value: '+442079460000', ...(error && { error }) },
          {
            name: 'address',
            label: 'Address',
            type: 'address',
            value: { street_address: '12 St James’s Square', postal_code: 'SW1Y 4JH', locality: 'London', country: 'United Kingdom' },
          },
        ],
      },
      { name: 'sizes', attributes: [{ name: 'shoe_size', label: 'Shoe size', type: 'text', value: '38', sourceName: 'Borealis' }] },
      { name: 'preferences', attributes: [{ name: 'styles', label: 'Styles', type: 'list', value: 'classic, bold' }] },
    ],
  }
}

function merging(): views.MergeModel {
  return {
    ...portal,
    ...step,
    undoAction: '/account/merge/undo',
    said: 'merged',
    joined: [
      { id: 'a1', name: 'ada@byron.example', mergedAt: new Date('2026-02-20T09:30:00Z'), undoUntil: new Date('2026-03-22T09:30:00Z') },
    ],
  }
}

function mergePreview(): views.MergePreviewModel {
  return {
    ...portal,
    ...step,
    fields: { with: 'x', stays: 'this' },
    survivor: email,
    absorbed: 'ada.augusta.king.countess.of.lovelace@analytical-engine.example',
    swapHref: '/account/merge/preview?with=x&stays=other',
    signsOut: false,
    conflicts: [
      { name: 'name', label: 'Name', survivor: 'Ada Lovelace', absorbed: 'A. A. King' },
      { name: 'address', label: 'Address', survivor: '12 St James’s Square, London', absorbed: 'Ockham Park, Surrey' },
    ],
    shared: [
      { recipient: 'Aurora', attributes: ['Name', 'Email'] },
      { recipient: 'Parcelly', attributes: [] },
    ],
    oneLater: { password: true, totp: true },
  }
}

function sessions(): views.SessionsModel {
  return {
    ...portal,
    endAction: '/account/sessions/end',
    endOthersAction: '/account/sessions/end-others',
    sessions: [
      {
        id: 's1',
        device: 'Firefox, Windows',
        deviceKind: 'computer',
        signedInAt,
        lastSeenAt,
        brands: ['Aurora', 'Borealis'],
        current: true,
      },
      { id: 's2', device: 'Safari, iPhone', deviceKind: 'phone', signedInAt, lastSeenAt, brands: ['Aurora'], current: false },
    ],
    trusted: [{ id: 't1', device: 'Safari · macOS', deviceKind: 'computer', until: lastSeenAt }],
    forgetAction: '/account/sessions/forget-device',
    notices: [{ kind: 'copied_key', brand: 'Aurora', at: lastSeenAt }],
  }
}

function activity(): views.ActivityModel {
  const row = { brand: 'Aurora', at: signedInAt, deviceKind: 'computer' as const, newDevice: false, current: false }
  return {
    ...portal,
    reportAction: '/account/activity/report',
    changes: [{ kind: 'passkey_added', seq: 1, at: signedInAt, state: 'undoable' }],
    keptDays: 180,
    signIns: [
      { ...row, id: 'i1', device: 'Firefox · Windows', methods: ['password', 'app_code'], current: true, address: '203.0.113.7' },
      {
        ...row,
        id: 'i2',
        device: 'Safari · iOS',
        deviceKind: 'phone',
        methods: ['passkey'],
        newDevice: true,
        address: '2001:db8:85a3::/64',
      },
      { ...row, id: 'i3', device: '', brand: 'Borealis', methods: ['email_code', 'recovery_code'] },
    ],
  }
}

const CSP =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'nonce-bm9uY2U'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

/** Serves every page at `/{brand}/{locale}/{page}` under the policy of production. */
export async function serveGallery(): Promise<{ readonly origin: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const path = URL.parse(request.url ?? '/', 'http://localhost')?.pathname ?? '/'
    const [, first, second, third] = path.split('/')
    response.setHeader('content-security-policy', CSP)
    if (first === 'assets') {
      const theme = /^(\w+)\.css$/.exec(third ?? '')?.[1] as BrandKey | undefined
      response.setHeader('content-type', path.endsWith('.js') ? 'text/javascript' : 'text/css')
      response.end(
        theme
          ? themeCss(LOOKS[theme])
          : await readFile(second === 'webauthn.js' ? WEBAUTHN_BUNDLE : new URL(`../../views/assets/${second}`, import.meta.url)),
      )
      return
    }
    const view = PAGES[third ?? '']
    response.statusCode = view ? 200 : 404
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(view ? render(view(contextOf(first as BrandKey, second as Locale))) : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

function proof(ctx: views.PageContext) {
  return { ...step, why: 'client' as const, clientName: ctx.brand.name, otherWays: true }
}

function security(): views.SecurityModel {
  const passkeys = [
    { id: 'p1', name: 'iCloud Keychain', createdAt: signedInAt, lastUsedAt: lastSeenAt },
    { id: 'p2', name: 'Blue security key', createdAt: signedInAt, lastUsedAt: undefined },
  ]
  return {
    ...portal,
    csrf: 'c5Rf',
    email,
    hasPassword: true,
    mayLosePassword: true,
    passkeys,
    totpSince: signedInAt,
    phone: '+442079460000',
    smsSince: signedInAt,
    recoveryCodesLeft: 7,
    strength: 'passkey',
    changes: [
      { seq: 3, kind: 'totp_removed', at: lastSeenAt, state: 'undoable' },
      { seq: 2, kind: 'email_changed', at: lastSeenAt, state: 'undone' },
      { seq: 1, kind: 'password_changed', at: signedInAt, state: 'final' },
      { seq: 0, kind: 'from_tomorrow', at: signedInAt, state: 'final' },
    ],
    lossPlan: 'several',
    addPasskey: ask,
    proveHref: '/account/security?prove=1',
    status: 'passkey_added',
    signal: { signalName: 'allAcceptedCredentials' },
  }
}

const totpSetup = (): views.TotpSetupModel => ({
  ...portal,
  ...step,
  secret: 'GGW6JBFYOHK74RRZICQSNG2P3PKROBP2',
  sealed: 'AAAA',
  picture: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><path d="M1 1h2v2H1z"/></svg>',
})
