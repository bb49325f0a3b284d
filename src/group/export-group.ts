import { stringify } from 'yaml'
import type { Db } from '../store/db.ts'
import { documentSchema, type GroupDocument } from './schema.ts'
import { loadStoredGroup } from './stored-group.ts'

/** The database's group as a group file. A secret is written `{kept: CLIENT_ID}`, which `apply` leaves as it is. */
export async function exportGroup(db: Db): Promise<string> {
  const { document, secrets } = await loadStoredGroup(db)
  const clients = document.clients.map((client) =>
    secrets.has(client.client_id) ? { ...client, client_secret: { kept: client.client_id } } : client,
  )
  return writeGroupFile({ ...document, clients })
}

/** A document as the text of a file, its keys in the order of the schema. */
export function writeGroupFile(document: GroupDocument): string {
  // the schema gives its keys in its own order; what was never told is left out
  const ordered: unknown = JSON.parse(JSON.stringify(documentSchema.parse(document)))
  return stringify(ordered, { lineWidth: 140, aliasDuplicateObjects: false })
}
