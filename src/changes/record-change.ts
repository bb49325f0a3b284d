import { accountChangedMail, noticeText } from '../../views/index.ts'
import { EMAIL, EMAIL_VERIFIED, textOf } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { sha256 } from '../vault/index.ts'
import { Refusal } from '../web/refusal.ts'
import { ChangeHeld } from './change-held.ts'
import { findHold, isLifted, putHold } from './holds.ts'
import { type ChangesDeps, type MadeChange, stateOf } from './made-change.ts'
import { insertChange, insertUndoLink, wasUndoneSince } from './store.ts'
import { type AccountState, difference, isEmpty, stateBefore, type UndoData, undoDataSchema } from './undo-data.ts'

/** How long a change can be undone (MFA-44). */
export const UNDO_S = 72 * 3_600
const TOKEN_BYTES = 32

/**
 * Records a change with what undoing it takes, and tells the owner of the account, all in the transaction that makes it.
 *
 * @throws ChangeHeld while changes are on hold and no passkey confirmed this one; Refusal `not_signed_in` when it stands on a proof from before
 * an undo, which ended every session: it was on its way when that happened
 */
export async function recordChange(deps: ChangesDeps, tx: Db, accountId: AccountId, change: MadeChange): Promise<void> {
  const { kind, at, client_id, session } = change
  if (!change.before) await deps.accounts.lock(tx, accountId)
  const after = await stateOf(deps, tx, accountId)
  const data = { ...difference(change.before ?? stateBefore(after, at), after), ...(change.merge ? { merge: change.merge } : {}) }
  // A code from paper changes nothing that could be put back, but whose hands it is in is the owner's to say.
  const undoable = !isEmpty(data) || kind === 'recovery_code_used'
  if (!isEmpty(data)) await requireFree(tx, accountId, change)
  const undo_until = undoable ? new Date(at.getTime() + UNDO_S * 1000) : null
  const seq = await insertChange(tx, {
    account_id: accountId,
    kind,
    at,
    client_id,
    session_hash: session === undefined ? null : sha256(session),
    undo_sealed: undoable ? await seal(deps, tx, accountId, data) : null,
    undo_until,
  })
  if (kind === 'recovery_code_used') await putHold(tx, accountId, 'changes', 'recovery_code', at)
  if (kind === 'codes_withheld') await putHold(tx, accountId, 'codes', 'unused_codes', at)
  await tell(deps, tx, accountId, { change, after, data, link: undo_until && { seq, expires_at: undo_until } })
}

async function seal({ vault }: ChangesDeps, tx: Db, accountId: AccountId, data: UndoData): Promise<Buffer> {
  return vault.seal(tx, accountId, 'account_changes.undo_sealed', JSON.stringify(undoDataSchema.encode(data)))
}

async function requireFree(tx: Db, accountId: AccountId, { at, proof, recovery }: MadeChange): Promise<void> {
  if (proof && (await wasUndoneSince(tx, accountId, proof.at))) throw new Refusal('not_signed_in')
  const hold = recovery ? undefined : await findHold(tx, accountId, 'changes', at)
  if (hold && !(proof && isLifted(hold, proof))) throw new ChangeHeld(hold)
}

interface Told {
  readonly change: MadeChange
  readonly after: AccountState
  readonly data: UndoData
  readonly link: { readonly seq: number; readonly expires_at: Date } | null
}

/**
 * Tells every address of the account: those in force and those that were lately (MFA-44). Each gets a link of its own to undo the change, but an
 * address that came with it: whoever that belongs to, it is the others who must be able to say no. Nor does one that was imported and never proven:
 * it may be a stranger's. Addresses of accounts that were joined to this one lead to it too, and are told without a link: theirs parts them again.
 */
