/**
 * JSON merge patch (RFC 7396 §2): members of the patch replace those of the target, null removes, anything that is no object replaces the whole.
 *
 * Written out because it is the algorithm of the RFC and nothing else; own members only, so that a member called `__proto__` is one like others.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map<string, unknown>(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
