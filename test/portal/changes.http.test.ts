import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { personsAt, SECURITY } from '../journeys/second-factor.ts'
import { signUp, startProtocol } from '../oidc/protocol.ts'

const app = await startProtocol({ after })
const { db } = app.app.store
const { somebody, addPasskey, withApp, nextCode } = personsAt(app)

/** Everything recorded lately, of whomever, the latest first. */
const recorded = () => db.selectFrom('account_changes').selectAll().orderBy('at', 'desc').execute()

test('MFA-44 every change of an authenticator is in the account’s record: what, when, where, and sealed what undoing it takes', async () => {
  const browser = await signUp(app, somebody())
  await addPasskey(browser)

  const [added] = await recorded()

  assert.ok(added?.undo_sealed && added.session_hash)
  assert.deepEqual([added.kind, added.seq, added.client_id, added.undone_at], ['passkey_added', 1, 'atrium-account', null])
  assert.equal(added.undo_until!.getTime() - added.at.getTime(), 72 * 3_600_000)
})

test('MFA-44 the record of an account counts its own changes', async () => {
  const { browser, secret } = await withApp()
  const proof = await browser.open(`${SECURITY}/totp/remove`)
  const page = await browser.submit(proof, { code: await nextCode(secret) })
  assert.equal((await browser.submit(page)).url.searchParams.get('status'), 'totp_removed')

  const [removed, added] = await recorded()

  assert.deepEqual([removed!.kind, removed!.seq, added!.kind, added!.seq], ['totp_removed', 2, 'totp_added', 1])
  assert.equal(removed!.account_id, added!.account_id)
})
