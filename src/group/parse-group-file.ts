import { type Document, LineCounter, parseDocument, visit } from 'yaml'
import { crossProblems } from './cross-problems.ts'
import type { GroupFile } from './group-file.ts'
import { type Finding, findingLine, findingOf, pathOfKey } from './place.ts'
import { documentSchema } from './schema.ts'
import { shapeProblems } from './shape-problems.ts'

/** More than this is not a group file, and a YAML parser is slow. */
const MAX_CHARACTERS = 5_000_000
/** Anchors may be used often, but not so that a small file grows into a large one. */
const MAX_ALIASES = 1000

/**
 * Reads a group file. Pure: what only the database or the environment can tell is left to `plan`.
 *
 * @param fileName stands at the head of each problem, as the reader typed it
 * @returns the file, or every problem at once, each in one line: `group.yaml:41:7 clients[2].redirect_uris[0]: must be https …`
 */
export function parseGroupFile(text: string, fileName: string): { ok: true; file: GroupFile } | { ok: false; problems: string[] } {
  if (text.length > MAX_CHARACTERS) return { ok: false, problems: [`${fileName}:1:1 file: must have at most ${MAX_CHARACTERS} characters`] }
  const lines = new LineCounter()
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const print = (findings: readonly Finding[]) => ({
    ok: false as const,
    problems: inOrder(findings).map((f) => findingLine(fileName, lines, f)),
  })

  const syntax = syntaxFindings(yaml)
  // the rest would be guesswork
  if (syntax.length > 0) return print(syntax)
  const duplicates = duplicateKeys(yaml)
  const read = readValue(yaml)
  if (!read.ok) return print([...duplicates, findingOf(yaml, { path: [], message: read.message })])
  const problems = [...shapeProblems(documentSchema, read.value), ...crossProblems(read.value)]
  if (duplicates.length + problems.length > 0) return print([...duplicates, ...problems.map((problem) => findingOf(yaml, problem))])

  const document = documentSchema.parse(read.value)
  return { ok: true, file: { document, problem: (path, message) => findingLine(fileName, lines, findingOf(yaml, { path, message })) } }
}

function syntaxFindings(yaml: Document.Parsed): Finding[] {
  const found = [...yaml.errors, ...yaml.warnings]
    .filter(({ code }) => code !== 'DUPLICATE_KEY')
    .map(({ pos, code, message }) => finding(pos[0], code === 'MULTIPLE_DOCS' ? 'must be one YAML document' : message.replace(/\s+/g, ' ')))
  visit(yaml, {
    Alias: (_, alias) => {
      if (!alias.resolve(yaml)) found.push(finding(alias.range?.[0] ?? 0, 'no such anchor above (quote text that begins with *)'))
    },
  })
  return found
}

const finding = (offset: number, message: string): Finding => ({ offset, path: [], message })

const duplicateKeys = (yaml: Document.Parsed): Finding[] =>
  yaml.errors
    .filter(({ code }) => code === 'DUPLICATE_KEY')
    .map(({ pos }) => ({ offset: pos[0], path: pathOfKey(yaml, pos[0]), message: 'the key stands twice in its map' }))

type Read = { readonly ok: true; readonly value: Readonly<Record<string, unknown>> } | { readonly ok: false; readonly message: string }

function readValue(yaml: Document.Parsed): Read {
  try {
    const value: unknown = yaml.toJS({ maxAliasCount: MAX_ALIASES })
    if (isRecord(value)) return { ok: true, value }
    return { ok: false, message: 'must be a map with the keys group, recipients, clients, attributes, purposes' }
  } catch (error) {
    if (error instanceof ReferenceError) return { ok: false, message: 'has too many aliases, or one inside its own anchor' }
    throw error
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value)

/** In the order of the file, so that the reader goes through it once; the same thing found twice stands once. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const distinct = new Map(findings.map((found) => [JSON.stringify([found.offset, found.path, found.message]), found]))
  return [...distinct.values()].sort((a, b) => a.offset - b.offset)
}
