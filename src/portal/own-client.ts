import type { Client, Group, Recipient } from '../group/group.ts'
import type { ClientId, RecipientKey } from '../store/ids.ts'

/** `/account` is a client of the issuer like any other, so that sign-in, step-up and re-proof have one door (design decision 4). */
export const ACCOUNT_CLIENT = 'atrium-account' as ClientId
export const OWN_RECIPIENT = 'atrium' as RecipientKey

export const ACCOUNT_PATH = '/account'
export const CALLBACK_PATH = '/account/callback'

/** The group with Atrium's own pages added. They act for the customer, so nothing is passed on and nothing is asked. */
export function withOwnClients(group: Group, issuer: string): Group {
  const neutral = [...group.recipients.values()].find((r) => r.kind === 'group') ?? [...group.recipients.values()][0]
  const recipient: Recipient = {
    key: OWN_RECIPIENT,
    kind: 'group',
    name: group.name,
    subjectSector: OWN_RECIPIENT,
    look: neutral?.look ?? { color: '#3b4a6b', radiusPx: 8, font: 'sans', mark: 'arch' },
    uri: `${issuer}/`,
    apis: [],
  }
  const client: Client = {
    id: ACCOUNT_CLIENT,
    name: group.name,
    recipient: OWN_RECIPIENT,
    channel: 'web',
    redirectUris: [`${issuer}${CALLBACK_PATH}`],
    postLogoutRedirectUris: [`${issuer}/`],
    claimsRedirectUris: [],
    grantTypes: ['authorization_code'],
    tokenEndpointAuthMethod: 'none',
    scopes: ['openid'],
    needs: [],
    writes: [],
    uri: `${issuer}${ACCOUNT_PATH}`,
    metadata: {},
  }
  return {
    ...group,
    recipients: new Map([...group.recipients, [OWN_RECIPIENT, recipient]]),
    clients: new Map([...group.clients, [ACCOUNT_CLIENT, client]]),
  }
}
