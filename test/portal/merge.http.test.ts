import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { type Person, personsAt } from '../journeys/second-factor.ts'
import {
  authorizationRequest,
  authorize,
  codeFrom,
  payloadOf,
  redemption,
  signIn,
  signInFrom,
  signOut,
  signUp,
  startProtocol,
  tokensFor,
} from '../oidc/protocol.ts'

const app = await startProtocol({ after })
const { auroraWeb, borealisWeb } = app.clients
const { somebody, nextCode, withApp, addPasskey, answerWith } = personsAt(app)
const MERGE = '/account/merge'

/** To the page on which the other account is signed in to, in the same browser. */
async function toOtherAccount(browser: HttpBrowser): Promise<Shown> {
  const page = await browser.open(MERGE)
  assert.equal(page.name, 'account.security.merge', `${page.name} ${page.url}`)
  const other = await browser.submit(page)
  assert.match(other.url.pathname, /^\/other-account\//)
  return other
}

/** Both proven: the page that shows what would come of it. */
async function toPreview(browser: HttpBrowser, other: Person): Promise<Shown> {
  const page = await signInFrom(browser, await toOtherAccount(browser), other)
  assert.equal(page.name, 'account.security.merge.preview', `${page.name} ${page.url} ${page.status}`)
  return page
}

const said = (page: Shown) => page.url.searchParams.get('status')
const subOf = (tokens: { id_token?: string }) => payloadOf(tokens.id_token!).sub
const undo = async (browser: HttpBrowser): Promise<Shown> => {
  const id = inputValue(await browser.open(MERGE), 'merge')!
  return browser.submit(await browser.open(`${MERGE}/undo?merge=${id}`))
}

test('MFA-27, MFA-44 two accounts that are both proven become one: both subjects go on, what is old ends, both addresses are told, and it is undone', async () => {
  const [ada, other] = [somebody(), somebody()]
  const browser = await signUp(app, ada)
  const elsewhere = await signUp(app, other)
  const mine = await tokensFor(app, browser, auroraWeb)
  const theirs = { aurora: await tokensFor(app, elsewhere, auroraWeb), borealis: await tokensFor(app, elsewhere, borealisWeb) }

  const preview = await toPreview(browser, other)
  assert.ok((await elsewhere.open('/account')).text.includes(other.email), 'looking changes nothing')
  assert.ok(preview.text.includes(ada.email) && preview.text.includes(other.email) && preview.text.includes('Borealis'))
  const merged = await browser.submit(preview)

  assert.equal(said(merged), 'merged')
  assert.ok(merged.text.includes(other.email))
  assert.equal((await elsewhere.open('/account')).name, 'identify', 'sessions of the absorbed account are over')
  for (const { access_token, refresh_token } of Object.values(theirs)) {
    assert.equal((await app.userinfo(access_token)).status, 401)
    assert.equal((await app.refresh(auroraWeb, refresh_token!)).status, 400)
  }
  const again = await app.refresh(auroraWeb, mine.refresh_token!)
  assert.equal(again.status, 200, 'the session that the merge was made in goes on')
  assert.equal(subOf(await tokensFor(app, browser, auroraWeb)), subOf(mine))
  for (const { email } of [ada, other]) assert.match((await app.mailsTo(email))[0]!.subject, /^Two accounts with .* are one now$/)
  assert.ok((await app.mailsTo(other.email))[0]!.links.some((link) => link.includes('/account/undo?')))

  const later = await signIn(app, other)
  assert.ok((await later.open('/account')).text.includes(ada.email), 'the other address leads to the survivor')
  assert.equal(subOf(await tokensFor(app, later, auroraWeb)), subOf(mine), 'where both were known, the survivor’s')
  const known = await tokensFor(app, later, borealisWeb)
  assert.equal(subOf(known), subOf(theirs.borealis), 'where one was known, that one’s')
  assert.equal(payloadOf(known.id_token!).acr, 'password')

  assert.equal((await undo(browser)).name, 'identify', 'every session ends with it')
  assert.equal((await later.open('/account')).name, 'identify')
  assert.equal((await app.userinfo(known.access_token)).status, 401)
  for (const { email } of [ada, other]) assert.match((await app.mailsTo(email))[0]!.subject, /are two again$/)
  const parted = await signIn(app, other)
  assert.ok((await parted.open('/account')).text.includes(other.email))
  assert.equal(subOf(await tokensFor(app, parted, auroraWeb)), subOf(theirs.aurora))
  assert.equal(subOf(await tokensFor(app, parted, borealisWeb)), subOf(theirs.borealis))
})

test('MFA-27 either proof that is older than five minutes is asked for again, and nothing is merged meanwhile', async () => {
  const [ada, other] = [somebody(), somebody()]
  const browser = await signUp(app, ada)
  await signUp(app, other)
  const preview = await toPreview(browser, other)
  await app.advance(301)

  const late = await browser.submit(preview)
  assert.equal(late.status, 401)

  const asked = await browser.open(preview.url)
  assert.equal(asked.name, 'identify')
  const again = await signInFrom(browser, asked, ada)
  assert.equal(said(again), 'stale', 'the first proof is fresh now, the second is not')
  assert.ok((await (await signIn(app, other)).open('/account')).text.includes(other.email))
})

test('MFA-46, SEC-27 a second proof is dead in another browser, in another session of the same account, and for another account', async () => {
  const [ada, other, mallory] = [somebody(), somebody(), somebody()]
  const browser = await signUp(app, ada)
  await signUp(app, other)
  const preview = await toPreview(browser, other)
  const fields = { with: inputValue(preview, 'with')!, version: '1', other_version: '1', stays: 'this' }
  const intruder = await signUp(app, mallory)

  for (const somewhere of [intruder, await signIn(app, ada)]) {
    assert.equal((await somewhere.open(preview.url)).status, 403)
    const csrf = inputValue(await somewhere.open(MERGE), 'csrf')!
    assert.equal((await somewhere.post('/account/merge/preview', { ...fields, csrf })).status, 403)
    const journey = await somewhere.open(`/other-account/${fields.with}`)
    assert.equal(journey.status, 403)
  }
  assert.equal((await new HttpBrowser(app.issuer).open(`/other-account/${fields.with}`)).status, 403)
  for (const forged of ['', 'x', '..', fields.with.slice(0, -1), `${fields.with.split('.').slice(0, 2).join('.')}.`, 'zzzzzzz.a.b'])
    assert.ok((await browser.open(`/account/merge/preview?${new URLSearchParams({ with: forged })}`)).status < 500)
})

test('SEC-29 a form of another site, or without its token, merges nothing and undoes nothing', async () => {
  const [ada, other] = [somebody(), somebody()]
  const browser = await signUp(app, ada)
  await signUp(app, other)
  const preview = await toPreview(browser, other)
  const fields = { with: inputValue(preview, 'with')!, version: '1', other_version: '1', stays: 'this' }

  assert.equal((await browser.post('/account/merge/preview', fields)).status, 403)
  assert.equal((await browser.post('/account/merge/preview', { ...fields, csrf: 'x' })).status, 403)
  assert.equal((await browser.post(MERGE, {})).status, 403)
  assert.equal((await browser.post(`${MERGE}/undo`, { merge: 'x' })).status, 403)
  assert.equal(said(await browser.submit(preview)), 'merged')
})

test('a second proof makes one merge: of two forms at once one counts, and none afterwards', async () => {
  const [ada, other] = [somebody(), somebody()]
  const browser = await signUp(app, ada)
  await signUp(app, other)
  const preview = await toPreview(browser, other)

  const answers = await Promise.all([browser.submit(preview), browser.copy().submit(preview)])

  assert.deepEqual(answers.map(said).sort(), ['merged', 'not_active'])
  assert.equal(said(await browser.submit(preview)), 'not_proven')
})

test('MFA-27, MFA-40 the other account is proven at its own strongest: a password alone is not enough where it has more', async () => {
  const browser = await signUp(app, somebody())
  const { who: other, secret } = await withApp()
  const asked = await signInFrom(browser, await toOtherAccount(browser), other)
  assert.equal(asked.name, 'totp')
  const uid = asked.url.pathname.split('/')[2]!
  assert.equal(said(await browser.open(`/account/merge/preview?with=${uid}`)), 'not_proven')
  assert.equal((await browser.submit(asked, { code: await nextCode(secret) })).name, 'account.security.merge.preview')

  const third = somebody()
  const passkey = await addPasskey(await signUp(app, third))
  const wanted = await signInFrom(browser, await toOtherAccount(browser), third)
  assert.equal(wanted.name, 'passkey')
  assert.equal((await answerWith(browser, wanted, passkey)).name, 'account.security.merge.preview')
})

test('MFA-20, MFA-41 a browser that the other account trusts spares no step of its proof, and may not be trusted on the way', async () => {
  const { who: other, secret } = await withApp()
  const browser = new HttpBrowser(app.issuer)
  const first = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), other)
  await browser.submit(first, { code: await nextCode(secret), trust_device: 'yes' })
  await signOut(browser)
  const ada = somebody()
  await signUp(app, ada)
  await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), ada)

  const asked = await signInFrom(browser, await toOtherAccount(browser), other)

  assert.equal(asked.name, 'totp')
  assert.ok(!asked.text.includes('trust_device'))
})

