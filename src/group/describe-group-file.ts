import { z } from 'zod'
import { documentSchema } from './schema.ts'
import { ATRIUM_API_SCOPES, BRAND_SCOPES, OIDC_SCOPES, OPERATOR_SCOPES } from './scopes.ts'

/** The part of JSON Schema that the group file's schemas come out as. */
interface Described {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Described>>
  readonly required?: readonly string[]
  readonly items?: Described
  readonly additionalProperties?: Described | boolean
  readonly anyOf?: readonly Described[]
}

/** Reference of every key of the group file, as Markdown: `docs/group-file.md` contains it, and a test compares the two. */
export function describeGroupFile(): string {
  // the cast is what `toJSONSchema` documents; everything else of JSON Schema is left unread
  const file = z.toJSONSchema(documentSchema, { io: 'input', unrepresentable: 'any' }) as Described
  const sections = Object.entries(file.properties ?? {}).map(([key, schema]) => {
    const optional = file.required?.includes(key) ? '' : ' May be left out.'
    return `### \`${key}\`\n\n${schema.description ?? ''}${optional}\n\n${table(schema)}`
  })
  return `${sections.join('\n')}\n### Scopes\n\n${scopeLines().join('\n')}\n`
}

function table(schema: Described): string {
  const rows = rowsOf(schema, '').map((cells) => `| ${cells.join(' | ')} |\n`)
  return `| key | value | |\n| --- | --- | --- |\n${rows.join('')}`
}

/** One row for each key, those of maps and lists inside after it; a star beside those that must be there. */
function rowsOf(schema: Described, prefix: string): string[][] {
  const { item, suffix } = inner(schema)
  return Object.entries(item.properties ?? {}).flatMap(([key, value]) => {
    const path = `${prefix}${suffix}${key}`.replace(/^\./, '')
    const must = item.required?.includes(key) ? '\\*' : ''
    // what has no words here is another specification's, as the members of a JWK
    if (value.description === undefined) return []
    return [[`\`${path}\`${must}`, typeOf(value), value.description], ...rowsOf(value, path)]
  })
}

/** What stands inside a list or a map of names, and how a path gets there. */
function inner(schema: Described): { item: Described; suffix: string } {
  if (schema.items) return { item: schema.items, suffix: '[].' }
  const named = schema.additionalProperties
  if (typeof named === 'object' && named.properties) return { item: named, suffix: 'NAME.' }
  return { item: schema, suffix: '.' }
}

function typeOf(schema: Described): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (schema.items) return schema.items.properties ? 'list of maps' : `list of ${typeOf(schema.items)}`
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`
  if (typeof schema.additionalProperties === 'object' && typeof schema.additionalProperties.additionalProperties === 'object')
    return 'map of names, each with text for each language'
  if (typeof schema.additionalProperties === 'object') return 'text for each language, `en` at least'
  if (schema.properties)
    return `map of ${Object.keys(schema.properties)
      .map((key) => `\`${key}\``)
      .join(', ')}`
  return schema.type === 'boolean' ? '`true`, `false`' : 'text'
}

function scopeLines(): string[] {
  const code = (scopes: readonly string[]) => scopes.map((scope) => `\`${scope}\``).join(', ')
  return [
    `- OpenID Connect: ${code(OIDC_SCOPES)}. \`offline_access\` needs the grant \`refresh_token\`.`,
    '- The name of each attribute group: those of its attributes that the client needs.',
    `- Atrium's own APIs, for confidential clients: ${code(ATRIUM_API_SCOPES)}. For clients of brands only: ${code(BRAND_SCOPES)}; of the operator only: ${code(OPERATOR_SCOPES)}.`,
    "- Those of the recipient's own `apis`.",
  ]
}
