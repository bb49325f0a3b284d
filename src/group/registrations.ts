import type { Clock } from '../ports/clock.ts'
import type { Secret } from '../ports/secret.ts'
import type { Db } from '../store/db.ts'
import type { ClientId, RecipientKey } from '../store/ids.ts'
import type { SecretSealer } from './plan-group.ts'
import * as rows from './registration-store.ts'
import type { ClientEntry } from './schema.ts'
import { lockGroup, raiseGroupVersion } from './store.ts'

/** A recipient's tools may register so many clients; an operator removes what is not used. */
const MOST_PER_RECIPIENT = 100

export interface NewRegistration {
  readonly entry: ClientEntry
  readonly secret: Secret | undefined
  /** Of the registration access token that manages it from now on. */
  readonly tokenHash: Buffer
}

/**
 * Clients that register themselves with an invitation of the operator's (RFC 7591, 7592). They live beside the clients of the group file, which
 * `plan`, `apply` and `export` are about, and each change raises the group's version, so that every process sees it within a second.
 */
export interface Registrations {
  /** Keeps an invitation under the hash of its token. */
  invite(invitation: { tokenHash: Buffer; recipient: RecipientKey; channel: 'web' | 'app'; uses: number; expiresAt: Date }): Promise<void>
  /** Nothing when there is none, or it expired or was used up. */
  findInvitation(tokenHash: Buffer): Promise<rows.Invitation | undefined>
  /** Spends one use of the invitation and keeps the client, both or none. */
  create(invitationHash: Buffer, client: NewRegistration): Promise<'created' | 'spent' | 'too_many'>
  /** The client that a registration access token manages. */
  findByToken(tokenHash: Buffer): Promise<ClientId | undefined>
  /** Changes the client and its token, if this one is still the token. Of two that use it at the same time one wins. */
  update(tokenHash: Buffer, client: NewRegistration): Promise<boolean>
  /** @param tokenHash the token that asks for it; without one an operator does */
  remove(id: ClientId, tokenHash?: Buffer): Promise<boolean>
}

interface Deps {
  readonly db: Db
  readonly vault: SecretSealer
  readonly clock: Clock
}

/** Registrations in the database, beside what the group file says. */
export function createRegistrations({ db, vault, clock }: Deps): Registrations {
  /** Under the lock of `apply`, so that nothing changes between looking and writing. False takes everything back. */
  const changing = async <Outcome>(
    work: (tx: Db, now: Date) => Promise<Outcome>,
    isChange: (outcome: Outcome) => boolean,
  ): Promise<Outcome> =>
    db.transaction().execute(async (tx) => {
      await lockGroup(tx)
      const now = clock()
      const outcome = await work(tx, now)
      if (isChange(outcome)) await raiseGroupVersion(tx, now)
      return outcome
    })
  const columns = async ({ entry, secret, tokenHash }: NewRegistration) => {
    const { client_id: _, client_secret: __, ...definition } = entry
    return {
      definition: JSON.stringify(definition),
      secret_sealed: secret ? await vault.sealSystem('clients.secret_sealed', secret.reveal()) : null,
      token_hash: tokenHash,
    }
  }

  return {
    async invite({ tokenHash, recipient, channel, uses, expiresAt }) {
      const now = clock()
      await rows.sweepInvitations(db, now)
      await rows.insertInvitation(db, {
        token_hash: tokenHash,
        recipient,
        channel,
        uses_left: uses,
        created_at: now,
        expires_at: expiresAt,
      })
    },
    findInvitation: (tokenHash) => rows.findInvitation(db, tokenHash, clock()),
    create: (invitationHash, client) =>
      changing(
        async (tx, now) => {
          if ((await rows.countRegistered(tx, client.entry.recipient as RecipientKey)) >= MOST_PER_RECIPIENT) return 'too_many'
          if (!(await rows.spendInvitation(tx, invitationHash, now))) return 'spent'
          const { client_id: id, recipient } = client.entry
          await rows.insertRegistered(tx, { id, recipient, ...(await columns(client)), created_at: now, updated_at: now })
          return 'created'
        },
        (outcome) => outcome === 'created',
      ),
    findByToken: (tokenHash) => rows.findRegisteredByToken(db, tokenHash),
    update: (tokenHash, client) =>
      changing(
        async (tx, now) => {
          const key = { id: client.entry.client_id as ClientId, tokenHash } // an id that registrationEntry was given
          return rows.updateRegistered(tx, key, { ...(await columns(client)), updated_at: now })
        },
        (updated) => updated,
      ),
    remove: (id, tokenHash) =>
      changing(
        (tx) => rows.deleteRegistered(tx, id, tokenHash),
        (removed) => removed,
      ),
  }
}
