import type { Config } from '../config.ts'
import * as vault from '../vault/index.ts'
import { confirmOnTerminal } from './confirm.ts'
import { dataKeysSource } from './data-keys.ts'
import { type OpenVault, withVault } from './open-vault.ts'
import { showProgress } from './progress.ts'
import type { Surroundings } from './run-command.ts'

/** The command did its part; the rest is to be done by hand. */
const BY_HAND = 3

const depsOf = (config: Config, { store, dataKeys, dataDir, clock, random }: OpenVault) => ({
  ...{ db: store.db, dataKeys, clock, random },
  source: dataKeysSource(config, dataDir),
})

/** The keys of `ATRIUM_DATA_KEYS`, and what each wraps; nothing is changed. */
export const dataKeysOf = ({ store, dataKeys, clock }: OpenVault): Promise<readonly vault.ListedDataKey[]> =>
  vault.listDataKeys({ db: store.db, dataKeys, clock })

/** `atrium keys rotate --data [--no-rewrap]`: adds a key-encryption key and wraps every data key with it. */
export async function rotateDataKeys(
  surroundings: Surroundings,
  config: Config,
  { rewrap }: { readonly rewrap: boolean },
): Promise<number> {
  const progress = showProgress('data keys wrapped anew:')
  const rotation = await withVault(config, (opened) =>
    vault.rotateDataKeys(depsOf(config, opened), { rewrap, onProgress: progress.at }).finally(progress.end),
  )
  switch (rotation.outcome) {
    case 'set_this':
      return setByHand(
        surroundings,
        rotation.keySet,
        'Then run atrium keys rotate --data again: it agrees on the new key and wraps with it.',
      )
    case 'added':
      surroundings.print(
        `${rotation.kid} is in the key set and wraps nothing yet. Bring the file to every machine, then run atrium keys rotate --data.`,
      )
      return 0
    case 'rotated':
      surroundings.print(`${rotation.kid} wraps every data key (${rotation.rewrapped} wrapped anew).`)
      return 0
    default:
      throw new Error(`unknown outcome: ${rotation satisfies never}`)
  }
}

/** `atrium keys remove KID --data`: takes a key-encryption key that wraps nothing any more out of the set. */
export async function removeDataKey(
  surroundings: Surroundings,
  config: Config,
  { kid, yes }: { readonly kid: string; readonly yes: boolean },
): Promise<number> {
  await confirmOnTerminal(`Backups made before its last rotation cannot be read without the data key ${kid}. Remove it?`, { yes })
  const keySet = await withVault(config, (opened) => vault.removeDataKey(depsOf(config, opened), kid))
  if (keySet !== undefined) return setByHand(surroundings, keySet, 'It is the set without the key.')
  surroundings.print(`Removed ${kid}. Keep a copy as long as you keep backups from before its last rotation.`)
  return 0
}

/** The set itself goes to standard output alone, so that it can be piped to where secrets are kept. */
function setByHand(surroundings: Surroundings, keySet: string, then: string): number {
  surroundings.print(keySet.trimEnd())
  process.stderr.write(`ATRIUM_DATA_KEYS is not a file: give its variable the value above and start every Atrium again. ${then}\n`)
  return BY_HAND
}