test('MFA-31 after a merge the second factor of either account is asked for, whichever address is typed', async () => {
  const [ada, other] = [somebody(), somebody()]
  const { who, browser, secret } = await withApp()
  await signUp(app, other)
  const asked = await browser.submit(await browser.open(MERGE))
  assert.equal(asked.name, 'totp', 'the first account too is proven at its own strongest')
  await browser.submit(asked, { code: await nextCode(secret) })
  assert.equal(said(await browser.submit(await toPreview(browser, other))), 'merged')

  for (const { email, password } of [who, other]) {
    const elsewhere = new HttpBrowser(app.issuer)
    const page = await signInFrom(elsewhere, await authorize(elsewhere, authorizationRequest(auroraWeb)), { ...ada, email, password })
    assert.equal(page.name, 'totp')
    const request = await elsewhere.submit(page, { code: await nextCode(secret) })
    assert.ok(request.url.searchParams.get('code'), request.name)
  }
})

test('what was under way at the absorbed account ends nowhere: a waiting page, a code, a proof of its own', async () => {
  const [ada, other] = [somebody(), somebody()]
  const browser = await signUp(app, ada)
  const elsewhere = await signUp(app, other)
  const waiting = await authorize(elsewhere, authorizationRequest(borealisWeb, { prompt: 'consent' }))
  assert.equal(waiting.name, 'confirm')
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(elsewhere, request)
  const begun = new HttpBrowser(app.issuer)
  const proven = await signInFrom(begun, await authorize(begun, authorizationRequest(auroraWeb, { prompt: 'consent' })), other)
  assert.equal(proven.name, 'confirm')

  assert.equal(said(await browser.submit(await toPreview(browser, other))), 'merged')

  assert.equal((await app.token(auroraWeb, redemption(request, code))).status, 400)
  for (const [at, page] of [
    [elsewhere, waiting],
    [begun, proven],
  ] as const) {
    const landed = await at.submit(page)
    assert.ok(landed.status < 500, `${landed.status}`)
    assert.equal(landed.url.searchParams.get('code'), null)
  }
})

