import { journeyFor } from '../group/group.ts'
import { type DriveDeps, isUnmet } from './drive.ts'
import { factsOf, requestFacts } from './gather-facts.ts'
import type { Interaction, ProvenAccount } from './interaction.ts'
import { next } from './next.ts'

/**
 * Whom a journey has proven, asked again whenever it is made use of: what the account demands now may be more than when the journey ended. What the
 * browser's session proved counts for nothing here.
 */
export async function provenBy(deps: DriveDeps, interaction: Interaction, now: Date): Promise<ProvenAccount | undefined> {
  const group = deps.group()
  const client = group.clients.get(interaction.client_id)
  const recipient = client && group.recipients.get(client.recipient)
  if (!client || !recipient) return undefined
  const run = await deps.runs.load(deps.db, interaction.uid, requestFacts(interaction, client), now)
  const facts = await factsOf(deps, { interaction, client, recipient, run, now })
  const { account_id: accountId, evidence } = facts.run
  if (!accountId || next(journeyFor(group, client), facts).kind !== 'done' || isUnmet(interaction, facts)) return undefined
  return { accountId, evidence }
}
