import { type Source, takenIdentifiers } from '../accounts/index.ts'
import { takenPasskeys } from '../authenticators/index.ts'
import { sha256 } from '../vault/index.ts'
import type { CheckedAccount } from './check-account.ts'
import { HashSet } from './hash-set.ts'
import type { Remark } from './raw-account.ts'
import { findImported } from './store.ts'
import { identifierTaken, importHashOf, passkeyTaken, type Writer, type WriterDeps, type Written } from './writer.ts'

/**
 * What a real import would say, without writing anything: what is in the database is asked, what the file itself has twice is remembered, sixteen
 * bytes for each identifier.
 */
export function createRehearsal({ db, vault }: WriterDeps, { format, source }: { format: string; source: Source }): Writer<CheckedAccount> {
  const seen = new HashSet()
  const hashesOf = ({ identifiers }: CheckedAccount) =>
    identifiers.map(({ kind, value }) => ({ kind, hash: vault.blindIndex(kind, value) }))
  return {
    prepare: async (accounts) => accounts,
    async write(accounts) {
      const marks = accounts.map(({ key }) => importHashOf(vault, { format, source, key }))
      const identifiers = accounts.map(hashesOf)
      const passkeys = accounts.map((account) => account.passkeys.map(({ credentialId }) => sha256(credentialId)))
      const known = await findImported(db, marks)
      const taken = await takenIdentifiers(
        db,
        identifiers.flatMap((of) => of.map(({ hash }) => hash)),
      )
      const ofOthers = await takenPasskeys(db, passkeys.flat())
      const isTaken = (hash: Buffer, stored: ReadonlySet<string>): boolean => stored.has(hash.toString('hex')) || seen.has(hash)
      return accounts.map((account, at): Written => {
        const mark = marks[at] as Buffer // one for each account
        if (isTaken(mark, known)) return { kind: 'known' }
        const lost = identifiers[at]?.find(({ hash }) => isTaken(hash, taken))
        if (lost) return { kind: 'refused', remark: identifierTaken(lost.kind) }
        const lostPasskeys = (passkeys[at] ?? []).flatMap((hash, index): Remark[] => {
          if (isTaken(hash, ofOthers)) return [passkeyTaken(index)]
          seen.add(hash)
          return []
        })
        for (const { hash } of identifiers[at] ?? []) seen.add(hash)
        seen.add(mark)
        return { kind: 'imported', leftOut: [...account.leftOut, ...lostPasskeys] }
      })
    },
  }
}
