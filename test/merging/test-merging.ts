import assert from 'node:assert/strict'
import { generateSync } from 'otplib'
import { createActivity } from '../../src/activity/index.ts'
import { createAuthenticators } from '../../src/authenticators/index.ts'
import type { Group } from '../../src/group/group.ts'
import { createMerging, type MergeInput } from '../../src/merging/index.ts'
import { createGuardedFetch } from '../../src/ports/guarded-fetch.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { createSharing } from '../../src/sharing/index.ts'
import type { AccountId, AttributeName, PurposeName, RecipientKey } from '../../src/store/ids.ts'
import { createTestAccounts } from '../accounts/test-accounts.ts'
import { SoftPasskey } from '../authenticators/soft-passkey.ts'

const ORIGIN = 'https://id.polaris.example'
const HERE = 'journey 1'
const RECIPIENTS = ['aurora', 'borealis', 'parcelly'] as RecipientKey[]

/** Accounts with everything that a merge reads along, on a database of their own. */
export async function createTestMerging(t: Parameters<typeof createTestAccounts>[0]) {
  const base = await createTestAccounts(t)
  const { db, vault, clock, accounts } = base
  const authenticators = await createAuthenticators({
    ...{ vault, clock, random: systemRandom, fetch: createGuardedFetch(), issuer: ORIGIN },
    breached: { has: async () => false },
    relyingParty: () => ({ id: 'polaris.example', name: 'Polaris', origins: [ORIGIN] }),
  })
  t.after(async () => authenticators.close())
  const sharing = createSharing({ vault, clock })
  // of a group a merge asks for nothing but who knows whom
  const group = () => ({ recipients: new Map(RECIPIENTS.map((key) => [key, { key, subjectSector: key }])) }) as unknown as Group
  const ended: string[] = []
  const merging = createMerging({
    ...{ db, vault, clock, group, accounts, activity: createActivity({ vault, random: systemRandom }), authenticators, sharing },
    forgetExport: async () => {},
    endSessions: async (_tx, accountId, except) => void ended.push(`${accountId} but ${except}`),
  })

  const merge = async (survivor: AccountId, absorbed: AccountId, rest: Partial<MergeInput> = {}) => {
    const { survivor: own, absorbed: other } = await merging.preview(db, survivor, absorbed)
    const versions = { survivor: own.version, absorbed: other.version }
    return db
      .transaction()
      .execute((tx) => merging.merge(tx, { survivor, absorbed, versions, chosen: new Set(), keepSession: 'here', ...rest }))
  }
  const undo = (survivor: AccountId, absorbed: AccountId) => db.transaction().execute((tx) => merging.undo(tx, { survivor, absorbed }))

  let people = 0
  /** An account with a password, and its address. */
  async function person(profile: Record<string, unknown> = {}) {
    const email = `person.${++people}@example.com`
    const id = await base.open(email, profile)
    const password = `a password of number ${people}`
    await authenticators.passwords.set(db, id, await authenticators.passwords.hash(password))
    return { id, email, password }
  }
  const nowS = () => Math.floor(clock().getTime() / 1000)
  const code = (secret: string) => generateSync({ secret, epoch: nowS() })
  async function addTotp(id: AccountId): Promise<string> {
    const { secret } = await authenticators.totp.offer({ issuer: 'Polaris', account: 'ada' })
    assert.ok((await authenticators.totp.enrol(db, id, secret, code(secret))).ok)
    return secret
  }
  async function addPasskey(accountId: AccountId): Promise<SoftPasskey> {
    const passkey = new SoftPasskey(ORIGIN)
    const { options, askedAt } = await authenticators.passkeys.creation(db, { accountId, name: 'ada', displayName: 'Ada' }, HERE)
    const registered = await authenticators.passkeys.register({ where: HERE, askedAt, response: passkey.create(options) })
    assert.ok(registered.ok && (await authenticators.passkeys.add(db, accountId, registered.passkey)))
    return passkey
  }
  /** Whose passkey that is, when any is asked for, or that of an account. */
  async function ownerOf(passkey: SoftPasskey, expected?: AccountId) {
    const { options, askedAt } = await authenticators.passkeys.request(db, HERE, expected)
    return authenticators.passkeys.verify(db, { where: HERE, askedAt, response: passkey.get(options) }, expected)
  }
  const share = (accountId: AccountId, recipient: string, ...attributes: string[]) =>
    sharing.confirm(db, {
      ...{ accountId, now: clock(), recipient: recipient as RecipientKey, purpose: 'service' as PurposeName },
      attributes: attributes as AttributeName[],
    })
  const shares = (accountId: AccountId, recipient: string) => sharing.confirmedAttributes(db, accountId, recipient as RecipientKey)
  /** Who signs in with an address and a password. */
  async function signIn(email: string, password: string): Promise<AccountId | undefined> {
    const found = await accounts.findByIdentifier(db, 'email', email)
    const verified = await authenticators.passwords.verify(db, found?.id, password, found?.holder)
    return verified.ok && found?.status === 'active' ? found.id : undefined
  }
  return {
    ...base,
    group,
    authenticators,
    sharing,
    merging,
    merge,
    undo,
    person,
    code,
    addTotp,
    addPasskey,
    ownerOf,
    share,
    shares,
    signIn,
    ended,
  }
}