test('the customer may keep the other one: then this session ends, and the other’s address is the one that stays', async () => {
  const [ada, other] = [somebody(), { ...somebody(), name: 'A. A. King' }]
  const browser = await signUp(app, ada)
  await signUp(app, other)
  const preview = await toPreview(browser, other)
  const swapped = await browser.open(`${preview.url.pathname}${preview.url.search}&stays=other`)
  assert.equal(inputValue(swapped, 'stays'), 'other')

  const landed = await browser.submit(swapped, { 'value.name': 'absorbed', 'value.email': 'absorbed' })

  assert.equal(landed.name, 'identify')
  const page = await signInFrom(browser, landed, ada)
  assert.equal(said(page), 'merged')
  const profile = await browser.open('/account/profile')
  assert.equal(inputValue(profile, 'email'), other.email, 'an address to write to is no choice')
  assert.equal(inputValue(profile, 'name'), ada.name)
})

test('one’s own account twice, and one that has taken in another: each is said, and the only possible way round is shown', async () => {
  const [ada, other, third] = [somebody(), somebody(), somebody()]
  const browser = await signUp(app, ada)
  const elsewhere = await signUp(app, other)
  await signUp(app, third)
  assert.equal(said(await signInFrom(browser, await toOtherAccount(browser), ada)), 'same_account')
  assert.equal(said(await browser.submit(await toPreview(browser, third))), 'merged')

  const preview = await toPreview(elsewhere, ada)

  assert.equal(inputValue(preview, 'stays'), 'other')
  assert.ok(!preview.text.includes('data-action="swap"'))
  const forced = await elsewhere.post('/account/merge/preview', {
    ...{ csrf: inputValue(preview, 'csrf')!, with: inputValue(preview, 'with')!, stays: 'this' },
    ...{ version: inputValue(preview, 'other_version')!, other_version: inputValue(preview, 'version')! },
  })
  assert.equal(said(forced), 'has_absorbed')
})

