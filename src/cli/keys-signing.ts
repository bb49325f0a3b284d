import type { Config } from '../config.ts'
import { signingKeyRules } from '../oidc/index.ts'
import { createSigningKeys, type ListedSigningKey, listSigningKeys } from '../vault/index.ts'
import { CommandFailed } from './command-failed.ts'
import { confirmOnTerminal } from './confirm.ts'
import { type OpenVault, withVault } from './open-vault.ts'
import type { Surroundings } from './run-command.ts'

const depsOf = ({ store, vault, clock, groups }: OpenVault) => ({
  ...{ db: store.db, vault, clock },
  rules: () => signingKeyRules(groups.current()),
})

/** The signing keys as they are; nothing is changed. */
export const signingKeysOf = (opened: OpenVault): Promise<readonly ListedSigningKey[]> => listSigningKeys(depsOf(opened))

/** `atrium keys rotate [--now]` */
export async function rotateSigningKeys(
  surroundings: Surroundings,
  config: Config,
  options: { readonly immediately: boolean },
): Promise<number> {
  return withVault(config, async (opened) => {
    const keys = await createSigningKeys(depsOf(opened))
    const before = await signingKeysOf(opened)
    await keys.rotate(options)
    const changed = (await signingKeysOf(opened)).filter((key) => !before.some(({ kid, state }) => key.kid === kid && key.state === state))
    for (const key of changed) surroundings.print(sentence(key))
    if (changed.length === 0) surroundings.print('A successor of every key is waiting already: see atrium keys list.')
    return 0
  })
}

function sentence({ kid, alg, state, until }: ListedSigningKey): string {
  switch (state) {
    case 'pending':
      return `${alg} ${kid} is published and signs from ${until?.toISOString()}.`
    case 'active':
      return `${alg} ${kid} signs.`
    case 'retiring':
    case 'retired':
      return `${alg} ${kid} signs no more; it is published until ${until?.toISOString()}, when what it signed has expired.`
    default:
      throw new Error(`unknown state: ${state satisfies never}`)
  }
}

/** `atrium keys remove KID [--yes]` */
export async function removeSigningKey(
  surroundings: Surroundings,
  config: Config,
  { kid, yes }: { readonly kid: string; readonly yes: boolean },
): Promise<number> {
  return withVault(config, async (opened) => {
    const key = (await signingKeysOf(opened)).find((candidate) => candidate.kid === kid)
    if (!key) {
      const hint = opened.dataKeys.kids.includes(kid) ? ': it is a data key, add --data' : ''
      throw new CommandFailed([`there is no signing key ${kid}${hint}`], 1)
    }
    await confirmOnTerminal(`Everything that the ${key.alg} key ${kid} (${key.state}) signed will be refused from now on. Remove it?`, {
      yes,
    })
    await (await createSigningKeys(depsOf(opened))).remove(kid)
    surroundings.print(`Removed ${kid}. Every process refuses it within seconds.`)
    const next = (await signingKeysOf(opened)).find(({ alg, state }) => alg === key.alg && state === 'active')
    if (key.state === 'active' && next) surroundings.print(sentence(next))
    return 0
  })
}