async function tell(deps: ChangesDeps, tx: Db, accountId: AccountId, { change, after, data, link }: Told): Promise<void> {
  const { mail, kind, at } = change
  const securityHref = `${deps.issuer}/account/security`
  const send = (to: string, undoHref?: string): Promise<void> => {
    const text = accountChangedMail(mail, { change: kind, securityHref, ...(undoHref ? { undoHref } : {}) })
    return deps.events.emit(tx, { kind: 'mail', mail: { to, from_name: mail.brand.name, ...text }, account_id: accountId })
  }
  const addresses = await addressesOf(deps, tx, accountId, after, at)
  for (const { address, blind_index, isProven } of addresses) {
    const isIn = (identifiers: readonly { readonly blind_index: Buffer }[]) =>
      identifiers.some((one) => blind_index?.equals(one.blind_index))
    const isNew = isIn(data.identifiers.added) && !isIn(data.identifiers.removed)
    await send(address, link && isProven && !isNew ? await newLink(deps, tx, accountId, link) : undefined)
  }
  // of the merge itself each account has a record of its own
  if (!change.merge) for (const address of await deps.accounts.joinedEmailsOf(tx, accountId)) await send(address)
  for (const { number, isNew } of await numbersToTell(deps, tx, accountId, { after, data, all: addresses.length === 0 })) {
    const href = link && !isNew ? await newLink(deps, tx, accountId, link) : undefined
    const { subject } = accountChangedMail(mail, { change: kind, securityHref: deps.issuer })
    await deps.events.emit(tx, {
      kind: 'sms',
      sms: { to: number, text: noticeText(mail.brand.name, { subject, href }) },
      account_id: accountId,
    })
  }
}

/** A number that a change took away is told of it; of anything else only who has no address to write to, because a message costs money. */
async function numbersToTell(
  { vault }: ChangesDeps,
  tx: Db,
  accountId: AccountId,
  { after, data, all }: { readonly after: AccountState; readonly data: UndoData; readonly all: boolean },
): Promise<readonly { readonly number: string; readonly isNew: boolean }[]> {
  const taken = data.identifiers.removed
  const told = all ? [...taken, ...after.identifiers.filter(({ former_until }) => former_until === null)] : taken
  const phones = told.filter(({ kind, verified_at }) => kind === 'phone' && verified_at !== null)
  return Promise.all(
    phones.map(async ({ blind_index, value_sealed }) => ({
      number: await vault.open(tx, accountId, 'identifiers.value_sealed', value_sealed),
      isNew:
        data.identifiers.added.some((added) => added.blind_index.equals(blind_index)) &&
        !taken.some((old) => old.blind_index.equals(blind_index)),
    })),
  )
}

async function newLink(
  { random, issuer }: ChangesDeps,
  tx: Db,
  accountId: AccountId,
  { seq, expires_at }: { readonly seq: number; readonly expires_at: Date },
): Promise<string> {
  const token = random.bytes(TOKEN_BYTES).toString('base64url')
  await insertUndoLink(tx, { token_hash: sha256(token), account_id: accountId, seq, expires_at })
  return `${issuer}/account/undo?${new URLSearchParams({ token })}`
}

interface Address {
  readonly address: string
  readonly blind_index?: Buffer
  readonly isProven: boolean
}

async function addressesOf(
  { accounts, vault }: ChangesDeps,
  tx: Db,
  accountId: AccountId,
  { identifiers }: AccountState,
  at: Date,
): Promise<readonly Address[]> {
  const emails = identifiers.filter(({ kind, former_until }) => kind === 'email' && (former_until === null || former_until > at))
  const addresses = await Promise.all(
    emails.map(async ({ value_sealed, blind_index, verified_at }) => ({
      address: await vault.open(tx, accountId, 'identifiers.value_sealed', value_sealed),
      blind_index,
      isProven: verified_at !== null,
    })),
  )
  if (addresses.length > 0) return addresses
  // Of an account that is found by something else: proven, or it may be another's by now.
  const { profile } = await accounts.readOwnProfile(tx, accountId)
  const address = profile[EMAIL_VERIFIED]?.value === true ? textOf(profile, EMAIL) : undefined
  return address === undefined ? [] : [{ address, isProven: true }]
}
