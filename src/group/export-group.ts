import { stringify } from 'yaml'
import type { Db } from '../store/db.ts'
import { documentSchema, type GroupDocument } from './schema.ts'
import { withKeptSecrets } from './secrets.ts'
import { loadStoredGroup, storedSecret } from './stored-group.ts'

/** The database's group as a group file. A secret is written `{kept: CLIENT_ID}`, which `apply` leaves as it is. */
export async function exportGroup(db: Db): Promise<string> {
  const stored = await loadStoredGroup(db)
  return writeGroupFile(withKeptSecrets(stored.document, (place) => storedSecret(stored, place) !== undefined))
}

/** A document as the text of a file, its keys in the order of the schema. */
export function writeGroupFile(document: GroupDocument): string {
  // the schema gives its keys in its own order; what was never told is left out
  const ordered: unknown = JSON.parse(JSON.stringify(documentSchema.parse(document)))
  return stringify(ordered, { lineWidth: 140, aliasDuplicateObjects: false })
}