test('SEC-35 nobody undoes somebody else’s merge, or one that is not there', async () => {
  const [ada, other, mallory] = [somebody(), somebody(), somebody()]
  const browser = await signUp(app, ada)
  await signUp(app, other)
  await browser.submit(await toPreview(browser, other))
  const id = inputValue(await browser.open(MERGE), 'merge')!
  const intruder = await signUp(app, mallory)
  const csrf = inputValue(await intruder.open(MERGE), 'csrf')!

  for (const merge of [id, '', 'x', "' or 1=1"]) {
    assert.equal((await intruder.open(`${MERGE}/undo?${new URLSearchParams({ merge })}`)).status, 404)
    assert.equal((await intruder.post(`${MERGE}/undo`, { csrf, merge })).status, 404)
  }
  await app.advance(301)
  const own = inputValue(await browser.open('/account/sessions'), 'csrf') ?? ''
  assert.ok([401, 403].includes((await browser.post(`${MERGE}/undo`, { csrf: own, merge: id })).status), 'only after a fresh proof')
  assert.ok((await (await signIn(app, other)).open('/account')).text.includes(ada.email))
})

/** The newest mail's link that undoes without a sign-in, followed and confirmed in a browser of its own. */
async function undoByMail(email: string): Promise<Shown> {
  const link = (await app.mailsTo(email))[0]!.links.find((href) => href.includes('/account/undo?'))
  assert.ok(link, 'a link to undo it')
  const anywhere = new HttpBrowser(app.issuer)
  return anywhere.submit(await anywhere.open(link))
}

test('MFA-44 whoever got in to an account and joins one of their own is out again by the owner’s mail, without a sign-in', async () => {
  const [ada, mallory] = [somebody(), somebody()]
  await signUp(app, ada)
  const passkey = await addPasskey(await signUp(app, mallory))
  const intruder = await signIn(app, ada)
  const asked = await signInFrom(intruder, await toOtherAccount(intruder), mallory)
  assert.equal(said(await intruder.submit(await answerWith(intruder, asked, passkey))), 'merged')

  assert.equal((await undoByMail(ada.email)).status, 200)

  assert.equal((await intruder.open('/account')).name, 'identify')
  const again = new HttpBrowser(app.issuer)
  const landed = await answerWith(again, await authorize(again, authorizationRequest(auroraWeb)), passkey)
  assert.ok(landed.url.searchParams.get('code') || landed.name === 'confirm')
  assert.ok((await again.open('/account')).text.includes(mallory.email), 'the passkey opens its own account and no other')
  assert.match((await app.mailsTo(mallory.email))[0]!.subject, /are two again$/)
})

test('MFA-44 an account that somebody took and hid in one of theirs is its owner’s again by the mail to its own address', async () => {
  const [mallory, ada] = [somebody(), somebody()]
  const intruder = await signUp(app, mallory)
  await signUp(app, ada)
  assert.equal(said(await intruder.submit(await toPreview(intruder, ada))), 'merged')

  assert.equal((await undoByMail(ada.email)).status, 200)

  assert.equal((await intruder.open('/account')).name, 'identify')
  assert.ok((await (await signIn(app, mallory)).open('/account')).text.includes(mallory.email))
  const gone = new HttpBrowser(app.issuer)
  const refused = await signInFrom(gone, await authorize(gone, authorizationRequest(auroraWeb)), ada)
  assert.equal(refused.status, 422, 'the password that may be known is void: the way in is a recovery')
})

