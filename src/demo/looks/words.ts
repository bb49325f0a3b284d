/** A claim as a person reads it: lists with commas, an address in its written form. */
export function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  if ('formatted' in value) return inWords(value.formatted)
  return Object.values(value).map(inWords).join(', ')
}
