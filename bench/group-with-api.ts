import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseDocument } from 'yaml'

/** An API of aurora's own, for which `aurora-web` gets JWT access tokens. */
export const BRAND_API = { resource: 'https://api.aurora.example/', scope: 'orders:read' } as const

/** The client all benches use, at Atrium and at the bare engine alike. */
export const CLIENT = {
  client_id: 'aurora-web',
  client_secret: 'aurora-demo-secret',
  redirect_uri: 'http://localhost:3001/callback',
} as const

/** The demo group with that API. */
export function groupWithApi(): string {
  const document = parseDocument(readFileSync(fileURLToPath(new URL('../config/demo.yaml', import.meta.url)), 'utf8'))
  const group = document.toJS() as { recipients: { key: string }[]; clients: { client_id: string; scope: string }[] } // the file the tests check
  const recipient = group.recipients.findIndex(({ key }) => key === 'aurora')
  const client = group.clients.findIndex(({ client_id }) => client_id === CLIENT.client_id)
  document.setIn(['recipients', recipient, 'apis'], [{ resource: BRAND_API.resource, scopes: [BRAND_API.scope] }])
  document.setIn(['clients', client, 'scope'], `${group.clients[client]?.scope} ${BRAND_API.scope}`)
  return document.toString()
}
