import { EMAIL } from '../accounts/index.ts'
import type { Attribute, Group } from '../group/group.ts'
import type { AttributeName } from '../store/ids.ts'
import type { Problem } from '../web/problem.ts'
import { parseAttributePatch } from './attribute-value.ts'

export type ReadAttributes =
  | { readonly ok: true; readonly patch: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: Problem }

/**
 * Reads the attributes of a body: every one that is none of `allowed`, or has a value of another type, is named and refused (SEC-82). So are those
 * that follow an identifier: proof of an address comes from its owner.
 *
 * @param prefix where in the body they stand, for the problem's `field`
 */
export function readAttributes(
  group: Group,
  sent: Readonly<Record<string, unknown>>,
  allowed: ReadonlySet<AttributeName>,
  prefix = '',
): ReadAttributes {
  const patch: [string, unknown][] = []
  for (const [name, value] of Object.entries(sent)) {
    const attribute = attributeNamed(group, name)
    const field = `${prefix}${name.slice(0, 100)}`
    if (!attribute || !allowed.has(attribute.name) || attribute.name === EMAIL)
      return {
        ok: false,
        problem: { reason: 'unknown_attribute', status: 400, field, detail: 'this client writes no such attribute here' },
      }
    const parsed = parseAttributePatch(attribute, value, group)
    if (!parsed) {
      const detail = `a value must be of the type ${attribute.type}`
      return { ok: false, problem: { reason: 'invalid_attribute', status: 400, field, detail } }
    }
    patch.push([name, parsed.value])
  }
  return { ok: true, patch: Object.fromEntries(patch) }
}

const attributeNamed = (group: Group, name: string): Attribute | undefined => group.attributes.get(name as AttributeName) // a look-up with any name is harmless
