import { signingKeyRules } from '../oidc/index.ts'
import { listSigningKeys } from '../vault/index.ts'
import type { OpenVault } from './open-vault.ts'

/** A server that runs rotates by itself; a key that is older by this was left alone by all of them. */
const SLACK_MS = 7 * 86_400_000

/** What an operator should know about the keys, one line each; nothing when all is well. Changes nothing. */
export async function keyFindings({ store, clock, groups, dataKeys, vault }: OpenVault): Promise<readonly string[]> {
  const now = clock().getTime()
  const signing = await listSigningKeys({ db: store.db, clock, rules: () => signingKeyRules(groups.current()) })
  const old = signing.filter(({ state, until }) => state === 'active' && until !== null && now - until.getTime() > SLACK_MS)
  await vault.followDataKeys()
  const unfinished = dataKeys.wrapping === dataKeys.first ? [] : [dataKeys.first]
  return [
    ...old.map(
      ({ kid, alg, since }) => `the ${alg} key ${kid} signs since ${since.toISOString()}: a running Atrium rotates it within the second`,
    ),
    ...unfinished.map((kid) => `the data key ${kid} was added and wraps nothing: run atrium keys rotate --data`),
  ]
}