test('MFA-44 the owner undoes a merge with the account’s own proof: a stranger’s stronger one is not asked for', async () => {
  const [ada, other] = [somebody(), somebody()]
  const browser = await signUp(app, ada)
  const passkey = await addPasskey(await signUp(app, other))
  const asked = await signInFrom(browser, await toOtherAccount(browser), other)
  assert.equal(said(await browser.submit(await answerWith(browser, asked, passkey))), 'merged')
  await app.advance(301)

  const id = inputValue(await browser.open(MERGE), 'merge')!
  const proof = await browser.open(`${MERGE}/undo?merge=${id}`)
  assert.equal(proof.name, 'identify')
  const question = await signInFrom(browser, proof, ada)
  assert.equal(question.name, 'account.confirm')
  assert.equal((await browser.submit(question)).name, 'identify')
  assert.ok((await (await signIn(app, other)).open('/account')).text.includes(other.email))
})

test('MFA-19, MFA-35 an account that is on hold joins no other: a code from a found paper is not turned into another account’s ways in', async () => {
  const browser = await signUp(app, somebody())
  const { who: other, codes } = await withApp()
  const asked = await signInFrom(browser, await toOtherAccount(browser), other)
  const ways = await browser.submit(asked, {}, { name: 'action', value: 'other-ways' })
  assert.equal(ways.name, 'recovery_code')
  const preview = await browser.submit(ways, { code: codes[0]! })
  assert.equal(preview.name, 'account.security.merge.preview')

  assert.equal(said(await browser.submit(preview)), 'on_hold')
  const elsewhere = new HttpBrowser(app.issuer)
  assert.equal((await signInFrom(elsewhere, await authorize(elsewhere, authorizationRequest(auroraWeb)), other)).name, 'totp')
})

test('SEC-35, SEC-113 an archive that was made while two accounts were one is gone when they part: it holds what is the other one’s', async () => {
  const [ada, other] = [somebody(), somebody()]
  const browser = await signUp(app, ada)
  await signUp(app, other)
  assert.equal(said(await browser.submit(await toPreview(browser, other))), 'merged')
  assert.equal(said(await browser.submit(await browser.open('/account/privacy/export'))), 'asked')
  await app.app.idle()
  assert.equal((await browser.step('/account/privacy/download')).status, 200)

  assert.equal((await undo(browser)).name, 'identify')

  const again = await signIn(app, ada)
  await again.open('/account')
  assert.equal((await again.step('/account/privacy/download')).status, 404)
})

test('MFA-44 what is done to the account that two became is told to both addresses, and the link to undo it goes to the survivor’s', async () => {
  const [ada, other] = [somebody(), somebody()]
  const browser = await signUp(app, ada)
  await signUp(app, other)
  assert.equal(said(await browser.submit(await toPreview(browser, other))), 'merged')

  await addPasskey(browser)
  const [told, toldToo] = [(await app.mailsTo(ada.email))[0]!, (await app.mailsTo(other.email))[0]!]
  assert.equal(toldToo.subject, told.subject)
  const undoes = (link: string): boolean => link.includes('/account/undo?')
  assert.deepEqual([told.links.some(undoes), toldToo.links.some(undoes)], [true, false])
  assert.equal((await app.mailsTo(other.email)).filter(({ subject }) => /are one now$/.test(subject)).length, 1)
})

test('MFA-44 an account that somebody took, joined to theirs and deletes with it: its owner is told where it can be stopped', async () => {
  const [mallory, ada] = [somebody(), somebody()]
  const intruder = await signUp(app, mallory)
  await signUp(app, ada)
  assert.equal(said(await intruder.submit(await toPreview(intruder, ada))), 'merged')

  await intruder.submit(await intruder.open('/account/privacy/delete'))

  assert.match((await app.mailsTo(ada.email))[0]!.subject, /will be deleted/)
})
