import type { ClientEntry } from './schema.ts'

/** How a client authenticates; RFC 7591 §2: what is not told is `client_secret_basic`. */
export const authMethodOf = (client: Pick<ClientEntry, 'token_endpoint_auth_method'>) =>
  client.token_endpoint_auth_method ?? 'client_secret_basic'
