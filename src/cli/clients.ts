import { createRegistrations } from '../group/index.ts'
import { inviteClient, ROUTES } from '../oidc/index.ts'
import type { ClientId, RecipientKey } from '../store/ids.ts'
import { badInput, CommandFailed } from './command-failed.ts'
import { confirmOnTerminal } from './confirm.ts'
import { type OpenVault, withVault } from './open-vault.ts'
import { readConfig } from './read-config.ts'
import type { Surroundings } from './run-command.ts'
import { table } from './table.ts'

const UNITS_S: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 }
const LONGEST_S = 90 * 86_400
const MOST_USES = 100

const registrationsOf = ({ store, vault, clock }: OpenVault) => createRegistrations({ db: store.db, vault, clock })

/** `atrium clients invite RECIPIENT [--channel web|app] [--uses N] [--expires 7d]`: prints an initial access token, once. */
export async function inviteClients(
  surroundings: Surroundings,
  recipient: string,
  options: { channel: string; uses: string; expires: string },
): Promise<void> {
  const config = readConfig(surroundings)
  const { channel } = options
  if (channel !== 'web' && channel !== 'app') throw badInput(`--channel ${channel}: must be web or app`)
  const uses = /^\d{1,3}$/.test(options.uses) ? Number(options.uses) : 0
  if (uses < 1 || uses > MOST_USES) throw badInput(`--uses ${options.uses}: must be a number from 1 to ${MOST_USES}`)
  const lifeS = secondsOf(options.expires)
  if (lifeS === undefined) throw badInput(`--expires ${options.expires}: must be minutes, hours or days (30m, 12h, 7d), 90 days at most`)
  await withVault(config, async (opened) => {
    const { groups, clock, random } = opened
    const known = groups.current().recipients.get(recipient as RecipientKey) // looked up, whatever it is
    if (!known || known.kind === 'operator') {
      const choice = [...groups.current().recipients.values()].filter(({ kind }) => kind !== 'operator').map(({ key }) => key)
      throw badInput(`${recipient}: must be a recipient of the group: ${choice.join(', ') || 'there is none yet'}`)
    }
    const deps = { registrations: registrationsOf(opened), issuer: config.issuer, clock, random }
    const token = await inviteClient(deps, { recipient: known.key, channel, uses, lifeS })
    surroundings.print(token.reveal())
    const times = uses === 1 ? 'one client' : `${uses} clients`
    process.stderr.write(
      `The token above registers ${times} of ${known.key}, channel ${channel}, at ${config.issuer}${ROUTES.registration}. It is shown once.\n`,
    )
  })
}

function secondsOf(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNITS_S[unit] ?? 0)
  return seconds > 0 && seconds <= LONGEST_S ? seconds : undefined
}

/** `atrium clients list`: the clients that registered themselves. */
export async function listClients(surroundings: Surroundings): Promise<void> {
  const config = readConfig(surroundings)
  const clients = await withVault(config, async ({ groups }) => [...groups.current().clients.values()])
  const rows = clients.flatMap(({ id, recipient, channel, name, registeredAt }) =>
    registeredAt ? [[id, recipient, channel, registeredAt.toISOString().slice(0, 10), name]] : [],
  )
  surroundings.print(
    rows.length === 0 ? 'No client has registered itself.' : table(['client', 'recipient', 'channel', 'since', 'name'], rows),
  )
}

/** `atrium clients remove CLIENT_ID [--yes]`: of the clients that registered themselves; the others are in the group file. */
export async function removeClient(surroundings: Surroundings, id: string, options: { readonly yes?: true }): Promise<void> {
  const config = readConfig(surroundings)
  await withVault(config, async (opened) => {
    const client = opened.groups.current().clients.get(id as ClientId) // looked up, whatever it is
    if (!client?.registeredAt) throw new CommandFailed([`${id}: no client of that name registered itself; see atrium clients list`], 1)
    await confirmOnTerminal(`Everybody signed in at ${client.name} (${id}) loses access there. Remove it?`, { yes: options.yes ?? false })
    await registrationsOf(opened).remove(client.id)
    surroundings.print(`Removed ${id}.`)
  })
}
