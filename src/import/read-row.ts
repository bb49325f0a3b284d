import { z } from 'zod'
import type { Mapping, RawAccount, Remark } from './raw-account.ts'

/** Exports write null for what they do not have. */
export const text = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value))
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined)
export const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .max(100)
    .nullish()
    .transform((value) => value ?? [])

/** The row in its schema, or the place that does not fit. Members that no schema names are there and read by nobody but a mapping. */
export function readRow<T>(schema: z.ZodType<T>, row: unknown, read: (row: T) => RawAccount | Remark): RawAccount | Remark {
  const parsed = schema.safeParse(row)
  if (parsed.success) return read(parsed.data)
  const path = parsed.error.issues[0]?.path ?? []
  return {
    field:
      path.length === 0
        ? 'row'
        : path
            .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
            .join('')
            .replace(/^\./, ''),
    reason: 'malformed',
  }
}

/** What a mapping finds in a row. Only own members are looked at. */
export function mapped(row: unknown, mapping: Mapping): Readonly<Record<string, unknown>> {
  const found = Object.entries(mapping).map(([name, path]) => [name, valueAt(row, path)] as const)
  return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== null))
}

function valueAt(row: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, member) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, member) ? Reflect.get(value, member) : undefined,
    row,
  )
}

/** What a mapping may set beside attributes. */
export function withMapped(
  raw: RawAccount,
  { locale, member_number, phone_number, ...attributes }: Readonly<Record<string, unknown>>,
): RawAccount {
  const own = { locale: single(locale), memberNumber: single(member_number), phoneNumber: single(phone_number) }
  return {
    ...raw,
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
    attributes: { ...raw.attributes, ...attributes },
  }
}

const single = (value: unknown): string | undefined => {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' || typeof first === 'number' ? String(first) : undefined
}
