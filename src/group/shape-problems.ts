import { z } from 'zod'
import { didYouMean } from './did-you-mean.ts'
import type { Path, Problem } from './place.ts'

type Issue = z.core.$ZodIssue

/** What a schema finds wrong, in words that follow the name of the place. Never quotes a value: it may be a secret. */
export function shapeProblems(schema: z.ZodType, value: unknown): Problem[] {
  const result = schema.safeParse(value)
  return result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, schema, value))
}

function problemsOf(issue: Issue, schema: z.ZodType, value: unknown): Problem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], knownKeys(schema, path)))
    case 'invalid_key':
      return [{ path, message: issue.issues[0]?.message ?? 'is no valid key', atKey: true }]
    default:
      return [{ path, message: message(issue, valueAt(value, path)) }]
  }
}

const unknownKey = (path: Path, known: readonly string[]): Problem => ({
  path,
  message: `unknown key${didYouMean(String(path.at(-1)), known)}`,
  atKey: true,
})

function message(issue: Issue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (found === undefined) return 'is missing'
      if (issue.expected === 'int' && typeof found === 'number') return 'must be a whole number'
      return `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${nameOf(found)}`
    case 'invalid_value': {
      const near = typeof found === 'string' ? didYouMean(found, issue.values.map(String)) : ''
      return found === undefined ? 'is missing' : `must be one of ${issue.values.join(', ')}${near}`
    }
    case 'too_small':
      return issue.origin === 'array' ? 'must not be empty' : `must be at least ${issue.minimum}`
    case 'too_big':
      return `must be at most ${issue.maximum}${UNITS[issue.origin] ?? ''}`
    case 'invalid_union':
      return found === undefined ? 'is missing' : issue.message
    default:
      return issue.message
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
}
const UNITS: Readonly<Record<string, string>> = { array: ' items long', string: ' characters long' }

function nameOf(value: unknown): string {
  // an unquoted # begins a comment, which is how a colour becomes nothing
  if (value === null) return 'nothing (quote text that begins with #)'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, part) => (inner !== null && typeof inner === 'object' ? (inner as Record<string, unknown>)[part] : undefined),
    value,
  )

/** The keys a map at this path may have. */
function knownKeys(schema: z.ZodType, path: Path): readonly string[] {
  let inner: z.ZodType | undefined = schema
  for (const part of path) inner = innerSchema(unwrapped(inner), part)
  const found = unwrapped(inner)
  return found instanceof z.ZodObject ? Object.keys(found.shape) : []
}

function innerSchema(schema: z.ZodType | undefined, part: string | number): z.ZodType | undefined {
  // zod types the children of a container as its core type; every schema of ours is made by the classic API
  if (schema instanceof z.ZodObject) return schema.shape[part] as z.ZodType | undefined
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType
  return undefined
}

const unwrapped = (schema: z.ZodType | undefined): z.ZodType | undefined =>
  schema instanceof z.ZodOptional ? unwrapped(schema.unwrap() as z.ZodType) : schema
