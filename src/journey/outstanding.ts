import { type Client, type Recipient, registeredAttributes, requiredAttributes } from '../group/group.ts'
import { KNOWN } from '../sharing/index.ts'
import type { AttributeName } from '../store/ids.ts'

/**
 * What the first visit to a recipient puts before the customer: that it will know them, and what its client cannot work without. A client that
 * requires nothing names everything it is registered for, so that nobody gets what was not shown.
 */
export function itemsToConfirm(client: Client, recipient: Recipient): readonly AttributeName[] {
  // The group's own pages act for the customer and pass nothing on.
  if (recipient.kind === 'group' || recipient.kind === 'operator') return []
  const required = requiredAttributes(client)
  return [KNOWN, ...(required.length > 0 ? required : registeredAttributes(client))]
}
